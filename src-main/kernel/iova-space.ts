/** The caching tree of drivers/iommu/iova.c as a domain's bus addresses: bytes outside, pages of the smallest size inside. */
import { GiB, type Bytes } from '@shared/units.ts'
import type { IovaSpace } from './iommu-domain.ts'
import { IovaDomain } from './iova.ts'

export class TreeIovaSpace implements IovaSpace {
  private readonly domain: IovaDomain

  constructor(
    private readonly granule: Bytes,
    cpus: number,
  ) {
    this.domain = new IovaDomain({ startPfn: 1, dma32Pfn: (4 * GiB) / granule, cpus })
  }

  alloc(sizeBytes: Bytes, limit: Bytes): Bytes | null {
    const pfn = this.domain.alloc(sizeBytes / this.granule, Math.floor(limit / this.granule))
    return pfn === 0 ? null : pfn * this.granule
  }

  free(iova: Bytes, sizeBytes: Bytes): void {
    this.domain.free(iova / this.granule, sizeBytes / this.granule)
  }

  usedBytes(): Bytes {
    return this.domain.ranges().reduce((sum, { firstPfn, lastPfn }) => sum + (lastPfn - firstPfn + 1) * this.granule, 0)
  }

  idle(): void {
    this.domain.trimDepots()
  }
}
