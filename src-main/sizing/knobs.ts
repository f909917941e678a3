import type { Board, Machine, ReservedNode } from '@shared/board.ts'
import type { BootReport } from '@shared/run.ts'
import type { Knob } from '@shared/sizing.ts'
import { KiB, MiB, type Bytes } from '@shared/units.ts'
import { parameterOf } from './cmdline.ts'

/** The node that a board without an area of its own gets, and what the shared area is called with and without it. */
export const NEW_NODE_NAME = 'linux,cma'
const NEW_NODE = { nodePath: `/reserved-memory/${NEW_NODE_NAME}`, parameter: null }
const AREAS_OF_DEFAULT = ['cma:reserved', `cma:${NEW_NODE_NAME}`]

/** IO_TLB_SIZE: what `swiotlb=` counts. */
export const SLAB_BYTES = 2 * KiB

/**
 * Every size that somebody can choose on this board, in the order in which a request meets them: areas of devices, the shared area,
 * the atomic pool, the bounce buffer.
 */
export function knobsOf(board: Board, machine: Machine, boot: BootReport, arch: string): Knob[] {
  const cmdline = machine.cmdline ?? board.bootargs
  const nodes = board.reservedMemory?.nodes.filter((node) => node.enabled) ?? []
  return [
    ...cmaKnobs(nodes, boot, cmdline, arch),
    ...nodes
      .filter((node) => isPool(node, 'shared-dma-pool') && node.noMap)
      .map((node) => nodeKnob(node, 'declared', board, boot)),
    ...nodes
      .filter((node) => isPool(node, 'restricted-dma-pool'))
      .map((node) => nodeKnob(node, 'restricted', board, boot)),
    ...poolKnob(boot, cmdline),
    ...swiotlbKnob(boot, cmdline),
  ]
}

const isPool = (node: ReservedNode, compatible: string): boolean => node.compatible.includes(compatible)

function cmaKnobs(nodes: readonly ReservedNode[], boot: BootReport, cmdline: string, arch: string): Knob[] {
  const granule = boot.kernel.cma_min_align ?? 4 * MiB
  const given = parameterOf(cmdline, 'cma') !== null
  const knobs = boot.cma.map((area): Knob => {
    const node = nodes.find(
      (candidate) => area.from_node !== null && [candidate.name, candidate.path].includes(area.from_node),
    )
    const source = node ? 'node' : given ? 'cmdline' : 'default'
    const areas = node ? [`cma:${area.name}`] : AREAS_OF_DEFAULT
    const place = isNew(source, arch) ? NEW_NODE : { nodePath: node?.path ?? null, parameter: node ? null : 'cma' }
    return { id: `cma:${area.name}`, kind: 'cma', areas, source, ...place, granule, current: area.size }
  })
  return knobs.length ? knobs : [newArea(granule, arch, given)]
}

/** No area of one's own to size: the node that the board would get, or `cma=` where kernels boot without a devicetree. */
const isNew = (source: Knob['source'], arch: string): boolean => source === 'default' && arch !== 'x86_64'

const newArea = (granule: Bytes, arch: string, given: boolean): Knob => {
  const source = given ? 'cmdline' : 'default'
  const place = isNew(source, arch) ? NEW_NODE : { nodePath: null, parameter: 'cma' }
  return { id: 'cma:reserved', kind: 'cma', areas: AREAS_OF_DEFAULT, source, ...place, granule, current: 0 }
}

function nodeKnob(node: ReservedNode, kind: 'declared' | 'restricted', board: Board, boot: BootReport): Knob {
  const sizeCells = board.reservedMemory?.sizeCells ?? 2
  const cells = node.size ?? node.reg?.slice(-sizeCells) ?? [0]
  const granule = kind === 'restricted' ? MiB : (boot.kernel.page_size ?? 4 * KiB)
  const area = kind === 'restricted' ? `swiotlb:${node.name}` : `declared:${node.name}`
  return {
    id: area,
    kind,
    areas: [area],
    source: 'node',
    nodePath: node.path,
    parameter: null,
    granule,
    current: joinCells(cells),
  }
}

const joinCells = (cells: readonly number[]): Bytes => cells.reduce((value, cell) => value * 2 ** 32 + cell, 0)

function poolKnob(boot: BootReport, cmdline: string): Knob[] {
  if (!boot.pools.length) return []
  const source = parameterOf(cmdline, 'coherent_pool') === null ? 'default' : 'cmdline'
  const areas = boot.pools.map((pool) => `pool:${pool.name}`)
  const current = Math.max(...boot.pools.map((pool) => pool.size))
  return [
    { id: 'pool', kind: 'pool', areas, source, nodePath: null, parameter: 'coherent_pool', granule: 64 * KiB, current },
  ]
}

function swiotlbKnob(boot: BootReport, cmdline: string): Knob[] {
  const pool = boot.swiotlb.find((each) => each.for_alloc === 0)
  if (!pool) return []
  const source = parameterOf(cmdline, 'swiotlb') === null ? 'default' : 'cmdline'
  const areas = [`swiotlb:${pool.name}`]
  return [
    {
      id: 'swiotlb',
      kind: 'swiotlb',
      areas,
      source,
      nodePath: null,
      parameter: 'swiotlb',
      granule: MiB,
      current: pool.nslabs * SLAB_BYTES,
    },
  ]
}
