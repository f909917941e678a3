/**
 * alloc_contig_range of mm/page_alloc.c, with mm/page_isolation.c: takes a given range of page frames, moving the pages that are in
 * it elsewhere. Left out: pages that other kernels' drivers can move, huge pages, and the five tries on a page that stays busy,
 * since nothing else runs in between.
 */
import type { Pages, Pfn } from '@shared/units.ts'
import { EBUSY, ENOMEM } from './errno.ts'
import { Isolate, type MigrateType } from './frames.ts'
import { GFP_HIGHUSER_MOVABLE } from './gfp.ts'
import type { Log } from './log.ts'
import type { MovablePages } from './movable.ts'
import type { PageAllocator } from './page-alloc.ts'
import type { ContigRangeProfile } from './profile.ts'
import type { Tracer } from './tracer.ts'
import type { Zone } from './zone.ts'

export class ContigRange {
  /** A range was asked for. */
  used = false
  /** Frames of the range under way. */
  private range = { first: 0, end: 0 }

  constructor(
    private readonly pages: PageAllocator,
    private readonly movable: MovablePages,
    private readonly policy: ContigRangeProfile,
    private readonly tracer: Tracer,
    private readonly log: Log,
  ) {}

  /** Takes [start, start + count) off the page allocator: 0, -EBUSY when a page can't be moved, -ENOMEM when there is no room to move one to. */
  alloc(start: Pfn, count: Pages): number {
    this.used = true
    const zone = this.pages.zoneOf(start)
    const first = this.pages.frames.indexOf(start)
    this.drainAfterIsolation(zone, first)
    const end = first + count
    const used = this.usedFrames(zone, first, end)
    if (used.length > 0) {
      const error = this.migrate(zone, first, end, used)
      if (error !== 0) return error
      this.pages.drain()
    }
    const pinned = this.movable.firstPinned(first, end)
    if (pinned >= 0) return this.busy(pinned)
    if (this.policy.keepsWatermark && !this.leavesWatermark(zone, first, end)) return -EBUSY
    zone.lists.takeRange(first, end)
    return 0
  }

  /**
   * set_migratetype_isolate: the lists are drained when the first pageblock is isolated already. Its pages are counted then, and
   * again with all free pages of the block when that is over.
   */
  private drainAfterIsolation(zone: Zone, first: number): void {
    const order = this.pages.frames.pageblockOrder
    const block = first >> order
    const twice = this.policy.countsDrainedTwice ? (zone.pcp?.countIn(block << order, (block + 1) << order) ?? 0) : 0
    this.pages.drain()
    zone.lists.miscount(twice)
  }

  /**
   * __reclaim_pages and split_free_page: the zone stays above its low watermark without the range, even if somebody has to be
   * killed for it, and without each of the free blocks that the range is cut from.
   */
  private leavesWatermark(zone: Zone, first: number, end: number): boolean {
    const { low } = zone.watermarks
    while (this.pages.countedFree(zone) - (end - first) <= low)
      if (!this.pages.outOfMemory?.({ gfp: GFP_HIGHUSER_MOVABLE, order: 1, passesWatermark: false })) return false
    let free = this.pages.countedFree(zone)
    for (let at = zone.lists.freeBlockOf(first); at < end;) {
      const size = 1 << zone.lists.orderAt(at)
      if (free - size <= low) return false
      // Where free pages of areas are counted apart, taking them changes nothing.
      if (this.pages.countsCmaAsFree) free -= size
      at += size
    }
    return true
  }

  /** Frames of [first, end) that are not free, ascending. */
  private usedFrames(zone: Zone, first: number, end: number): number[] {
    const used: number[] = []
    const lists = zone.lists
    const block = lists.freeBlockOf(first)
    let at = block < 0 ? first : block
    while (at < end) {
      const order = lists.orderAt(at)
      if (order < 0) used.push(at)
      at += order < 0 ? 1 : 1 << order
    }
    return used
  }

  /** Isolates the pageblocks of the range, so that nothing moves into them, and moves what can be moved. */
  private migrate(zone: Zone, first: number, end: number, used: readonly number[]): number {
    const restore = this.isolate(zone, first, end)
    this.range = { first, end }
    const error = this.moveAway(zone, used)
    for (const [index, type] of restore) zone.lists.setBlockType(index, type)
    return error
  }

  /** start_isolate_page_range; returns what each pageblock was. */
  private isolate(zone: Zone, first: number, end: number): [index: number, type: MigrateType][] {
    const { frames } = this.pages
    const size = 1 << frames.pageblockOrder
    const blocks: [number, MigrateType][] = []
    for (let index = first - (first % size); index < end; index += size) {
      blocks.push([index, frames.blockType[index >> frames.pageblockOrder]! as MigrateType])
      zone.lists.setBlockType(index, Isolate)
    }
    return blocks
  }

  /** __alloc_contig_migrate_range: every page that can be moved is, even when another turns out to be busy. */
  private moveAway(zone: Zone, used: readonly number[]): number {
    const { frames } = this.pages
    let stuck = -1
    let moved = 0
    for (const index of used) {
      // Room for an earlier page may have cost this one's owner its life.
      if (zone.lists.freeBlockOf(index) >= 0) continue
      if (!this.canMove(index)) {
        if (stuck < 0) stuck = index
        continue
      }
      const target = this.pages.alloc(this.policy.targetGfp, 0)
      if (target < 0) return this.noRoom(index)
      this.movable.move(index, frames.indexOf(target))
      zone.lists.free(index, 0, false)
      moved++
    }
    if (this.tracer.enabled && moved > 0)
      this.tracer.emit('mm_migrate_pages', { nr_succeeded: moved, reason: 'contig_range' })
    if (stuck < 0) return 0
    if (this.policy.warnsIsolation) this.warnIsolation(zone, used)
    return this.busy(stuck)
  }

  private canMove(index: number): boolean {
    return this.movable.isMovable(index) && (this.policy.movesLocked || !this.movable.isLocked(index))
  }

  /** test_pages_isolated: asked only when migration had nothing to complain of and the first page of the range is free. */
  private warnIsolation(zone: Zone, used: readonly number[]): void {
    const { frames } = this.pages
    const first = zone.lists.freeBlockOf(this.range.first)
    if (first < 0 || used.some((index) => this.movable.isInUse(index) && !this.movable.isMovable(index))) return
    const hex = (index: number): string => frames.pfnOf(index).toString(16)
    this.log.print('warn', `alloc_contig_range test_pages_isolated(${hex(first)}, ${hex(this.range.end)}) failed`)
  }

  private busy(index: number): number {
    if (this.tracer.enabled) {
      const holder = this.movable.isInUse(index) ? 'pinned' : 'unmovable'
      this.tracer.emit('test_pages_isolated', { fin_pfn: this.pages.frames.pfnOf(index), holder, ret: -EBUSY })
    }
    return -EBUSY
  }

  private noRoom(index: number): number {
    if (this.tracer.enabled)
      this.tracer.emit('alloc_migration_target', { pfn: this.pages.frames.pfnOf(index), ret: -ENOMEM })
    return -ENOMEM
  }
}
