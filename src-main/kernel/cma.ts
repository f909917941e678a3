/**
 * mm/cma.c: areas of contiguous memory, each a bitmap over pageblocks that movable pages may borrow meanwhile. Left out:
 * cma_alloc_folio, NUMA, the vm events.
 */
import type { Bytes, Order, Pages, Pfn } from '@shared/units.ts'
import { Bitmap } from './bitmap.ts'
import type { ContigRange } from './contig-range.ts'
import { EBUSY, ENOMEM } from './errno.ts'
import type { Log } from './log.ts'
import type { PageAllocator } from './page-alloc.ts'
import type { CmaProfile } from './profile.ts'
import { defaultRateLimit } from './ratelimit.ts'
import type { Tracer } from './tracer.ts'

export class CmaArea {
  readonly bitmap: Bitmap
  /** /sys/kernel/mm/cma/…: pages. */
  readonly stat = { alloc_pages_success: 0, alloc_pages_fail: 0, release_pages_success: 0 }

  constructor(
    readonly name: string,
    readonly basePfn: Pfn,
    readonly count: Pages,
    readonly orderPerBit: Order,
  ) {
    this.bitmap = new Bitmap(count >> orderPerBit)
  }

  /** cma_bitmap_pages_to_bits */
  bitsFor(pages: Pages): number {
    return (pages + (1 << this.orderPerBit) - 1) >> this.orderPerBit
  }

  contains(pfn: Pfn): boolean {
    return pfn >= this.basePfn && pfn < this.basePfn + this.count
  }

  usedPages(): Pages {
    return this.bitmap.weight() << this.orderPerBit
  }

  /** Free runs in pages, as [first page of the area, pages]. */
  freeRuns(): [start: Pages, pages: Pages][] {
    const { bitmap, orderPerBit } = this
    return bitmap.zeroRuns().map(([bit, bits]) => [bit << orderPerBit, bits << orderPerBit])
  }

  /** debugfs `maxchunk`: pages of the largest free run. */
  largestFree(): Pages {
    return this.freeRuns().reduce((largest, [, pages]) => Math.max(largest, pages), 0)
  }
}

export class Cma {
  readonly areas: CmaArea[] = []
  private readonly failures = defaultRateLimit()

  constructor(
    private readonly pages: PageAllocator,
    private readonly contig: ContigRange,
    private readonly policy: CmaProfile | null,
    private readonly tracer: Tracer,
    private readonly log: Log,
  ) {}

  /** cma_activate_area */
  activate(name: string, base: Bytes, size: Bytes, orderPerBit: Order): CmaArea {
    const { pageBytes } = this.pages
    const area = new CmaArea(name, base / pageBytes, size / pageBytes, orderPerBit)
    this.areas.push(area)
    this.pages.activateCma(area.basePfn, area.count)
    return area
  }

  /** cma_alloc: first page frame of `count` pages aligned to 2^`alignOrder`, -1 when none can be had. */
  alloc(area: CmaArea, count: Pages, alignOrder: Order, noWarn: boolean): Pfn {
    const { tracer, policy } = this
    if (tracer.enabled) tracer.emit('cma_alloc_start', { area: area.name, count, align: alignOrder })
    if (!policy || (policy.refusesLarger && (count === 0 || count > area.count))) return -1
    const { pfn, error } = count === 0 ? { pfn: -1, error: ENOMEM } : this.search(area, count, alignOrder)
    if (error !== 0 && !noWarn && policy.reportsFailures) this.reportFailure(area, count, error)
    if (tracer.enabled) {
      const errorno = -policy.finishErrno(error, count)
      tracer.emit('cma_alloc_finish', { area: area.name, pfn, count, align: alignOrder, errorno })
    }
    if (pfn >= 0) area.stat.alloc_pages_success += count
    else area.stat.alloc_pages_fail += count
    return pfn
  }

  /** cma_release: false when the pages are not of the area. */
  release(area: CmaArea | null, pfn: Pfn, count: Pages): boolean {
    if (!area?.contains(pfn)) return false
    if (this.tracer.enabled) this.tracer.emit('cma_release', { area: area.name, pfn, count })
    this.pages.freeRange(pfn, count)
    area.bitmap.clear((pfn - area.basePfn) >> area.orderPerBit, area.bitsFor(count))
    area.stat.release_pages_success += count
    return true
  }

  /** Tries hole after hole. A page that can't be moved makes a window busy; the next one starts one alignment further on. */
  private search(area: CmaArea, count: Pages, wantedOrder: Order): { pfn: Pfn; error: number } {
    const { bitmap, orderPerBit } = area
    // beyond this no area has an aligned page but its first
    const alignOrder = Math.min(wantedOrder, 30)
    const mask = alignOrder <= orderPerBit ? 0 : (1 << (alignOrder - orderPerBit)) - 1
    const offset = (area.basePfn & ((1 << alignOrder) - 1)) >> orderPerBit
    const bits = area.bitsFor(count)
    if (count > area.count) return { pfn: -1, error: ENOMEM }
    let error = ENOMEM
    for (let start = 0; ;) {
      const bit = bitmap.findZeroArea(start, bits, mask, offset)
      if (bit >= bitmap.sizeBits) return { pfn: -1, error }
      const pfn = area.basePfn + (bit << orderPerBit)
      error = -this.contig.alloc(pfn, count)
      if (error === 0) {
        bitmap.set(bit, bits)
        return { pfn, error }
      }
      if (error !== EBUSY) return { pfn: -1, error }
      if (this.tracer.enabled)
        this.tracer.emit('cma_alloc_busy_retry', { area: area.name, pfn, count, align: wantedOrder })
      start = bit + mask + 1
    }
  }

  /** The message comes at most ten times in five seconds, what is free every time (cma_debug_show_areas). */
  private reportFailure(area: CmaArea, count: Pages, error: number): void {
    if (this.failures.allows(this.tracer.time))
      this.log.print('err', `cma: __cma_alloc: ${area.name}: alloc failed, req-size: ${count} pages, ret: ${-error}`)
    const runs = area.freeRuns()
    const total = runs.reduce((sum, [, pages]) => sum + pages, 0)
    const list = runs.map(([start, pages]) => `${pages}@${start >> area.orderPerBit}`).join('+')
    this.log.print('info', `cma: number of available pages: ${list}=> ${total} free of ${area.count} total pages`)
  }
}
