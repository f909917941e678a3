/** What if a carve-out were CMA: the node of a reserved region rewritten as the kernel would have to find it. */
import type { Board, ReservedMemory, ReservedNode } from '@shared/board.ts'
import { alignUp, MiB, type Bytes } from '@shared/units.ts'
import { joinCells } from './cells.ts'

/** Every page size but 64 KiB takes an area that is aligned to it. */
const AREA_ALIGN = 4 * MiB

/** The node that a path, a name or a label means; null when there is none. */
export function findReserved(board: Board, name: string): ReservedNode | null {
  const nodes = board.reservedMemory?.nodes ?? []
  return nodes.find((n) => n.path === name || n.name === name || n.labels.includes(name)) ?? null
}

/**
 * The board with the carve-outs at these paths made CMA areas. One that lies and ends on an area's boundary stays where it is; the others keep
 * their size, rounded up, and the kernel places them.
 */
export function forceCma(board: Board, paths: readonly string[]): Board {
  const { reservedMemory } = board
  if (!reservedMemory) return board
  const nodes = reservedMemory.nodes.map((n) => (paths.includes(n.path) ? asArea(n, reservedMemory) : n))
  return { ...board, reservedMemory: { ...reservedMemory, nodes } }
}

function asArea(node: ReservedNode, cells: ReservedMemory): ReservedNode {
  const area = { ...node, compatible: ['shared-dma-pool'], noMap: false, reusable: true }
  const addressCells = cells.addressCells ?? 0
  const sizeBytes = joinCells(node.reg?.slice(addressCells, addressCells + (cells.sizeCells ?? 0)) ?? node.size ?? [])
  const start = node.reg ? joinCells(node.reg.slice(0, addressCells)) : 0
  if (start % AREA_ALIGN === 0 && sizeBytes % AREA_ALIGN === 0) return area
  return { ...area, reg: null, size: splitCells(alignUp(sizeBytes, AREA_ALIGN), cells.sizeCells ?? 1), alignment: null }
}

/** A number as cells, most significant first. */
const splitCells = (value: Bytes, count: number): number[] =>
  Array.from({ length: count }, (_, at) => Math.floor(value / 2 ** (32 * (count - 1 - at))) % 2 ** 32)
