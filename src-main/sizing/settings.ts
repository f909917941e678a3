import type { Board, Machine, ReservedNode } from '@shared/board.ts'
import type { Knob } from '@shared/sizing.ts'
import type { Bytes } from '@shared/units.ts'
import { parameterOf, setParameter, sizeWord } from './cmdline.ts'
import { SLAB_BYTES } from './knobs.ts'

/** A size given to a knob. */
export interface Setting {
  knob: Knob
  bytes: Bytes
}

/** The board and machine with these sizes, as their files would say it. The inputs stay as they are. */
export function applySettings(
  board: Board,
  machine: Machine,
  settings: readonly Setting[],
): { board: Board; machine: Machine } {
  const nodes = new Map(settings.flatMap(({ knob, bytes }) => (knob.nodePath ? [[knob.nodePath, bytes] as const] : [])))
  const cmdline = settings.reduce(
    (text, { knob, bytes }) =>
      knob.parameter ? setParameter(text, knob.parameter, parameterValue(knob, bytes, text)) : text,
    machine.cmdline ?? board.bootargs,
  )
  return { board: nodes.size ? resizeNodes(board, nodes) : board, machine: { ...machine, cmdline } }
}

function resizeNodes(board: Board, sizes: ReadonlyMap<string, Bytes>): Board {
  const reserved = board.reservedMemory ?? {
    addressCells: board.addressCells,
    sizeCells: board.sizeCells,
    hasRanges: true,
    span: null,
    nodes: [],
  }
  const cells = { address: reserved.addressCells ?? 2, size: reserved.sizeCells ?? 2 }
  const resized = reserved.nodes.map((node) => {
    const bytes = sizes.get(node.path)
    return bytes === undefined ? node : { ...node, ...sizeCells(node, cells.address, cells.size, bytes) }
  })
  const added = [...sizes].filter(([path]) => !reserved.nodes.some((node) => node.path === path))
  const nodes = [...resized, ...added.map(([path, bytes]) => newArea(path, splitCells(bytes, cells.size)))]
  return { ...board, reservedMemory: { ...reserved, nodes } }
}

/** The shared area as a node: `reusable`, anywhere, the default of every device. */
const newArea = (path: string, size: number[]): ReservedNode => ({
  name: path.slice(path.lastIndexOf('/') + 1),
  path,
  labels: [],
  compatible: ['shared-dma-pool'],
  reg: null,
  size,
  alignment: null,
  allocRanges: null,
  noMap: false,
  reusable: true,
  linuxCmaDefault: true,
  linuxDmaDefault: false,
  enabled: true,
  phandle: null,
  span: null,
})

/** `size`, or the second half of `reg`, with a new size. */
export function sizeCells(
  node: Pick<ReservedNode, 'reg' | 'size'>,
  addressCells: number,
  cellCount: number,
  bytes: Bytes,
): { reg: number[] } | { size: number[] } {
  const cells = splitCells(bytes, cellCount)
  return node.reg
    ? { reg: [...node.reg.slice(0, addressCells), ...cells, ...node.reg.slice(addressCells + cellCount)] }
    : { size: cells }
}

/** A number as devicetree cells, the most significant first. */
export const splitCells = (value: number, count: number): number[] =>
  count === 1 ? [value % 2 ** 32] : [...Array<number>(count - 2).fill(0), Math.floor(value / 2 ** 32), value % 2 ** 32]

/** What stands after the `=`. A place that `cma=` names (`64M@0x…`) is kept, so is what `swiotlb=` says beside the size. */
export function parameterValue(knob: Knob, bytes: Bytes, cmdline: string): string {
  const before = parameterOf(cmdline, knob.parameter!) ?? ''
  if (knob.kind === 'swiotlb') return [String(bytes / SLAB_BYTES), ...before.split(',').slice(1)].join(',')
  const place = knob.kind === 'cma' ? (/@.*$/.exec(before)?.[0] ?? '') : ''
  return `${sizeWord(bytes)}${place}`
}
