/**
 * The words that the test driver of the recordings puts into a board: `oracle,dma-master` devices and `oracle,iommu` units. Nothing else in
 * the project knows them.
 */
import type { Machine } from '@shared/board.ts'
import type { BoardBindings } from '../../board/index.ts'
import { cellOf, has, stringsOf } from '../../board/cells.ts'
import type { DtNode } from '../../devicetree/tree.ts'
import { GiB, KiB, MiB } from '@shared/units.ts'

export const MASTER = 'oracle,dma-master'
const UNIT = 'oracle,iommu'
const PAGE_SIZES = 4 * KiB + 2 * MiB + GiB

/** A unit's addresses have 32 bits on arm and 48 elsewhere, where the node does not say. */
export const replayBindings = (arch: Machine['arch']): BoardBindings => ({
  device: (node) => ({
    dmaBits: cellOf(node, 'oracle,dma-bits') ?? 32,
    noInit: has(node, 'oracle,no-init'),
  }),
  iommu: (node) => (stringsOf(node, 'compatible').includes(UNIT) ? unit(node, arch === 'arm' ? 32 : 48) : null),
})

const unit = (node: DtNode, iovaBits: number) => ({
  model: UNIT,
  iovaBits: cellOf(node, 'oracle,iova-bits') ?? iovaBits,
  pageSizes: bitsOf(cellOf(node, 'oracle,page-sizes') ?? PAGE_SIZES),
  identity: has(node, 'oracle,identity'),
  oneGroup: has(node, 'oracle,one-group'),
})

/** A pgsize_bitmap as its sizes, ascending. */
const bitsOf = (bitmap: number): number[] =>
  Array.from({ length: 32 }, (_, n) => 2 ** n).filter((bit) => Math.floor(bitmap / bit) % 2 === 1)
