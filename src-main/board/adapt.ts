/**
 * The board as a kernel meets it: memory that the boot loader keeps to itself is gone, what the user switches is switched, and what board
 * code of 2012 said stands in the tree for a kernel that reads it there.
 */
import type { Board, LabCarveout, LabDeclared, Machine, ReservedMemory, ReservedNode } from '@shared/board.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import { alignDown, clipTo, formatBytes, GiB, MiB, type AddressRange, type Bytes } from '@shared/units.ts'
import { joinCells } from './cells.ts'
import { reportAt } from './diagnostics.ts'
import { areaNode, declaredNode, findCarveout, forceCma, withRegion } from './force-cma.ts'

/** Boot loaders keep whole mebibytes. */
const KEPT_ALIGN = MiB

export interface AdaptedBoard {
  board: Board
  memory: AddressRange[]
  diagnostics: Diagnostic[]
}

/** `readsTree`: the kernel finds /reserved-memory in the tree, as all do since 3.15. */
export function adaptBoard(board: Board, machine: Machine, memory: AddressRange[], readsTree: boolean): AdaptedBoard {
  const diagnostics: Diagnostic[] = []
  const forced = (machine.forceCma ?? []).flatMap((name) => {
    const path = findCarveout(board, name)
    if (path === null) diagnostics.push(noCarveout(board, name))
    return path ?? []
  })
  const switched = forceCma(withSwitches(board, machine), forced)
  const adapted = readsTree ? asNodes(switched) : regionsAsKept(switched)
  let left = memory
  const carveouts = adapted.lab.carveouts.flatMap((carveout): LabCarveout[] => {
    if (carveout.region !== null) return [carveout]
    const base = placeFor(carveout, left)
    if (base === null) {
      diagnostics.push(noRoom(carveout))
      return []
    }
    left = without(left, { start: base, end: base + carveout.sizeBytes })
    return [{ ...carveout, base }]
  })
  const declared = adapted.lab.declared.flatMap((each): LabDeclared[] => {
    const kept = placeFor(each, left)
    const base = kept ?? each.base
    if (base === null) {
      diagnostics.push(noRoom(each))
      return []
    }
    left = without(left, { start: base, end: base + each.sizeBytes })
    return [{ ...each, base, removed: kept !== null }]
  })
  const banks = adapted.memory.flatMap((bank) => clipTo(left, bank).map((part) => ({ ...bank, ...part })))
  const kept = {
    ...adapted,
    memory: left === memory ? adapted.memory : banks,
    lab: { ...adapted.lab, carveouts, declared },
  }
  return { board: kept, memory: left, diagnostics }
}

function withSwitches(board: Board, { cma, carveoutApi }: Machine): Board {
  const { 'cma-fallback': fallback, ...others } = board.lab.properties
  const falls = cma === undefined ? fallback : cma === 'fall-back' ? [] : undefined
  const properties = falls === undefined ? others : { ...others, 'cma-fallback': falls }
  return { ...board, lab: { ...board.lab, properties, carveoutApi: carveoutApi ?? board.lab.carveoutApi } }
}

/** Areas that board code asked for and memory that it declared, as nodes that the devices name. */
function asNodes(board: Board): Board {
  const { contiguous, declared } = board.lab
  const withAreas = contiguous.reduce(
    (made, { name, devices, sizeBytes, span }) =>
      withNode(made, name, devices, (cells) => areaNode(name, sizeBytes, cells.sizeCells ?? 1, span)),
    board,
  )
  const all = declared.reduce(
    (made, each) => withNode(made, each.region ?? each.name, [each.device], (cells) => declaredNode(each, cells)),
    withAreas,
  )
  return { ...all, lab: { ...all.lab, declared: [] } }
}

/** The devices name that node of /reserved-memory, which is made where there is none yet. */
function withNode(board: Board, name: string, devices: string[], make: (cells: ReservedMemory) => ReservedNode): Board {
  const known = board.reservedMemory?.nodes.find((node) => node.name === name)
  const { reservedMemory = null, addressCells, sizeCells, span } = board
  const root: ReservedMemory = reservedMemory ?? { addressCells, sizeCells, hasRanges: true, span, nodes: [] }
  const node = known ?? make(root)
  const nodes = known ? root.nodes : [...root.nodes, node]
  return withRegion({ ...board, reservedMemory: { ...root, nodes } }, node, devices)
}

/** A kernel that knows no /reserved-memory: board code keeps the regions of owners and declared ones from it. */
function regionsAsKept(board: Board): Board {
  const { lab } = board
  const kept = <T extends Pick<LabCarveout, 'region' | 'base' | 'sizeBytes'>>(each: T): T => asKept(board, each)
  return { ...board, lab: { ...lab, carveouts: lab.carveouts.map(kept), declared: lab.declared.map(kept) } }
}

function asKept<T extends Pick<LabCarveout, 'region' | 'base' | 'sizeBytes'>>(board: Board, owned: T): T {
  const cells = board.reservedMemory
  const node = cells?.nodes.find(({ name }) => name === owned.region)
  if (!node) return owned
  const addressCells = cells?.addressCells ?? 1
  const sizeBytes = joinCells(node.reg?.slice(addressCells, addressCells + (cells?.sizeCells ?? 1)) ?? node.size ?? [])
  const base = node.reg ? joinCells(node.reg.slice(0, addressCells)) : null
  return { ...owned, region: null, base, sizeBytes }
}

/** Where it says, or at the end of the RAM that 32 bits reach; null: not in RAM. */
function placeFor(
  { base, sizeBytes }: Pick<LabCarveout, 'base' | 'sizeBytes'>,
  memory: readonly AddressRange[],
): Bytes | null {
  if (base !== null) return memory.some(({ start, end }) => base >= start && base + sizeBytes <= end) ? base : null
  const places = memory.flatMap(({ start, end }) => {
    const at = alignDown(Math.min(end, 4 * GiB) - sizeBytes, KEPT_ALIGN)
    return at >= start ? [at] : []
  })
  return places.length > 0 ? Math.max(...places) : null
}

const without = (memory: readonly AddressRange[], taken: AddressRange): AddressRange[] =>
  memory.flatMap(({ start, end }) =>
    [
      { start, end: Math.min(end, taken.start) },
      { start: Math.max(start, taken.end), end },
    ].filter((part) => part.end > part.start),
  )

const noCarveout = (board: Board, name: string): Diagnostic =>
  reportAt(
    board.reservedMemory?.span ?? board.span,
    'error',
    'no-carveout',
    `the board has no reserved-memory node or carve-out ${name} to be made a CMA area; name one by path, name or label`,
  )

const noRoom = ({ path, base, sizeBytes, span }: LabCarveout | LabDeclared): Diagnostic =>
  reportAt(
    span,
    'error',
    'lab-child',
    base === null
      ? `${path}: no bank of RAM has ${formatBytes(sizeBytes)} for it; make it smaller`
      : `${path}: ${formatBytes(sizeBytes)} at 0x${base.toString(16)} are not all RAM that is still free; leave base out, or move it`,
  )
