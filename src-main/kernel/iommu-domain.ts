/**
 * drivers/iommu/iommu.c: what a domain maps, in which page sizes. Left out: the page tables' own memory, faults, PASIDs.
 */
import type { Bytes } from '@shared/units.ts'
import type { PageRun } from './buffer.ts'
import type { Tracer } from './tracer.ts'

/** Bus addresses of a domain: the caching tree of drivers/iommu/iova.c, or the bitmaps of arch/arm. */
export interface IovaSpace {
  /** Whole pages at or under `limit` (inclusive); null when there is no room. */
  alloc(sizeBytes: Bytes, limit: Bytes): Bytes | null
  free(iova: Bytes, sizeBytes: Bytes): void
  /** Bytes that are not free. */
  usedBytes(): Bytes
  /** What happens while nobody asks: caches give back what they have too much of. */
  idle(): void
}

export class IommuDomain {
  constructor(
    /** IOMMU group whose devices share it. */
    readonly name: string,
    /** Ascending. */
    readonly pageSizes: readonly Bytes[],
    /** aperture_end, inclusive. */
    readonly apertureEnd: Bytes,
    readonly iova: IovaSpace,
    private readonly tracer: Tracer,
  ) {}

  /** The smallest page: what addresses and sizes are rounded to. */
  get granule(): Bytes {
    return this.pageSizes[0]!
  }

  align(sizeBytes: Bytes): Bytes {
    return Math.ceil(sizeBytes / this.granule) * this.granule
  }

  /** iommu_map. Whoever chose the address has looked at the aperture, or does not (arch/arm). */
  map(iova: Bytes, phys: Bytes, sizeBytes: Bytes): void {
    if (!this.tracer.enabled) return
    let left = sizeBytes
    for (let at = 0; left > 0;) {
      const { pageBytes, count } = this.pageFor(iova + at, phys + at, left)
      this.tracer.emit('map_pages', { domain: this.name, iova: iova + at, paddr: phys + at, pgsize: pageBytes, count })
      at += pageBytes * count
      left -= pageBytes * count
    }
    this.tracer.emit('map', { domain: this.name, iova, paddr: phys, size: sizeBytes })
  }

  /** iommu_map_sg: runs that touch are mapped as one, up to `limit` bytes in all. */
  mapRuns(iova: Bytes, runs: readonly PageRun[], pageBytes: Bytes, limit: Bytes = Infinity): void {
    let at = iova
    for (let i = 0; i < runs.length;) {
      const start = runs[i]![0]
      let length = 0
      while (i < runs.length && runs[i]![0] === start + length) length += runs[i++]![1] * pageBytes
      length = Math.min(length, iova + limit - at)
      this.map(at, start, length)
      at += length
    }
  }

  /** iommu_unmap */
  unmap(iova: Bytes, sizeBytes: Bytes): void {
    if (this.tracer.enabled)
      this.tracer.emit('unmap', { domain: this.name, iova, size: sizeBytes, unmapped_size: sizeBytes })
  }

  /** iommu_pgsize: the largest page that fits here, and how many of them before a larger one would. */
  private pageFor(iova: Bytes, phys: Bytes, sizeBytes: Bytes): { pageBytes: Bytes; count: number } {
    const fits = (page: Bytes): boolean => page <= sizeBytes && iova % page === 0 && phys % page === 0
    let index = this.pageSizes.length - 1
    while (index > 0 && !fits(this.pageSizes[index]!)) index--
    const pageBytes = this.pageSizes[index]!
    const next = this.pageSizes[index + 1]
    let size = sizeBytes
    if (next !== undefined && iova % next === phys % next) {
      const toNext = next - (iova % next)
      if (toNext + next <= size) size = toNext
    }
    return { pageBytes, count: Math.floor(size / pageBytes) }
  }
}
