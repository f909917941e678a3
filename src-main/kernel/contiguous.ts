/**
 * kernel/dma/contiguous.c: which CMA area serves a DMA request, and with what alignment. Left out: the per-NUMA areas
 * (CONFIG_DMA_NUMA_CMA), and the reservation, which is early boot's.
 */
import { orderOf, type Bytes, type Order, type Pages, type Pfn } from '@shared/units.ts'
import type { Cma, CmaArea } from './cma.ts'
import type { Device } from './device.ts'
import { __GFP_NOWARN, allowsBlocking } from './gfp.ts'
import type { PageAllocator } from './page-alloc.ts'
import type { Tracer } from './tracer.ts'

export class Contiguous {
  constructor(
    private readonly cma: Cma,
    private readonly pages: PageAllocator,
    private readonly tracer: Tracer,
    /** dma_contiguous_default_area */
    readonly defaultArea: CmaArea | null,
    /** CONFIG_CMA_ALIGNMENT */
    private readonly alignmentOrder: Order,
  ) {}

  /** dev_get_cma_area */
  areaOf(device: Device | null): CmaArea | null {
    return device?.cmaArea ?? this.defaultArea
  }

  /** dma_alloc_contiguous: page frame, -1 when no area serves (a page alone is not worth the shared area). */
  alloc(device: Device, sizeBytes: Bytes, gfp: number): Pfn {
    const { pageBytes } = this.pages
    const area = this.areaOf(device)
    if (!allowsBlocking(gfp)) return this.skip(device, area, 'atomic')
    if (!device.cmaArea && sizeBytes <= pageBytes) return this.skip(device, area, 'one page')
    if (!area) return this.skip(device, null, 'no area')
    const pages = sizeBytes / pageBytes
    return this.cma.alloc(area, pages, Math.min(orderOf(pages), this.alignmentOrder), (gfp & __GFP_NOWARN) !== 0)
  }

  /** dma_alloc_from_contiguous */
  allocFrom(device: Device | null, pages: Pages, order: Order, noWarn: boolean): Pfn {
    const area = this.areaOf(device)
    return area ? this.cma.alloc(area, pages, Math.min(order, this.alignmentOrder), noWarn) : -1
  }

  /** dma_free_contiguous: to the area it is from, or to the page allocator as a block. */
  free(device: Device, pfn: Pfn, sizeBytes: Bytes): void {
    const pages = Math.ceil(sizeBytes / this.pages.pageBytes)
    if (!this.cma.release(this.areaOf(device), pfn, pages)) this.pages.free(pfn, orderOf(pages))
  }

  /** dma_release_from_contiguous */
  release(device: Device | null, pfn: Pfn, pages: Pages): boolean {
    return this.cma.release(this.areaOf(device), pfn, pages)
  }

  private skip(device: Device, area: CmaArea | null, why: string): Pfn {
    if (this.tracer.enabled)
      this.tracer.emit('dma_alloc_contiguous', { device: device.name, area: area?.name ?? null, skipped: why })
    return -1
  }
}
