/**
 * arm_iommu_create_mapping() and __alloc_iova() of arch/arm/mm/dma-mapping.c in 3.5 to 3.7: one bitmap of bus addresses that all
 * the devices of a mapping share, first fit from the bottom, aligned to the order of the size. Left out: the later extensions
 * (further bitmaps behind the first), and the page table.
 */
import { orderOf, type Bytes, type Order, type Pages } from '@shared/units.ts'
import { Bitmap } from './bitmap.ts'

export class ArmIovaMapping {
  readonly #bitmap: Bitmap

  /** `order`: one bit stands for 2^order pages. */
  constructor(
    readonly base: Bytes,
    readonly sizeBytes: Bytes,
    readonly pageBytes: Bytes,
    readonly order: Order,
  ) {
    this.#bitmap = new Bitmap(sizeBytes / (pageBytes * 2 ** order))
  }

  /** Bus address of `sizeBytes` rounded up to pages; null: no room (DMA_ERROR_CODE). */
  alloc(sizeBytes: Bytes): Bytes | null {
    const pages = Math.ceil(sizeBytes / this.pageBytes)
    const alignOrder = Math.max(0, orderOf(pages) - this.order)
    const at = this.#bitmap.findZeroArea(0, this.#bits(pages), 2 ** alignOrder - 1, 0)
    if (at >= this.#bitmap.sizeBits) return null
    this.#bitmap.set(at, this.#bits(pages))
    return this.base + at * this.#bitBytes()
  }

  free(iova: Bytes, sizeBytes: Bytes): void {
    this.#bitmap.clear((iova - this.base) / this.#bitBytes(), this.#bits(Math.ceil(sizeBytes / this.pageBytes)))
  }

  usedBytes(): Bytes {
    return this.#bitmap.weight() * this.#bitBytes()
  }

  #bitBytes(): Bytes {
    return this.pageBytes * 2 ** this.order
  }

  #bits(pages: Pages): number {
    return Math.ceil(pages / 2 ** this.order)
  }
}
