/**
 * __rmqueue of mm/page_alloc.c: which free list a block comes off. Movable requests balance between the lists and CMA; when the type's
 * own lists are empty a block of another type is claimed with its pageblock, or stolen alone.
 */
import type { Order } from '@shared/units.ts'
import { Cma, HighAtomic, Movable, Unmovable, type MigrateType } from './frames.ts'
import type { BlockSource } from './pcp.ts'
import type { PageAllocProfile } from './profile.ts'
import type { ZoneLists } from './zone-lists.ts'

/** enum rmqueue_mode: where the last block of a batch was found, and the search for the next begins. */
const NORMAL = 0
const CMA = 1
const STEAL = 2

/** Blocks of one order and type, batch after batch. */
export class Rmqueue implements BlockSource {
  private lists: ZoneLists | null = null
  private order: Order = 0
  private type: MigrateType = Unmovable
  private noFragment = false
  private mode = NORMAL

  constructor(private readonly policy: PageAllocProfile) {}

  /** Begins a batch. */
  from(lists: ZoneLists, order: Order, type: MigrateType, noFragment: boolean): this {
    this.lists = lists
    this.order = order
    this.type = type
    this.noFragment = noFragment
    this.mode = NORMAL
    return this
  }

  /** First frame of the next block, -1 when there is none. */
  next(): number {
    const { policy, order, type } = this
    const lists = this.lists!
    const cma = type === Movable
    if (cma && policy.balancesCma && lists.nrFreeCma > lists.nrFree / 2) {
      const index = lists.take(order, Cma)
      if (index >= 0) return index
    }
    if (this.mode === NORMAL) {
      const index = lists.take(order, type)
      if (index >= 0) return index
    }
    if (policy.takesLargest) {
      const index = lists.takeLargest(order, type)
      return index < 0 && policy.reserveBlocks > 0 ? lists.take(order, HighAtomic) : index
    }
    if (this.mode <= CMA && cma) {
      const index = lists.take(order, Cma)
      if (index >= 0) return this.found(index, CMA)
    }
    if (this.mode <= CMA) {
      const index = lists.claim(order, type, this.noFragment)
      if (index >= 0) return this.found(index, NORMAL)
    }
    const index = this.noFragment ? -1 : lists.steal(order, type)
    return index < 0 ? -1 : this.found(index, STEAL)
  }

  private found(index: number, mode: number): number {
    if (this.policy.pressure) this.mode = mode
    return index
  }
}
