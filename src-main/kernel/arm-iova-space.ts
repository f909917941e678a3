/**
 * __alloc_iova and extend_iommu_mapping of arch/arm/mm/dma-mapping.c since 3.14: bitmaps of bus addresses, each of one page of
 * memory, added when the ones there are have no room. First fit from the bottom, aligned to the order of the size.
 */
import { orderOf, type Bytes, type Order } from '@shared/units.ts'
import { Bitmap } from './bitmap.ts'
import type { DmaRange } from './device.ts'
import type { IovaSpace } from './iommu-domain.ts'

export class ArmIovaSpace implements IovaSpace {
  private readonly bitmaps: Bitmap[] = []
  private readonly bits: number
  private readonly extensions: number

  /** `alignmentOrder` is CONFIG_ARM_DMA_IOMMU_ALIGNMENT. */
  constructor(
    private readonly base: Bytes,
    sizeBytes: Bytes,
    private readonly pageBytes: Bytes,
    private readonly alignmentOrder: Order,
  ) {
    const bitmapBytes = Math.ceil(Math.floor(sizeBytes / pageBytes) / 32) * 4
    this.extensions = bitmapBytes > pageBytes ? Math.floor(bitmapBytes / pageBytes) : 1
    this.bits = Math.min(bitmapBytes, pageBytes) * 8
    this.bitmaps.push(new Bitmap(this.bits))
  }

  /** The limit of the device is not looked at. */
  alloc(sizeBytes: Bytes): Bytes | null {
    const count = Math.ceil(sizeBytes / this.pageBytes)
    const mask = 2 ** Math.min(orderOf(count), this.alignmentOrder) - 1
    for (const bitmap of this.bitmaps) {
      const at = bitmap.findZeroArea(0, count, mask, 0)
      if (at < this.bits) return this.take(bitmap, at, count)
    }
    if (this.bitmaps.length >= this.extensions) return null
    const added = new Bitmap(this.bits)
    this.bitmaps.push(added)
    const at = added.findZeroArea(0, count, mask, 0)
    return at < this.bits ? this.take(added, at, count) : null
  }

  free(iova: Bytes, sizeBytes: Bytes): void {
    const page = (iova - this.base) / this.pageBytes
    const index = Math.floor(page / this.bits)
    this.bitmaps[index]!.clear(page % this.bits, sizeBytes / this.pageBytes)
  }

  private take(bitmap: Bitmap, at: number, count: number): Bytes {
    bitmap.set(at, count)
    return this.base + (this.bitmaps.indexOf(bitmap) * this.bits + at) * this.pageBytes
  }

  usedBytes(): Bytes {
    return this.bitmaps.reduce((sum, bitmap) => sum + bitmap.weight() * this.pageBytes, 0)
  }

  /** Nothing is cached. */
  idle(): void {}
}

/** arm_setup_iommu_dma_ops: 4 GiB, or what the `dma-ranges` span; null when that is no whole page (arm_iommu_create_mapping). */
export function armIovaSpace(
  ranges: readonly DmaRange[],
  pageBytes: Bytes,
  alignmentOrder: Order,
): ArmIovaSpace | null {
  const base = ranges.length === 0 ? 0 : Math.min(...ranges.map(({ dmaAddr }) => dmaAddr))
  const last = ranges.length === 0 ? 2 ** 32 : Math.max(...ranges.map(({ dmaAddr, size }) => dmaAddr + size - 1))
  return last - base < pageBytes ? null : new ArmIovaSpace(base, last - base, pageBytes, alignmentOrder)
}
