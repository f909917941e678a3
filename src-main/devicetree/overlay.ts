import type { Diagnostic } from '@shared/diagnostics.ts'
import { decodeName, encodeText } from './escape.ts'
import { toTree } from './finish.ts'
import { StringsBlock, stringsOf } from './flatten.ts'
import { LiveNode, LiveProperty, type LiveTree } from './livetree.ts'
import { cellAt, cellBytes } from './resolve.ts'
import type { DtNode, DtTree } from './tree.ts'

/**
 * Overlay onto base, as fdtoverlay of dtc 1.6.1 does it (libfdt's fdt_overlay.c), down to the order in the blob: what is new goes in
 * front. The base needs `/__symbols__` (`-@`) when the overlay refers to its labels. Neither argument is changed.
 */
export function applyOverlay(base: DtTree, overlay: DtTree): { tree: DtTree; diagnostics: Diagnostic[] } {
  const target = cloneTree(base)
  const applier = new Applier(
    target,
    cloneTree(overlay),
    new StringsBlock(base.strings ?? base.readStrings ?? stringsOf(base)),
  )
  try {
    applier.run()
  } catch (error) {
    if (!(error instanceof OverlayError)) throw error
    const place = error.property?.span ??
      error.node?.nameSpan ?? { file: '', line: 1, column: 1, endLine: 1, endColumn: 1 }
    return { tree: base, diagnostics: [{ severity: 'error', code: 'overlay', message: error.message, ...place }] }
  }
  return { tree: { ...toTree(target), strings: applier.strings.text }, diagnostics: [] }
}

class OverlayError extends Error {
  constructor(
    message: string,
    readonly node: LiveNode | null = null,
    readonly property: LiveProperty | null = null,
  ) {
    super(message)
  }
}

/** A deep copy; places in the source stay known. */
export function cloneTree(tree: DtTree): LiveTree {
  const { memreserve, plugin, bootCpuid = 0, readStrings } = tree
  return { root: cloneNode(tree.root), memreserve: [...memreserve], plugin, bootCpuid, unit: null, readStrings }
}

function cloneNode(node: DtNode): LiveNode {
  const copy = new LiveNode(node.name)
  copy.allLabels = node.labels.map((name) => ({ name, deleted: false }))
  if (node instanceof LiveNode) {
    copy.unit = node.unit
    copy.asts = node.asts
    copy.phandle = node.phandle
  }
  for (const property of node.properties) {
    const copied = new LiveProperty(property.name)
    copied.bytes = property.bytes.slice()
    copied.markers = [...(property.markers ?? [])]
    copied.allLabels = property.labels.map((name) => ({ name, deleted: false }))
    if (property instanceof LiveProperty) {
      copied.unit = property.unit
      copied.ast = property.ast
    }
    copy.properties.push(copied)
  }
  for (const child of node.children) copy.addChild(cloneNode(child))
  return copy
}

/** libfdt finds `port` as `port@0`, too, when it is asked without a unit address. */
const childNamed = (node: LiveNode, name: string): LiveNode | undefined =>
  node.children.find((child) => child.name === name || (!name.includes('@') && child.baseName === name))

function nodeAt(root: LiveNode, path: string): LiveNode | null {
  let node: LiveNode | undefined = root
  let names = path.split('/').filter(Boolean)
  if (!path.startsWith('/')) {
    const alias = root.child('aliases')?.property(names[0] ?? '')
    if (!alias) return null
    node = nodeAt(root, textOf(alias)) ?? undefined
    names = names.slice(1)
  }
  for (const name of names) node = node && childNamed(node, name)
  return node ?? null
}

const textOf = (property: LiveProperty): string => decodeName(property.bytes).replace(/\0.*$/s, '')

function phandleOf(node: LiveNode): number {
  const property = [node.property('phandle'), node.property('linux,phandle')].find(
    (candidate) => candidate?.bytes.length === 4,
  )
  return property ? cellAt(property.bytes, 0) : 0
}

class Applier {
  constructor(
    private readonly base: LiveTree,
    private readonly overlay: LiveTree,
    readonly strings: StringsBlock,
  ) {}

  run(): void {
    const { root } = this.overlay
    const delta = this.base.root.walk().reduce((most, node) => Math.max(most, phandleOf(node)), 0)
    this.shiftPhandles(root, delta)
    const local = root.child('__local_fixups__')
    if (local) this.shiftReferences(root, local, delta)
    const fixups = root.child('__fixups__')
    for (const property of fixups?.properties ?? []) this.fixup(property)
    for (const fragment of root.children) {
      const content = childNamed(fragment, '__overlay__')
      if (content) this.merge(this.targetOf(fragment).node, content)
    }
    this.updateSymbols()
  }

  // -------------------------------------------------------------------------------------------- phandles of the overlay

  private shiftPhandles(node: LiveNode, delta: number): void {
    for (const name of ['phandle', 'linux,phandle']) {
      const property = node.property(name)
      if (!property) continue
      if (property.bytes.length !== 4)
        throw new OverlayError(`${node.path}: ${name} has to be one cell`, node, property)
      const value = cellAt(property.bytes, 0) + delta
      if (value >= 0xffffffff) throw new OverlayError('there are no phandles left for the overlay', node, property)
      property.bytes = cellBytes(value)
    }
    for (const child of node.children) this.shiftPhandles(child, delta)
  }

  private shiftReferences(node: LiveNode, fixups: LiveNode, delta: number): void {
    for (const { name, bytes } of fixups.properties) {
      const property = node.property(name)
      if (!property || bytes.length % 4 !== 0)
        throw new OverlayError(`__local_fixups__ does not fit: ${node.path}:${name}`, node)
      for (let at = 0; at < bytes.length; at += 4) {
        const offset = cellAt(bytes, at)
        this.patch(property, offset, (cellAt(property.bytes, offset) + delta) >>> 0, node)
      }
    }
    for (const child of fixups.children) {
      const target = childNamed(node, child.name)
      if (!target)
        throw new OverlayError(`__local_fixups__ does not fit: there is no node ${child.name} in ${node.path}`, node)
      this.shiftReferences(target, child, delta)
    }
  }

  private patch(property: LiveProperty, offset: number, value: number, node: LiveNode): void {
    if (offset + 4 > property.bytes.length)
      throw new OverlayError(`a fixup points beyond the end of ${node.path}:${property.name}`, node, property)
    property.bytes.set(cellBytes(value), offset)
  }

  /** One label of the base: every place that refers to it gets its phandle. */
  private fixup(property: LiveProperty): void {
    const symbol = this.base.root.child('__symbols__')?.property(property.name)
    if (!symbol)
      throw new OverlayError(
        `the base has no symbol '${property.name}'` +
          (this.base.root.child('__symbols__') ? '' : '; compile it with -@, which exports its labels'),
        null,
        property,
      )
    const target = nodeAt(this.base.root, textOf(symbol))
    const phandle = target ? phandleOf(target) : 0
    if (phandle === 0)
      throw new OverlayError(
        `symbol '${property.name}' leads to ${textOf(symbol)}, which has no phandle`,
        null,
        property,
      )
    for (const place of decodeName(property.bytes).split('\0').slice(0, -1)) this.fixupAt(place, phandle, property)
  }

  private fixupAt(place: string, phandle: number, fixups: LiveProperty): void {
    const match = /^([^:]+):([^:]+):(\d+)$/.exec(place)
    const node = match && nodeAt(this.overlay.root, match[1]!)
    const property = node?.property(match![2]!)
    if (!match || !node || !property)
      throw new OverlayError(`fixup '${place}' leads nowhere in the overlay`, null, fixups)
    this.patch(property, Number(match[3]), phandle, node)
  }

  // -------------------------------------------------------------------------------------------------------------- merge

  private targetOf(fragment: LiveNode): { node: LiveNode; path: string | null } {
    const target = fragment.property('target')
    const path = fragment.property('target-path')
    if (target) {
      const phandle = target.bytes.length === 4 ? cellAt(target.bytes, 0) : 0xffffffff
      const node = phandle === 0xffffffff ? undefined : this.nodeByPhandle(phandle)
      if (phandle !== 0) {
        if (node) return { node, path: null }
        throw new OverlayError(`the target of ${fragment.path} is not in the base`, fragment, target)
      }
    }
    const node = path && nodeAt(this.base.root, textOf(path))
    if (!path) throw new OverlayError(`${fragment.path} has neither target nor target-path`, fragment)
    if (!node)
      throw new OverlayError(`the target ${textOf(path)} of ${fragment.path} is not in the base`, fragment, path)
    return { node, path: textOf(path) }
  }

  private nodeByPhandle(phandle: number): LiveNode | undefined {
    for (const node of this.base.root.walk()) if (phandleOf(node) === phandle) return node
    return undefined
  }

  private merge(target: LiveNode, content: LiveNode): void {
    for (const property of content.properties) this.set(target, property.name, property.bytes, property)
    for (const child of content.children) {
      let known = childNamed(target, child.name)
      if (!known) {
        known = new LiveNode(child.name)
        known.unit = child.unit
        known.parent = target
        target.children.unshift(known)
      }
      if (known.unit === child.unit) known.asts = [...known.asts, ...child.asts]
      for (const label of child.allLabels)
        if (!known.allLabels.some(({ name }) => name === label.name)) known.allLabels = [...known.allLabels, label]
      this.merge(known, child)
    }
  }

  private set(node: LiveNode, name: string, bytes: Uint8Array, source: LiveProperty | null): void {
    let property = node.property(name)
    if (!property) {
      property = new LiveProperty(name)
      this.strings.offsetOf(name)
      node.properties.unshift(property)
    }
    property.bytes = bytes
    property.markers = source?.markers ?? []
    property.ast = source?.ast ?? null
    property.unit = source?.unit ?? null
    if (name === 'phandle') node.phandle = bytes.length === 4 ? cellAt(bytes, 0) : node.phandle
  }

  // ------------------------------------------------------------------------------------------------------------ symbols

  /** Labels of the overlay become symbols of the result, with the paths that their nodes have there. */
  private updateSymbols(): void {
    const own = this.overlay.root.child('__symbols__')
    if (!own) return
    let symbols = this.base.root.child('__symbols__')
    if (!symbols) {
      symbols = new LiveNode('__symbols__')
      symbols.parent = this.base.root
      this.base.root.children.unshift(symbols)
    }
    for (const property of own.properties) {
      const [, fragmentName, rest] = /^\/([^/]+)\/__overlay__(|\/.*)$/s.exec(textOf(property)) ?? []
      if (fragmentName === undefined) continue
      const fragment = childNamed(this.overlay.root, fragmentName)
      if (!fragment) throw new OverlayError(`symbol '${property.name}' of the overlay leads nowhere`, own, property)
      const { node, path } = this.targetOf(fragment)
      const targetPath = path ?? node.path
      this.set(symbols, property.name, encodeText((targetPath === '/' ? '' : targetPath) + (rest || '/') + '\0'), null)
    }
  }
}
