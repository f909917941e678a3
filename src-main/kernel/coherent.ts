/**
 * kernel/dma/coherent.c, before 4.14 drivers/base/dma-coherent.c: memory declared for one device, which then is served from nothing
 * else, or, where the declaration of old allows it, from elsewhere once that is full. A bitmap of pages; a request
 * takes a power of two of them, aligned to itself. Left out: the global pool, mmap.
 */
import type { Bytes } from '@shared/units.ts'
import { orderOf } from '@shared/units.ts'
import { Bitmap } from './bitmap.ts'

export class DeclaredMemory {
  readonly bitmap: Bitmap

  constructor(
    readonly name: string,
    readonly base: Bytes,
    readonly sizeBytes: Bytes,
    private readonly pageBytes: Bytes,
    /** DMA_MEMORY_EXCLUSIVE; newer kernels know no other. */
    readonly exclusive = true,
  ) {
    this.bitmap = new Bitmap(Math.floor(sizeBytes / pageBytes))
  }

  /** __dma_alloc_from_coherent: physical address, -1 when there is no room. */
  alloc(sizeBytes: Bytes): Bytes {
    if (sizeBytes > this.bitmap.sizeBits * this.pageBytes) return -1
    const pages = this.pagesFor(sizeBytes)
    // bitmap_find_free_region steps from multiple to multiple and never looks at a last part that is too short
    const at = this.bitmap.findZeroArea(0, pages, pages - 1, 0)
    if (at >= this.bitmap.sizeBits) return -1
    this.bitmap.set(at, pages)
    return this.base + at * this.pageBytes
  }

  /** __dma_release_from_coherent */
  release(phys: Bytes, sizeBytes: Bytes): void {
    this.bitmap.clear((phys - this.base) / this.pageBytes, this.pagesFor(sizeBytes))
  }

  private pagesFor(sizeBytes: Bytes): number {
    return 2 ** orderOf(Math.ceil(sizeBytes / this.pageBytes))
  }
}
