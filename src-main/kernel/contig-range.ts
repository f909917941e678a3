/**
 * alloc_contig_range of mm/page_alloc.c, with mm/page_isolation.c: takes a given range of page frames, moving the pages that are in
 * it elsewhere. Left out: pages that other kernels' drivers can move, huge pages, and the five tries on a page that stays busy,
 * since nothing else runs in between.
 */
import type { Pages, Pfn } from '@shared/units.ts'
import { EBUSY, ENOMEM } from './errno.ts'
import { Isolate, type MigrateType } from './frames.ts'
import { GFP_USER, __GFP_MOVABLE, __GFP_NOWARN, __GFP_RETRY_MAYFAIL } from './gfp.ts'
import type { MovablePages } from './movable.ts'
import type { PageAllocator, Zone } from './page-alloc.ts'
import type { Tracer } from './tracer.ts'

/** What alloc_migration_target asks for. */
const TARGET_GFP = GFP_USER | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL | __GFP_NOWARN

export class ContigRange {
  constructor(
    private readonly pages: PageAllocator,
    private readonly movable: MovablePages,
    private readonly tracer: Tracer,
  ) {}

  /** Takes [start, start + count) off the page allocator: 0, -EBUSY when a page can't be moved, -ENOMEM when there is no room to move one to. */
  alloc(start: Pfn, count: Pages): number {
    const zone = this.pages.zoneOf(start)
    const first = this.pages.frames.indexOf(start)
    const end = first + count
    const used = this.usedFrames(zone, first, end)
    if (used.length > 0) {
      const error = this.migrate(zone, first, end, used)
      if (error !== 0) return error
    }
    const pinned = this.movable.firstPinned(first, end)
    if (pinned >= 0) return this.busy(pinned)
    zone.lists.takeRange(first, end)
    return 0
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
      if (!this.movable.isMovable(index)) {
        if (stuck < 0) stuck = index
        continue
      }
      const target = this.pages.alloc(TARGET_GFP, 0)
      if (target < 0) return this.noRoom(index)
      this.movable.move(index, frames.indexOf(target))
      zone.lists.free(index, 0, false)
      moved++
    }
    if (this.tracer.enabled && moved > 0)
      this.tracer.emit('mm_migrate_pages', { nr_succeeded: moved, reason: 'contig_range' })
    return stuck < 0 ? 0 : this.busy(stuck)
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
