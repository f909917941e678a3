import type { AstLabel, AstNode, AstProperty, AstReference, AstUnit } from './ast.ts'
import { addLabel, LiveNode, LiveProperty, nodeByPath, type LiveTree } from './livetree.ts'
import type { Parser } from './parser.ts'

/**
 * Syntax tree → one tree (the actions of dtc-parser.y and merge_nodes of livetree.c): definitions and extensions are laid over each
 * other in source order. Positions, order and revival of deleted things follow dtc, because the blob's order does.
 */
export function merge(ast: AstUnit, parser: Parser): LiveTree {
  return new Merger(ast.plugin, parser).run(ast)
}

class Merger {
  private root: LiveNode | null = null
  /** label → first node found with it; `null` when several nodes had it, so that only a walk can tell. */
  private readonly labelled = new Map<string, LiveNode | null>()
  private fragments = 0

  constructor(
    private readonly plugin: boolean,
    private readonly parser: Parser,
  ) {}

  run(ast: AstUnit): LiveTree {
    for (const item of ast.items) {
      if (item.kind === 'root') this.root = this.root ? this.mergeInto(this.root, item.node!) : this.build(item.node!)
      else if (item.kind === 'extend') this.extend(item.reference!, item.labels, item.node!)
      else this.command(item.reference!, item.kind)
    }
    const root = this.root ?? new LiveNode('')
    root.unit ??= this.parser.unit
    const bootCpuid = guessBootCpuid(root)
    root.prune()
    const memreserve = ast.memreserves.map((entry) => ({
      address: entry.address,
      size: entry.size,
      labels: entry.labels.map((label) => label.name),
      span: this.parser.unit.span(entry.start, entry.end),
    }))
    return { root, memreserve, plugin: this.plugin, bootCpuid, unit: this.parser.unit }
  }

  // ---------------------------------------------------------------------------------------------------- top-level items

  private extend(reference: AstReference, labels: readonly AstLabel[], node: AstNode): void {
    if (this.plugin && isRelative(reference.target))
      this.fail(
        reference,
        'bad-reference',
        `label-relative reference ${reference.target} is not supported in a plugin; name the label of the node itself`,
      )
    const target = this.root && (this.plugin && reference.isPath && !labels.length ? null : this.find(reference.target))
    if (target) {
      for (const label of [...labels].reverse()) this.label(target, label.name)
      this.mergeInto(target, node)
    } else if (this.plugin && !labels.length) this.addFragment(reference, node)
    else this.notFound(reference)
  }

  private command(reference: AstReference, kind: 'delete' | 'omit'): void {
    const target = this.find(reference.target)
    if (!target) this.notFound(reference)
    else if (kind === 'delete') target.delete()
    else target.omitIfUnused = true
  }

  /** An overlay's `&label { … }` becomes `/fragment@N` with its target. */
  private addFragment(reference: AstReference, ast: AstNode): void {
    this.root ??= new LiveNode('')
    const fragment = new LiveNode(`fragment@${this.fragments++}`)
    fragment.unit = this.parser.unit
    const { target } = reference
    if (target.startsWith('/')) fragment.addProperty('target-path', latin1(target + '\0'), 'string')
    else {
      const property = fragment.addProperty('target', Uint8Array.of(255, 255, 255, 255), 'phandle')
      property.markers[0]!.ref = target
    }
    fragment.addChild(this.build(ast, '__overlay__'))
    this.root.addChild(fragment)
  }

  // ------------------------------------------------------------------------------------------------------ nodes, values

  /** A new node from its definition. Nothing inside collapses: what is written twice in one body stays twice (and is an error). */
  private build(ast: AstNode, name = ast.name): LiveNode {
    const node = new LiveNode(name)
    node.unit = this.parser.unit
    node.asts = [ast]
    node.deleted = ast.isDelete
    if (ast.isDelete) return node
    node.omitIfUnused = ast.isOmit
    for (let index = ast.labels.length - 1; index >= 0; index--) this.label(node, ast.labels[index]!.name)
    if (ast.properties.length > 0) node.properties = ast.properties.map((property) => this.newProperty(property))
    for (const child of ast.children) node.addChild(this.build(child))
    return node
  }

  private newProperty(ast: AstProperty): LiveProperty {
    const property = new LiveProperty(ast.name)
    if (ast.isDelete) property.deleted = true
    else this.setProperty(property, ast)
    return property
  }

  private setProperty(property: LiveProperty, ast: AstProperty): void {
    for (let index = ast.labels.length - 1; index >= 0; index--) addLabel(property, ast.labels[index]!.name)
    property.write(ast, this.parser.unit)
  }

  private mergeInto(old: LiveNode, ast: AstNode): LiveNode {
    old.deleted = false
    old.asts = [...old.asts, ast]
    for (const label of ast.labels) this.label(old, label.name)
    for (const property of ast.properties) this.mergeProperty(old, property)
    for (const child of ast.children) this.mergeChild(old, child)
    return old
  }

  private mergeProperty(old: LiveNode, ast: AstProperty): void {
    const known = old.properties.find((property) => property.name === ast.name)
    if (ast.isDelete) known?.delete()
    else if (!known) old.properties.push(this.newProperty(ast))
    else {
      for (const label of ast.labels) addLabel(known, label.name)
      known.write(ast, this.parser.unit)
    }
  }

  private mergeChild(old: LiveNode, ast: AstNode): void {
    const known = old.children.find((child) => child.name === ast.name)
    if (ast.isDelete) known?.delete()
    else if (known) this.mergeInto(known, ast)
    else old.addChild(this.build(ast))
  }

  // ------------------------------------------------------------------------------------------------------------- labels

  private label(node: LiveNode, name: string): void {
    addLabel(node, name)
    const known = this.labelled.get(name)
    if (known === undefined) this.labelled.set(name, node)
    else if (known !== node) this.labelled.set(name, null)
  }

  private find(target: string): LiveNode | null {
    if (!this.root) return null
    return nodeByReference(this.root, target, (label) => this.byLabel(label))
  }

  private byLabel(label: string): LiveNode | null {
    const known = this.labelled.get(label)
    if (known === undefined) return null
    if (known && this.isAttached(known)) return hasLabel(known, label) ? known : null
    for (const node of this.root!.walk()) if (hasLabel(node, label)) return node
    return null
  }

  /** Whether the node is in the tree already (not in a body that is still being built, nor deleted). */
  private isAttached(node: LiveNode): boolean {
    let top: LiveNode = node
    while (top.parent) top = top.parent
    return top === this.root && !node.deleted
  }

  private notFound(reference: AstReference): void {
    const close = this.suggest(reference.target)
    this.fail(
      reference,
      'label-not-found',
      `label or path ${reference.target} not found` +
        (close ? `; did you mean ${close}?` : '; define it before it is used here'),
    )
  }

  private suggest(target: string): string | null {
    return nearest(target, this.labelled.keys())
  }

  private fail(reference: AstReference, code: string, message: string): void {
    this.parser.error(reference.start, reference.end, code, message)
  }
}

const isRelative = (target: string): boolean => target[0] !== '/' && target.indexOf('/', 1) > 0

const hasLabel = (node: LiveNode, name: string): boolean =>
  node.allLabels.some((label) => label.name === name && !label.deleted)

/** `label`, `/path` or `label/path`. */
export function nodeByReference(
  root: LiveNode,
  target: string,
  byLabel: (label: string) => LiveNode | null,
): LiveNode | null {
  if (target === '/') return root
  if (target.startsWith('/')) return nodeByPath(root, target)
  const slash = target.indexOf('/')
  if (slash < 0) return byLabel(target)
  const base = byLabel(target.slice(0, slash))
  return base && nodeByPath(base, target.slice(slash + 1))
}

/** The candidate that differs from `name` by at most two fifths of its letters; null when none is that close. */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  let best: string | null = null
  let bestDistance = Math.floor(name.length * 0.4) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue
    const distance = editDistance(name, candidate)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]!
}

/** `reg` of the first node that was ever written under /cpus, when it is one cell. */
export function guessBootCpuid(root: LiveNode): number {
  const cpu = nodeByPath(root, '/cpus')?.children[0]
  const reg = cpu?.property('reg')
  return reg?.bytes.length === 4 ? new DataView(reg.bytes.buffer, reg.bytes.byteOffset).getUint32(0) : 0
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0))
