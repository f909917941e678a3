/**
 * struct page and the pageblock flags (include/linux/mm_types.h, include/linux/pageblock-flags.h), as columns. A frame's index
 * counts the page frames of all memory without the holes between banks; each run of frames starts at a multiple of the largest
 * buddy block in both, so that a block and its buddy have indices that differ in one bit. Left out: everything but the page
 * allocator's own fields and what finds the holder of a movable page.
 */
import type { Order, Pages, Pfn } from '@shared/units.ts'

/** A run of page frames. `firstIndex` - `firstPfn` is a multiple of the largest block. */
interface FrameRun {
  firstPfn: Pfn
  endPfn: Pfn
  firstIndex: number
}

export const FREE_TYPES = 6
/** enum migratetype */
export const Unmovable = 0
export const Movable = 1
export const Reclaimable = 2
export const HighAtomic = 3
export const Cma = 4
export const Isolate = 5
export type MigrateType = 0 | 1 | 2 | 3 | 4 | 5

export class PageFrames {
  readonly count: Pages
  readonly pageblockOrder: Order
  readonly maxOrder: Order
  /**
   * Neighbours in a free list, for the first frame of a free block: the next one at twice the index, the previous one behind it.
   * List heads lie past the last frame.
   */
  readonly links: Int32Array
  /** For the first frame of a free block: its zone's tag + order + 1; else 0. */
  readonly mark: Uint8Array
  /** Migratetype of each pageblock. */
  readonly blockType: Uint8Array
  /** Handle of the movable page in each frame (see movable.ts); 0: none. */
  readonly holder: Int32Array
  private readonly runs: FrameRun[]

  /** `ranges` are the banks of memory in page frames, ascending; `lists` the number of free lists of all zones. */
  constructor(ranges: readonly { start: Pfn; end: Pfn }[], maxOrder: Order, pageblockOrder: Order, lists: number) {
    this.maxOrder = maxOrder
    this.pageblockOrder = pageblockOrder
    this.runs = frameRuns(ranges, 2 ** Math.max(maxOrder, pageblockOrder))
    const last = this.runs.at(-1)
    // an index is a whole number to the machine too: sums of page frames may be doubles, and hot paths would compute in them
    this.count = last ? (last.firstIndex + last.endPfn - last.firstPfn) | 0 : 0
    this.links = new Int32Array((this.count + lists) * 2)
    for (let head = this.count; head < this.count + lists; head++)
      this.links[head * 2] = this.links[head * 2 + 1] = head
    this.mark = new Uint8Array(this.count + lists)
    this.blockType = new Uint8Array((this.count >> pageblockOrder) + 1)
    for (const { start, end } of ranges) this.markMovable(start, end)
    this.holder = new Int32Array(this.count)
  }

  /** memmap_init_range: a pageblock that begins in RAM is movable, one whose first page is missing stays as it is, unmovable. */
  private markMovable(start: Pfn, end: Pfn): void {
    const block = 1 << this.pageblockOrder
    for (let pfn = Math.ceil(start / block) * block; pfn < end; pfn += block)
      this.blockType[this.indexOf(pfn) >> this.pageblockOrder] = Movable
  }

  /** Index of a page frame; -1 where there is no memory. */
  indexOf(pfn: Pfn): number {
    for (const run of this.runs)
      if (pfn >= run.firstPfn && pfn < run.endPfn) return (pfn - run.firstPfn + run.firstIndex) | 0
    return -1
  }

  /** Indices of the frames of [start, end), end exclusive; the two are equal where there is no memory. */
  indexRange(start: Pfn, end: Pfn): [first: number, end: number] {
    const inside = this.runs.filter((run) => run.firstPfn < end && run.endPfn > start)
    const [first, last] = [inside[0], inside.at(-1)]
    if (!first || !last) return [0, 0]
    const indexIn = (run: FrameRun, pfn: Pfn): number => pfn - run.firstPfn + run.firstIndex
    return [indexIn(first, Math.max(start, first.firstPfn)), indexIn(last, Math.min(end, last.endPfn))]
  }

  pfnOf(index: number): Pfn {
    for (let i = this.runs.length - 1; i >= 0; i--) {
      const run = this.runs[i]!
      if (index >= run.firstIndex) return index - run.firstIndex + run.firstPfn
    }
    return -1
  }
}

/** Rounds every bank out to whole blocks and joins the ones that touch. */
function frameRuns(ranges: readonly { start: Pfn; end: Pfn }[], block: Pages): FrameRun[] {
  const runs: FrameRun[] = []
  for (const range of ranges) {
    const firstPfn = Math.floor(range.start / block) * block
    const endPfn = Math.ceil(range.end / block) * block
    const last = runs.at(-1)
    if (last && firstPfn <= last.endPfn) last.endPfn = Math.max(last.endPfn, endPfn)
    else runs.push({ firstPfn, endPfn, firstIndex: last ? last.firstIndex + last.endPfn - last.firstPfn : 0 })
  }
  return runs
}
