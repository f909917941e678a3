/** Reading of property values, as the kernel's of_property_read_*() and of_read_number() do. */
import { findProperty, type DtNode } from '../devicetree/tree.ts'

/** The property's u32 cells (a last incomplete cell is dropped); null when the node has no such property. */
export function cellsOf(node: DtNode, name: string): number[] | null {
  const property = findProperty(node, name)
  if (!property) return null
  const view = new DataView(property.bytes.buffer, property.bytes.byteOffset, property.bytes.byteLength)
  return Array.from({ length: Math.floor(view.byteLength / 4) }, (_, n) => view.getUint32(n * 4))
}

/** The property's strings; empty when it is absent. */
export function stringsOf(node: DtNode, name: string): string[] {
  const property = findProperty(node, name)
  if (!property || property.bytes.length === 0) return []
  return new TextDecoder().decode(property.bytes).replace(/\0$/, '').split('\0')
}

export const has = (node: DtNode, name: string): boolean => findProperty(node, name) !== undefined

/** One u32; null when it is absent or too short. */
export const cellOf = (node: DtNode, name: string): number | null => cellsOf(node, name)?.[0] ?? null

/** Cells as one number, most significant first, as dt_mem_next_cell(): of more than two cells the last two count. */
export const joinCells = (cells: readonly number[]): number => cells.slice(-2).reduce((sum, c) => sum * 2 ** 32 + c, 0)

/** `#address-cells` and `#size-cells` that a node sets for its children; without them the kernel takes those of its parents, then 1. */
export function cellCounts(node: DtNode): { address: number; size: number } {
  return { address: inherited(node, '#address-cells'), size: inherited(node, '#size-cells') }
}

function inherited(node: DtNode, name: string): number {
  for (let at: DtNode | null = node; at; at = at.parent) {
    const value = cellOf(at, name)
    if (value !== null) return value
  }
  return 1
}

/** of_device_is_available(): no `status`, `okay` or `ok`. */
export function isAvailable(node: DtNode): boolean {
  const status = stringsOf(node, 'status')[0]
  return status === undefined || status === 'okay' || status === 'ok'
}

/** The nodes below, parents before children, in tree order. */
export function* descendants(node: DtNode): Generator<DtNode> {
  for (const child of node.children) {
    yield child
    yield* descendants(child)
  }
}

/** The node at an absolute path; null when there is none. */
export function nodeByPath(root: DtNode, path: string): DtNode | null {
  let node: DtNode | undefined = root
  for (const name of path.split('/')) if (name !== '') node = node?.children.find((child) => child.name === name)
  return node ?? null
}
