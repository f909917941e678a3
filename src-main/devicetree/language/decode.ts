import { formatAddress, formatBytes } from '@shared/units.ts'
import { cellAt } from '../resolve.ts'
import { type DtNode, type DtProperty, findProperty } from '../tree.ts'
import { bindingOf } from './bindings.ts'
import type { Snapshot } from './snapshot.ts'

/** What the bytes of a property mean: addresses and sizes, references, strings. */

export function cellsOf(property: DtProperty | undefined): number[] {
  if (!property) return []
  return Array.from({ length: Math.floor(property.bytes.length / 4) }, (_, n) => cellAt(property.bytes, n * 4))
}

/** `#address-cells` or `#size-cells` that hold for the children of a node, inherited as the kernel does. */
export function cellCount(node: DtNode | null, name: '#address-cells' | '#size-cells'): number {
  for (let at = node; at; at = at.parent) {
    const value = cellsOf(findProperty(at, name))[0]
    if (value !== undefined) return Math.min(value, 4)
  }
  return 1
}

export const join = (cells: readonly number[]): number => cells.slice(-2).reduce((sum, cell) => sum * 2 ** 32 + cell, 0)

export interface Range {
  address: number
  size: number
}

/** Pairs of address and size of `reg` and its like; an incomplete last one is dropped. */
export function rangesOf(node: DtNode, name: string): Range[] {
  const cells = cellsOf(findProperty(node, name))
  // regions are read with the root's counts, which their parent repeats
  const address = cellCount(node.parent, '#address-cells')
  const size = cellCount(node.parent, '#size-cells')
  if (address + size === 0) return []
  return Array.from({ length: Math.floor(cells.length / (address + size)) }, (_, n) => {
    const start = n * (address + size)
    return {
      address: join(cells.slice(start, start + address)),
      size: join(cells.slice(start + address, start + address + size)),
    }
  })
}

export const rangeText = ({ address, size }: Range): string =>
  size === 0
    ? formatAddress(address)
    : `${formatAddress(address)} … ${formatAddress(address + size - 1)} (${formatBytes(size)})`

/** Lines of Markdown; empty where there is nothing to add to what is written. */
export function decodeProperty(snapshot: Snapshot, node: DtNode, property: DtProperty): string[] {
  const cells = cellsOf(property)
  switch (bindingOf(property.name)?.cells ?? null) {
    case 'address-size':
      return rangesOf(node, property.name).map(rangeText)
    case 'size':
    case 'address':
      return [formatBytes(join(cells))]
    case 'phandles':
      return cells.map((phandle) => byPhandle(snapshot, phandle)?.path ?? `phandle ${phandle}`)
    case 'phandle-args':
      return [byPhandle(snapshot, cells[0] ?? 0)?.path ?? '']
    case 'ranges':
      return busRanges(node, property)
    default:
      return otherValue(property, cells)
  }
}

function busRanges(bus: DtNode, property: DtProperty): string[] {
  const cells = cellsOf(property)
  if (cells.length === 0) return ['addresses pass unchanged']
  const [child, parent, size] = [
    cellCount(bus, '#address-cells'),
    cellCount(bus.parent, '#address-cells'),
    cellCount(bus, '#size-cells'),
  ]
  const stride = child + parent + size
  return Array.from({ length: Math.floor(cells.length / stride) }, (_, n) => {
    const part = (from: number, count: number): number =>
      join(cells.slice(n * stride + from, n * stride + from + count))
    return `bus ${formatAddress(part(0, child))} → CPU ${rangeText({ address: part(child, parent), size: part(child + parent, size) })}`
  })
}

function otherValue(property: DtProperty, cells: number[]): string[] {
  if (isText(property.bytes) || cells.every((cell) => cell < 10) || cells.length > 16 || property.bytes.length % 4)
    return []
  return [cells.map((cell) => (cell < 10 ? String(cell) : `${cell} (${formatAddress(cell)})`)).join(', ')]
}

export const isText = (bytes: Uint8Array): boolean =>
  bytes.length > 1 &&
  bytes.at(-1) === 0 &&
  bytes[0] !== 0 &&
  bytes.every((byte) => byte === 0 || (byte >= 32 && byte < 127))

export const textOf = (property: DtProperty | undefined): string =>
  property ? String.fromCharCode(...property.bytes.subarray(0, 4096)).replace(/\0[^]*$/, '') : ''

const phandleIndex = new WeakMap<Snapshot, Map<number, DtNode>>()

export function byPhandle(snapshot: Snapshot, phandle: number): DtNode | null {
  let index = phandleIndex.get(snapshot)
  if (!index) {
    index = new Map()
    for (const node of walk(snapshot.tree.root)) if (node.phandle) index.set(node.phandle, node)
    phandleIndex.set(snapshot, index)
  }
  return index.get(phandle) ?? null
}

export function* walk(node: DtNode): Generator<DtNode> {
  yield node
  for (const child of node.children) yield* walk(child)
}
