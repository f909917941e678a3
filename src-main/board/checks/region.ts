import type { Board, ReservedNode } from '@shared/board.ts'
import type { Span } from '@shared/diagnostics.ts'
import type { BootReport } from '@shared/run.ts'
import type { AddressRange, Bytes } from '@shared/units.ts'
import { findChild, findProperty, type DtNode, type DtTree } from '../../devicetree/tree.ts'
import { joinCells } from '../cells.ts'

/** One enabled child of /reserved-memory, decoded with the root's cells as the kernel decodes it. */
export interface Region {
  node: ReservedNode
  dt: DtNode
  /** From `reg`, in order, without empty ones; none for a region that the kernel places. */
  ranges: AddressRange[]
  /** From `size`; null when it is absent or has the wrong number of cells. */
  size: Bytes | null
  alignment: Bytes
  /** Null: anywhere. */
  allocRanges: AddressRange[] | null
  /** Where early boot put it; null when it was refused, or did not come to it. */
  placed: AddressRange | null
  isPool: boolean
  /** Asks to become a CMA area. */
  wantsCma: boolean
}

/** The regions of a board that are switched on, in tree order. */
export function regionsOf(tree: DtTree, board: Board, report: BootReport | null): Region[] {
  const root = findChild(tree.root, 'reserved-memory')
  return (board.reservedMemory?.nodes ?? []).flatMap((node) => {
    const dt = root && findChild(root, node.name)
    return node.enabled && dt ? [region(board, node, dt, report)] : []
  })
}

function region(board: Board, node: ReservedNode, dt: DtNode, report: BootReport | null): Region {
  const { addressCells, sizeCells } = board
  const isPool = node.compatible.includes('shared-dma-pool')
  const entry = report?.reserved.find((r) => r.node === node.name)
  return {
    node,
    dt,
    ranges: rangesOf(node.reg ?? [], addressCells, sizeCells),
    size: node.size?.length === sizeCells ? joinCells(node.size) : null,
    alignment: node.alignment ? joinCells(node.alignment) : 0,
    allocRanges: node.allocRanges && rangesOf(node.allocRanges, addressCells, sizeCells),
    placed: entry ? { start: entry.base, end: entry.base + entry.size } : null,
    isPool,
    wantsCma: isPool && node.reusable && !node.noMap,
  }
}

/** Pairs of address and size; an incomplete last one is dropped, empty ones are left out. */
export function rangesOf(cells: readonly number[], addressCells: number, sizeCells: number): AddressRange[] {
  const stride = addressCells + sizeCells
  if (stride === 0) return []
  return Array.from({ length: Math.floor(cells.length / stride) }, (_, n) => {
    const start = joinCells(cells.slice(n * stride, n * stride + addressCells))
    return { start, end: start + joinCells(cells.slice(n * stride + addressCells, (n + 1) * stride)) }
  }).filter((range) => range.end > range.start)
}

/** Where the property stands, or else the node. */
export const placeOf = ({ dt }: Region, property: string): Span | null =>
  findProperty(dt, property)?.span ?? dt.nameSpan

export const valueSpan = ({ dt }: Region, property: string): Span | null =>
  findProperty(dt, property)?.valueSpan ?? null

/** Cells as source: `<0x1 0x80000000>` for two cells, most significant first. */
export const cellsText = (value: number, count: number): string => `<${cellList(value, count)}>`
export const cellList = (value: number, count: number): string =>
  Array.from({ length: count }, (_, n) => cell(value, count - 1 - n)).join(' ')
const cell = (value: number, index: number): string => {
  const word = Math.floor(value / 2 ** (32 * index)) % 2 ** 32
  return word < 10 ? String(word) : '0x' + word.toString(16)
}
export const rangeText = (board: Board, { start, end }: AddressRange): string =>
  `<${cellList(start, board.addressCells)} ${cellList(end - start, board.sizeCells)}>`
