/**
 * mm/compaction.c: makes large free blocks by moving movable pages from the bottom of a zone into free pages at its top, for a
 * request that waits (direct) or by kcompactd. Left out: the fast searches and skipped pageblocks, capture of the block that a
 * request waits for, proactive compaction.
 */
import type { Order } from '@shared/units.ts'
import { Cma, FREE_TYPES, Movable, Unmovable, type MigrateType } from './frames.ts'
import type { MovablePages } from './movable.ts'
import { PLAIN_TYPES, watermarkOk, type Zone } from './zone.ts'
import type { PageAllocator } from './page-alloc.ts'

/** PAGE_ALLOC_COSTLY_ORDER */
const COSTLY_ORDER = 3
/** COMPACT_MAX_DEFER_SHIFT */
const MAX_DEFER_SHIFT = 6
/** sysctl_extfrag_threshold, in thousandths: below, a failure is for lack of memory. */
const FRAGMENTATION = 500

/** enum compact_result, as far as anybody asks; a later one outweighs an earlier one. */
const RESULTS = ['skipped', 'deferred', 'complete', 'success'] as const
export type CompactResult = (typeof RESULTS)[number]

/** What one zone remembers of compaction that failed. */
interface Deferral {
  considered: number
  shift: number
  /** Orders below are not deferred. */
  failed: Order
}

export class Compaction {
  private readonly deferrals: Deferral[]

  constructor(
    private readonly pages: PageAllocator,
    private readonly movable: MovablePages,
  ) {
    this.deferrals = pages.zones.map(() => ({ considered: 0, shift: 0, failed: 0 }))
  }

  /** try_to_compact_pages: `async` moves out of blocks of the request's type only. */
  direct(order: Order, type: MigrateType, highest: number, async: boolean): CompactResult {
    let worst: CompactResult = 'skipped'
    for (let n = highest; n >= 0; n--) {
      const zone = this.pages.zones[n]!
      if (zone.managed === 0) continue
      const deferred = this.isDeferred(n, order)
      const result = deferred ? 'deferred' : this.compactZone(zone, order, type, highest, async)
      if (RESULTS.indexOf(result) > RESULTS.indexOf(worst)) worst = result
      if (result === 'success') {
        this.succeeded(n, order)
        break
      }
      if (result === 'complete' && !async) this.defer(n, order)
    }
    return worst
  }

  /** kcompactd_do_work */
  background(order: Order, highest: number): void {
    for (let n = 0; n <= highest; n++) {
      const zone = this.pages.zones[n]!
      if (zone.managed === 0 || this.isDeferred(n, order)) continue
      const result = this.compactZone(zone, order, Unmovable, n, false)
      if (result === 'success') this.succeeded(n, order)
      if (result !== 'complete') continue
      zone.pcp?.drain()
      this.defer(n, order)
    }
  }

  /** kcompactd_node_suitable */
  isSuitable(order: Order, highest: number): boolean {
    return this.pages.zones
      .slice(0, highest + 1)
      .some((zone) => zone.managed > 0 && this.suits(zone, order, Unmovable, highest) === null)
  }

  /** compaction_defer_reset, once a block of the order was had. */
  allocated(zone: Zone, order: Order): void {
    const n = this.pages.zones.indexOf(zone)
    const deferral = this.deferrals[n]!
    deferral.considered = deferral.shift = 0
    this.succeeded(n, order)
  }

  /** compaction_suit_allocation_order: null when it is worth the work. */
  private suits(zone: Zone, order: Order, type: MigrateType, highest: number): CompactResult | null {
    if (watermarkOk(zone, { order, highest, type }, zone.watermarks.min + zone.boost)) return 'success'
    const mark = (order > COSTLY_ORDER ? zone.watermarks.low : zone.watermarks.min) + zone.boost + (2 << order)
    if (!watermarkOk(zone, { order: 0, highest, type: Movable }, mark)) return 'skipped'
    return order > COSTLY_ORDER && this.lacksMemory(zone, order) ? 'skipped' : null
  }

  /** fragmentation_index() between 0 and the threshold. */
  private lacksMemory({ lists }: Zone, order: Order): boolean {
    if (lists.hasOrder(order, PLAIN_TYPES | (1 << Cma))) return false
    let blocks = 0
    for (let at = 0; at < order; at++)
      for (let type = 0; type < FREE_TYPES; type++) blocks += lists.blockCount(at, type as MigrateType)
    if (blocks === 0) return true
    const index = 1000 - Math.floor((1000 + Math.floor((lists.nrFree * 1000) / (1 << order))) / blocks)
    return index >= 0 && index <= FRAGMENTATION
  }

  /** compact_zone: both scanners start at their end of the zone and stop where they meet. */
  private compactZone(zone: Zone, order: Order, type: MigrateType, highest: number, async: boolean): CompactResult {
    const verdict = this.suits(zone, order, type, highest)
    if (verdict) return verdict
    const { frames } = this.pages
    const size = 1 << frames.pageblockOrder
    const { first, last } = this.spanOf(zone)
    const targets = new FreeScanner(this.pages, zone, first, last)
    let moved = false
    for (let block = first; block < targets.at; block += size) {
      if (this.isFinished(zone, order, type)) return 'success'
      if (async && frames.blockType[block >> frames.pageblockOrder] !== type) continue
      if (this.emptyBlock(zone, block, targets)) {
        moved = true
        zone.pcp?.drain()
      }
    }
    return moved && this.isFinished(zone, order, type) ? 'success' : 'complete'
  }

  /** Moves what can be moved out of the pageblock at `block`; whether anything was. */
  private emptyBlock(zone: Zone, block: number, targets: FreeScanner): boolean {
    const { frames } = this.pages
    let moved = false
    for (let index = block; index < block + (1 << frames.pageblockOrder); index++) {
      if (!this.movable.isMovable(index)) continue
      const target = targets.next(index)
      if (target < 0) return moved
      this.movable.move(index, target)
      zone.pcp?.free(index, 0, zone.lists.typeOf(index))
      moved = true
    }
    return moved
  }

  /** compact_finished: a block of the order could be had, of the type or from another. */
  private isFinished({ lists }: Zone, order: Order, type: MigrateType): boolean {
    return lists.hasOrder(order, type === Movable ? PLAIN_TYPES | (1 << Cma) : PLAIN_TYPES)
  }

  private spanOf(zone: Zone): { first: number; last: number } {
    const { frames } = this.pages
    const size = 1 << frames.pageblockOrder
    const [first, last] = frames.indexRange(zone.start, zone.end)
    return { first: first - (first % size), last }
  }

  private isDeferred(zone: number, order: Order): boolean {
    const deferral = this.deferrals[zone]!
    const limit = 1 << deferral.shift
    if (order < deferral.failed) return false
    deferral.considered = Math.min(deferral.considered + 1, limit)
    return deferral.considered < limit
  }

  private defer(zone: number, order: Order): void {
    const deferral = this.deferrals[zone]!
    deferral.considered = 0
    deferral.shift = Math.min(deferral.shift + 1, MAX_DEFER_SHIFT)
    deferral.failed = Math.min(deferral.failed, order)
  }

  private succeeded(zone: number, order: Order): void {
    const deferral = this.deferrals[zone]!
    if (order >= deferral.failed) deferral.failed = order + 1
  }
}

/** isolate_freepages: free pages of movable pageblocks and areas, from the highest pageblock down. */
class FreeScanner {
  /** First frame of the pageblock under way. */
  at: number
  private frame: number

  constructor(
    private readonly pages: PageAllocator,
    private readonly zone: Zone,
    private readonly first: number,
    last: number,
  ) {
    const size = 1 << pages.frames.pageblockOrder
    this.at = last - 1 - ((last - 1) % size)
    this.frame = this.at
  }

  /** Takes a free page above `index`; -1 when the scanners meet or the watermark would be passed. */
  next(index: number): number {
    const { frames } = this.pages
    const size = 1 << frames.pageblockOrder
    const { lists, watermarks } = this.zone
    while (this.at > index && this.at >= this.first) {
      const type = frames.blockType[this.at >> frames.pageblockOrder]
      for (
        ;
        (type === Movable || type === Cma) && this.frame < this.at + size && this.frame < frames.count;
        this.frame++
      ) {
        if (lists.freeBlockOf(this.frame) < 0) continue
        if (lists.nrFree <= watermarks.min + 1) return -1
        lists.takeRange(this.frame, this.frame + 1)
        return this.frame++
      }
      this.at -= size
      this.frame = this.at
    }
    return -1
  }
}
