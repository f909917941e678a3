/** What if a carve-out were CMA: the node of a reserved region, or of the lab, rewritten as the kernel would have to find it. */
import type { Board, LabCarveout, LabDeclared, ReservedMemory, ReservedNode } from '@shared/board.ts'
import type { Span } from '@shared/diagnostics.ts'
import { alignUp, MiB, type Bytes } from '@shared/units.ts'
import { joinCells } from './cells.ts'

/** Every page size but 64 KiB takes an area that is aligned to it. */
const AREA_ALIGN = 4 * MiB

/** The reserved region that a path, a name or a label means; null when there is none. */
export function findReserved({ reservedMemory }: Board, name: string): ReservedNode | null {
  const nodes = reservedMemory?.nodes ?? []
  return nodes.find((n) => n.path === name || n.name === name || n.labels.includes(name)) ?? null
}

/** Path of the reserved region or carve-out of the lab node that a path, a name or a label means; null when there is none. */
export function findCarveout(board: Board, name: string): string | null {
  const owned = board.lab.carveouts.find((each) => each.path === name || each.name === name)
  return (findReserved(board, name) ?? owned)?.path ?? null
}

/**
 * The board with the carve-outs at these paths made CMA areas of their devices, without an owner's allocator. One that lies and ends on an
 * area's boundary stays where it is; the others keep their size, rounded up, and the kernel places them.
 */
export function forceCma(board: Board, paths: readonly string[]): Board {
  return paths.reduce(forceOne, board)
}

function forceOne(board: Board, path: string): Board {
  const { reservedMemory, lab } = board
  const named = reservedMemory?.nodes.find((each) => each.path === path)
  const owned = lab.carveouts.find((each) => each.path === path || (named !== undefined && each.region === named.name))
  const node = named ?? reservedMemory?.nodes.find((each) => each.name === owned?.region)
  const nodes = reservedMemory?.nodes.map((each) => (each === node ? asArea(each, reservedMemory) : each))
  const withArea = node ? { ...board, reservedMemory: { ...reservedMemory!, nodes: nodes! } } : board
  return owned ? withoutOwner(withArea, owned) : withArea
}

/** The owner's memory is board code's area now; where it was a node already, it is found under the same name. */
function withoutOwner(board: Board, owned: LabCarveout): Board {
  const { lab } = board
  const { devices, span } = owned
  const name = owned.region ?? owned.name
  const sizeBytes = alignUp(sizeOf(board, owned), AREA_ALIGN)
  const carveouts = lab.carveouts.filter((each) => each !== owned)
  return { ...board, lab: { ...lab, carveouts, contiguous: [...lab.contiguous, { name, devices, sizeBytes, span }] } }
}

function sizeOf({ reservedMemory }: Board, { region, sizeBytes }: LabCarveout): Bytes {
  const node = reservedMemory?.nodes.find(({ name }) => name === region)
  return node ? regionBytes(node, reservedMemory!) : sizeBytes
}

function regionBytes(node: ReservedNode, { addressCells, sizeCells }: ReservedMemory): Bytes {
  const at = addressCells ?? 0
  return joinCells(node.reg?.slice(at, at + (sizeCells ?? 0)) ?? node.size ?? [])
}

function asArea(node: ReservedNode, cells: ReservedMemory): ReservedNode {
  const area = { ...node, compatible: ['shared-dma-pool'], noMap: false, reusable: true }
  const sizeBytes = regionBytes(node, cells)
  const start = node.reg ? joinCells(node.reg.slice(0, cells.addressCells ?? 0)) : 0
  if (start % AREA_ALIGN === 0 && sizeBytes % AREA_ALIGN === 0) return area
  return { ...area, reg: null, size: splitCells(alignUp(sizeBytes, AREA_ALIGN), cells.sizeCells ?? 1), alignment: null }
}

/** A node for an area that the kernel places. */
export const areaNode = (name: string, sizeBytes: Bytes, sizeCells: number, span: Span | null): ReservedNode => ({
  name,
  path: `/reserved-memory/${name}`,
  labels: [],
  compatible: ['shared-dma-pool'],
  reg: null,
  size: splitCells(sizeBytes, sizeCells),
  alignment: null,
  allocRanges: null,
  noMap: false,
  reusable: true,
  linuxCmaDefault: false,
  linuxDmaDefault: false,
  enabled: true,
  phandle: null,
  span,
})

/** A node for memory declared for devices, which the kernel keeps its hands off. */
export function declaredNode(
  { name, base, sizeBytes, span }: Pick<LabDeclared, 'name' | 'base' | 'sizeBytes' | 'span'>,
  { addressCells, sizeCells }: ReservedMemory,
): ReservedNode {
  const node = { ...areaNode(name, sizeBytes, sizeCells ?? 1, span), reusable: false, noMap: true }
  if (base === null) return node
  return {
    ...node,
    size: null,
    reg: [...splitCells(base, addressCells ?? 1), ...splitCells(sizeBytes, sizeCells ?? 1)],
  }
}

/** These devices name the region last, where an area takes the place of those before it. */
export function withRegion(board: Board, { path, name }: ReservedNode, names: readonly string[]): Board {
  const devices = board.devices.map((device) =>
    names.includes(device.name)
      ? {
          ...device,
          memoryRegions: [
            ...device.memoryRegions.filter((region) => region.path !== path),
            { path, name, enabled: true },
          ],
        }
      : device,
  )
  return { ...board, devices }
}

/** A number as cells, most significant first. */
const splitCells = (value: Bytes, count: number): number[] =>
  Array.from({ length: count }, (_, at) => Math.floor(value / 2 ** (32 * (count - 1 - at))) % 2 ** 32)
