/**
 * mm/vmscan.c of a system that has nothing to reclaim but a few pages of slab caches: what is left of kswapd is that it ends the boost
 * of watermarks, wakes kcompactd, and gives up. With one processor both run when the process that woke them waits or returns, and
 * run to their end. Left out: page cache, swap, throttling.
 */
import type { Order, Pfn } from '@shared/units.ts'
import type { Compaction } from './compaction.ts'
import { Reclaimable } from './frames.ts'
import { __GFP_DIRECT_RECLAIM } from './gfp.ts'
import type { PageAllocator } from './page-alloc.ts'
import { watermarkOk } from './zone.ts'

/** MAX_RECLAIM_RETRIES: after so many passes without success kswapd leaves the node to direct reclaim. */
const MAX_FAILURES = 16

export class Vmscan {
  private failures = 0
  private awake = false
  private order: Order = 0
  private highest = 0
  /** What kcompactd was woken for; null: it sleeps. */
  private compact: { order: Order; highest: number } | null = null

  /** `slab` are the pages of caches that the first pass frees. */
  constructor(
    private readonly pages: PageAllocator,
    private readonly compaction: Compaction | null,
    private readonly slab: Pfn[],
  ) {}

  /** wakeup_kswapd */
  wake(order: Order, highest: number, gfp: number): void {
    this.order = Math.max(this.order, order)
    this.highest = Math.max(this.highest, highest)
    if (this.awake) return
    const boosted = this.pages.zones.some((zone) => zone.boost > 0)
    if (this.failures < MAX_FAILURES && (boosted || !this.isBalanced(order, highest))) this.awake = true
    else if (!(gfp & __GFP_DIRECT_RECLAIM)) this.wakeCompaction(order, highest)
  }

  /** cond_resched: who was woken runs. */
  run(): void {
    while (this.awake) {
      const { order, highest } = this
      this.order = 0
      this.balance(order, highest)
      // a pass takes longer than a slice of time, so kcompactd has its turn before the next one
      this.runCompaction()
      if (this.failures < MAX_FAILURES && !this.isBalanced(this.order, highest)) continue
      this.awake = false
      this.wakeCompaction(this.order, highest)
    }
    this.runCompaction()
  }

  private runCompaction(): void {
    const { compact } = this
    this.compact = null
    if (compact) this.compaction?.background(compact.order, compact.highest)
  }

  /** balance_pgdat */
  private balance(order: Order, highest: number): void {
    const zones = this.pages.zones.slice(0, highest + 1)
    const boosts = zones.map((zone) => zone.boost)
    const boosted = boosts.some((boost) => boost > 0)
    if (boosted || !this.isBalanced(order, highest)) {
      this.failures++
      for (const zone of zones) zone.reclaimActive = true
      this.shrinkSlab()
      for (const zone of zones) zone.reclaimActive = false
    }
    if (!boosted) return
    zones.forEach((zone, n) => (zone.boost -= Math.min(zone.boost, boosts[n]!)))
    this.wakeCompaction(this.pages.frames.pageblockOrder, highest)
  }

  private shrinkSlab(): void {
    for (const pfn of this.slab.splice(0)) this.pages.free(pfn, 0)
  }

  /** pgdat_balanced: one zone is enough. */
  private isBalanced(order: Order, highest: number): boolean {
    return this.pages.zones
      .slice(0, highest + 1)
      .some(
        (zone) =>
          zone.managed > 0 &&
          watermarkOk(zone, { order, highest, type: Reclaimable }, zone.watermarks.high + zone.boost),
      )
  }

  /** wakeup_kcompactd */
  private wakeCompaction(order: Order, highest: number): void {
    if (order === 0 || !this.compaction?.isSuitable(order, highest)) return
    this.compact = {
      order: Math.max(order, this.compact?.order ?? 0),
      highest: Math.max(highest, this.compact?.highest ?? 0),
    }
  }
}
