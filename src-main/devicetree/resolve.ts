import { encodeText } from './escape.ts'
import type { LiveNode, LiveProperty, LiveTree, Marker } from './livetree.ts'
import { nearest, nodeByReference } from './merge.ts'

/**
 * References → phandles and paths (the fixups among dtc's checks.c), in dtc's order: phandles are handed out to nodes in the order in
 * which references to them stand in the tree, starting with 1 and leaving out what the source set itself.
 */
/** `target`: the reference inside the value that is meant. */
export type Fail = (node: LiveNode, property: LiveProperty | null, message: string, target?: string) => void

/** `-H`: which properties carry a phandle that the compiler gives out. */
export type PhandleFormat = 'epapr' | 'legacy' | 'both'
const phandleNames: Record<PhandleFormat, string[]> = {
  epapr: ['phandle'],
  legacy: ['linux,phandle'],
  both: ['linux,phandle', 'phandle'],
}

export class Resolver {
  readonly byPhandle = new Map<number, LiveNode>()
  private readonly byLabel = new Map<string, LiveNode>()
  private nextPhandle = 1

  constructor(
    readonly tree: LiveTree,
    private readonly format: PhandleFormat,
  ) {
    for (const node of tree.root.walk())
      for (const label of node.allLabels)
        if (!label.deleted && !this.byLabel.has(label.name)) this.byLabel.set(label.name, node)
  }

  labelled(label: string): LiveNode | null {
    const node = this.byLabel.get(label)
    return node && !node.deleted ? node : null
  }

  find(target: string): LiveNode | null {
    return nodeByReference(this.tree.root, target, (label) => this.labelled(label))
  }

  /** A label like the one that was not found. */
  suggestion(target: string): string {
    const close = nearest(target, this.byLabel.keys())
    return close ? `; did you mean ${close}?` : ''
  }

  /** The phandle of a node; a new one, with its property, when it has none. */
  phandleOf(node: LiveNode): number {
    if (node.phandle) return node.phandle
    // what a node had that is gone is given out again, as dtc does
    while (this.byPhandle.get(this.nextPhandle)?.deleted === false) this.nextPhandle++
    node.phandle = this.nextPhandle
    this.byPhandle.set(node.phandle, node)
    for (const name of phandleNames[this.format])
      if (!node.property(name)) node.addProperty(name, cellBytes(node.phandle), 'uint32')
    return node.phandle
  }

  // ----------------------------------------------------------------------------------------------------- the four fixups

  /** `explicit_phandles` */
  explicitPhandle(node: LiveNode, fail: Fail): void {
    const phandle = this.phandleProperty(node, 'phandle', fail)
    const old = this.phandleProperty(node, 'linux,phandle', fail)
    if (!phandle && !old) return
    if (phandle && old && phandle !== old) fail(node, null, "mismatching 'phandle' and 'linux,phandle' properties")
    const value = phandle || old
    const other = this.byPhandle.get(value)
    if (other && other !== node)
      return fail(node, null, `duplicated phandle 0x${value.toString(16)} (seen before at ${other.path})`)
    node.phandle = value
    this.byPhandle.set(value, node)
  }

  private phandleProperty(node: LiveNode, name: string, fail: Fail): number {
    const property = node.property(name)
    if (!property) return 0
    if (property.bytes.length !== 4) {
      fail(node, property, `bad length (${property.bytes.length}) ${name} property`)
      return 0
    }
    const reference = property.references.find((marker) => marker.type === 'phandle')
    if (reference) {
      // `phandle = <&itself>` asks for a phandle, to be filled in later
      if (this.find(reference.ref) !== node) fail(node, null, `${name} is a reference to another node`)
      return 0
    }
    const value = cellAt(property.bytes, 0)
    if (value !== 0 && value !== 0xffffffff) return value
    fail(node, property, `bad value (0x${value.toString(16)}) in ${name} property`)
    return 0
  }

  /** `phandle_references` */
  phandleReferences(node: LiveNode, fail: Fail): void {
    // a phandle property that this adds is not walked: it has no references
    for (let index = 0, count = node.properties.length; index < count; index++) {
      const property = node.properties[index]!
      for (const marker of property.references)
        if (marker.type === 'phandle') this.fillPhandle(node, property, marker, fail)
    }
  }

  private fillPhandle(node: LiveNode, property: LiveProperty, marker: Marker, fail: Fail): void {
    const target = this.find(marker.ref)
    const view = new DataView(property.bytes.buffer, property.bytes.byteOffset)
    if (!target) {
      if (!this.tree.plugin) fail(node, property, this.nonExistent(marker.ref), marker.ref)
      else view.setUint32(marker.offset, 0xffffffff)
      return
    }
    view.setUint32(marker.offset, this.phandleOf(target))
    target.isReferenced = true
  }

  private nonExistent(target: string): string {
    return `Reference to non-existent node or label "${target}"${this.suggestion(target)}`
  }

  /** `path_references` */
  pathReferences(node: LiveNode, fail: Fail): void {
    for (const property of node.properties) {
      for (const marker of property.references)
        if (marker.type === 'path') this.insertPath(node, property, marker, fail)
    }
  }

  private insertPath(node: LiveNode, property: LiveProperty, marker: Marker, fail: Fail): void {
    const target = this.find(marker.ref)
    if (!target) return fail(node, property, this.nonExistent(marker.ref), marker.ref)
    const path = encodeText(target.path + '\0')
    const { bytes, markers } = property
    const grown = new Uint8Array(bytes.length + path.length)
    grown.set(bytes.subarray(0, marker.offset))
    grown.set(path, marker.offset)
    grown.set(bytes.subarray(marker.offset), marker.offset + path.length)
    property.bytes = grown
    for (const later of markers.slice(markers.indexOf(marker) + 1)) later.offset += path.length
    target.isReferenced = true
  }

  /** `omit_unused_nodes`: deletes what `/omit-if-no-ref/` marks and nobody refers to. */
  omitUnused(node: LiveNode, keepLabelled: boolean): void {
    if (keepLabelled && node.allLabels.length > 0) return
    if (node.omitIfUnused && !node.isReferenced) node.delete()
  }
}

export function cellBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** The 32-bit cell at a byte offset. */
export const cellAt = (bytes: Uint8Array, offset: number): number =>
  ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0
