/** Scattered memory for an IOVA range: pages of several orders from the page allocator, kept as runs. */
import type { Order, Pages, Pfn } from '@shared/units.ts'
import { __GFP_HIGHMEM, __GFP_NORETRY, __GFP_NOWARN } from './gfp.ts'
import type { PageAllocator } from './page-alloc.ts'

/** A run of page frames, as [first, how many]. */
export type FrameRun = [pfn: Pfn, pages: Pages]

/**
 * __iommu_dma_alloc_pages: `count` pages in blocks of the given orders (ascending), the largest that fits first; an order that
 * is not to be had is not tried again. Null when not even single pages are left.
 */
export function allocRuns(
  pages: PageAllocator,
  count: Pages,
  orders: readonly Order[],
  gfp: number,
): FrameRun[] | null {
  const flags = gfp | __GFP_NOWARN | __GFP_HIGHMEM
  const runs: FrameRun[] = []
  let usable = orders.length
  for (let left = count; left > 0;) {
    while (usable > 0 && 2 ** orders[usable - 1]! > left) usable--
    const order = orders[usable - 1]
    if (order === undefined) {
      freeRuns(pages, runs)
      return null
    }
    const pfn = pages.alloc(usable > 1 ? flags | __GFP_NORETRY : flags, order)
    if (pfn < 0) {
      usable--
      continue
    }
    append(runs, pfn, 2 ** order)
    left -= 2 ** order
  }
  return runs
}

export function freeRuns(pages: PageAllocator, runs: readonly FrameRun[]): void {
  for (let i = runs.length - 1; i >= 0; i--) pages.freeRange(runs[i]![0], runs[i]![1])
}

function append(runs: FrameRun[], pfn: Pfn, pages: Pages): void {
  const last = runs.at(-1)
  if (last && last[0] + last[1] === pfn) last[1] += pages
  else runs.push([pfn, pages])
}
