/**
 * drivers/iommu/dma-iommu.c: devices behind an IOMMU. Scattered pages become one range of bus addresses; atomic requests of
 * devices that don't snoop come from the atomic pool. Left out: flush queues (unmapping is strict), MSI, untrusted devices.
 */
import { alignUp, orderOf, type Bytes, type Pfn } from '@shared/units.ts'
import {
  DMA_ATTR_ALLOC_SINGLE_PAGES,
  DMA_ATTR_FORCE_CONTIGUOUS,
  DMA_ATTR_NO_KERNEL_MAPPING,
  DMA_ATTR_SKIP_CPU_SYNC,
  type DmaDirection,
} from './attrs.ts'
import type { Backing, DmaBuffer, DmaMapping, PageRun, SgEntry, SgMapping, VirtKind } from './buffer.ts'
import { coherentLimit, streamingLimit } from './bus.ts'
import { prepareCoherent, syncForCpu, syncForDevice } from './cache.ts'
import { DMA_BIT_MASK_32, MAX_SEGMENT_BYTES, type Device } from './device.ts'
import { mappingError, type DmaOps } from './dma-ops.ts'
import { ENOMEM } from './errno.ts'
import { __GFP_ZERO, allowsBlocking } from './gfp.ts'
import type { IommuDomain } from './iommu-domain.ts'
import { bouncedMapping, plainMapping } from './mappings.ts'
import type { Rooms } from './rooms.ts'
import { allocRuns, freeRuns, type FrameRun } from './page-runs.ts'

export class DmaIommu implements DmaOps {
  readonly name = 'iommu'

  constructor(private readonly rooms: Rooms) {}

  /** iommu_dma_alloc */
  alloc(device: Device, sizeBytes: Bytes, gfpFlags: number, attrs: number): DmaBuffer | null {
    const gfp = gfpFlags | __GFP_ZERO
    const blocking = allowsBlocking(gfp)
    if (blocking && !(attrs & DMA_ATTR_FORCE_CONTIGUOUS)) return this.allocScattered(device, sizeBytes, gfp, attrs)
    if (this.rooms.profile.direct.remap && !blocking && !device.coherent)
      return this.allocFromPool(device, sizeBytes, gfp, attrs)
    return this.allocContiguous(device, sizeBytes, gfp, attrs)
  }

  /** iommu_dma_alloc_noncontiguous */
  readonly allocNoncontiguous = (device: Device, bytes: Bytes, gfp: number, attrs: number): DmaBuffer | null =>
    this.allocScattered(device, bytes, gfp, attrs | DMA_ATTR_NO_KERNEL_MAPPING)

  /** dma_common_alloc_pages: contiguous pages, mapped as a page would be. */
  allocPages(device: Device, sizeBytes: Bytes, gfp: number): DmaBuffer | null {
    const pfn = this.contiguousPages(device, sizeBytes, gfp)
    if (pfn < 0) return null
    const mapping = this.mapPage(device, this.bytes(pfn), 0, sizeBytes, 'bidirectional', DMA_ATTR_SKIP_CPU_SYNC)
    if (mapping) return this.contiguousBuffer(device, sizeBytes, sizeBytes, pfn, mapping.dma, 'linear', 0)
    this.rooms.contiguous.free(device, pfn, sizeBytes)
    return null
  }

  /** dma_common_free_pages */
  freePages(buffer: DmaBuffer): void {
    this.free(buffer)
  }

  /** iommu_dma_free and its kin */
  free({ device, dma, bytes, allocBytes, backing, phys, runs }: DmaBuffer): void {
    this.unmapRange(device.domain!, dma, bytes)
    if (backing === 'pool') this.rooms.pools!.free(phys, allocBytes)
    else if (backing === 'pages') freeRuns(this.rooms.pages, this.frames(runs!))
    else this.rooms.contiguous.free(device, phys / this.rooms.profile.page.sizeBytes, allocBytes)
  }

  /** iommu_dma_map_page */
  mapPage(
    device: Device,
    pageAddress: Bytes,
    offset: Bytes,
    sizeBytes: Bytes,
    direction: DmaDirection,
    attrs: number,
  ): DmaMapping | null {
    const { tracer } = this.rooms
    const origin = pageAddress + offset
    const { granule } = device.domain!
    const bounce =
      this.rooms.bounce.kmallocNeedsBounce(device, sizeBytes, direction) &&
      (origin % granule !== 0 || sizeBytes % granule !== 0)
    const phys = bounce ? this.bounce(device, origin, sizeBytes, attrs) : origin
    if (phys < 0) return null
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) syncForDevice(tracer, device, phys, sizeBytes, direction)
    const dma = this.mapRange(device, phys, sizeBytes, streamingLimit(device))
    if (dma !== null)
      return bounce
        ? bouncedMapping(device, dma, origin, phys, sizeBytes, direction, attrs)
        : plainMapping(device, 'page', dma, phys, sizeBytes, direction, attrs)
    if (bounce) this.rooms.bounce.unmap(device, phys, sizeBytes, direction, attrs | DMA_ATTR_SKIP_CPU_SYNC)
    return null
  }

  /** iommu_dma_unmap_page */
  unmapPage(mapping: DmaMapping): void {
    const { device, phys, dma, bytes, direction, attrs } = mapping
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) syncForCpu(this.rooms.tracer, device, phys, bytes, direction)
    this.unmapRange(device.domain!, dma, bytes)
    if (mapping.bounced) this.rooms.bounce.unmap(device, phys, bytes, direction, attrs)
  }

  /** iommu_dma_map_resource */
  mapResource(
    device: Device,
    phys: Bytes,
    sizeBytes: Bytes,
    direction: DmaDirection,
    attrs: number,
  ): DmaMapping | null {
    const dma = this.mapRange(device, phys, sizeBytes, streamingLimit(device))
    return dma === null ? null : plainMapping(device, 'resource', dma, phys, sizeBytes, direction, attrs)
  }

  unmapResource({ device, dma, bytes }: DmaMapping): void {
    this.unmapRange(device.domain!, dma, bytes)
  }

  /** iommu_dma_map_sg: one range for all entries; -ENOMEM when there is no room. */
  mapSg(device: Device, entries: readonly SgEntry[], direction: DmaDirection, attrs: number): SgMapping | number {
    const domain = device.domain!
    const { granule } = domain
    const runs = entries.map(({ phys, bytes }): PageRun => [
      phys - (phys % granule),
      domain.align((phys % granule) + bytes) / granule,
    ])
    const total = runs.reduce((sum, [, pages]) => sum + pages * granule, 0)
    const iova = domain.iova.alloc(total, this.limit(device, streamingLimit(device)))
    if (iova === null) {
      this.noRoom(device, total)
      return ENOMEM
    }
    domain.mapRuns(iova, runs, granule)
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
      for (const { phys, bytes } of entries) syncForDevice(this.rooms.tracer, device, phys, bytes, direction)
    let at = iova
    const mappings = entries.map(({ phys, bytes }, i) => {
      const dma = at + (phys % granule)
      at += runs[i]![1] * granule
      return plainMapping(device, 'page', dma, phys, bytes, direction, attrs)
    })
    return { device, direction, ...joinSegments(mappings, granule), mappings }
  }

  /** iommu_dma_unmap_sg: the range as a whole. */
  unmapSg({ device, direction, mappings }: SgMapping): void {
    const first = mappings[0]!
    const last = mappings.at(-1)!
    if (!(first.attrs & DMA_ATTR_SKIP_CPU_SYNC))
      for (const { phys, bytes } of mappings) syncForCpu(this.rooms.tracer, device, phys, bytes, direction)
    this.unmapRange(device.domain!, first.dma, last.dma + last.bytes - first.dma)
  }

  /** iommu_dma_sync_single_for_device */
  syncForDevice({ device, phys, direction }: DmaMapping, bytes: Bytes): void {
    this.rooms.bounce.sync(device, phys, bytes, direction, 'device')
    syncForDevice(this.rooms.tracer, device, phys, bytes, direction)
  }

  /** iommu_dma_sync_single_for_cpu */
  syncForCpu({ device, phys, direction }: DmaMapping, bytes: Bytes): void {
    syncForCpu(this.rooms.tracer, device, phys, bytes, direction)
    this.rooms.bounce.sync(device, phys, bytes, direction, 'cpu')
  }

  maxMappingBytes(): Bytes {
    return this.rooms.sizeMax
  }

  requiredMask(): Bytes {
    return DMA_BIT_MASK_32
  }

  /** iommu_dma_alloc_remap and __iommu_dma_alloc_noncontiguous */
  private allocScattered(device: Device, sizeBytes: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const domain = device.domain!
    const { page } = this.rooms.profile
    const size = alignUp(sizeBytes, Math.max(page.sizeBytes, domain.granule))
    const frames = allocRuns(this.rooms.pages, size / page.sizeBytes, this.orders(domain, attrs), gfp)
    if (!frames) return null
    const runs = frames.map(([pfn, pages]): PageRun => [this.bytes(pfn), pages])
    // where the IOMMU's pages are the smaller ones, the last page of memory is mapped in part
    const mapped = domain.align(sizeBytes)
    const iova = domain.iova.alloc(mapped, this.limit(device, coherentLimit(device)))
    if (iova === null) {
      freeRuns(this.rooms.pages, frames)
      return this.noRoom(device, mapped)
    }
    domain.mapRuns(iova, runs, page.sizeBytes, mapped)
    if (!device.coherent)
      for (const [address, pages] of runs) prepareCoherent(this.rooms.tracer, device, address, pages * page.sizeBytes)
    return this.buffer(device, sizeBytes, size, iova, runs, 'pages', this.virt('vmalloc', attrs), attrs)
  }

  private allocFromPool(device: Device, sizeBytes: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const size = alignUp(sizeBytes, this.rooms.profile.page.sizeBytes)
    const found = this.rooms.pools?.alloc(device, size, gfp, null)
    if (!found) return null
    const dma = this.mapRange(device, found.phys, sizeBytes, coherentLimit(device))
    if (dma === null) {
      this.rooms.pools!.free(found.phys, size)
      return null
    }
    const runs: PageRun[] = [[found.phys, size / this.rooms.profile.page.sizeBytes]]
    const buffer = this.buffer(device, sizeBytes, size, dma, runs, 'pool', this.virt('vmalloc', attrs), attrs)
    return { ...buffer, from: found.from, offset: null }
  }

  /** iommu_dma_alloc_pages */
  private allocContiguous(device: Device, sizeBytes: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const size = alignUp(sizeBytes, this.rooms.profile.page.sizeBytes)
    const pfn = this.contiguousPages(device, size, gfp)
    if (pfn < 0) return null
    if (!device.coherent) prepareCoherent(this.rooms.tracer, device, this.bytes(pfn), size)
    const dma = this.mapRange(device, this.bytes(pfn), sizeBytes, coherentLimit(device))
    if (dma === null) {
      this.rooms.contiguous.free(device, pfn, size)
      return null
    }
    const virt = device.coherent && !this.rooms.pages.isHighmem(pfn) ? 'linear' : 'vmalloc'
    return this.contiguousBuffer(device, sizeBytes, size, pfn, dma, this.virt(virt, attrs), attrs)
  }

  private contiguousPages(device: Device, sizeBytes: Bytes, gfp: number): Pfn {
    const pfn = this.rooms.contiguous.alloc(device, sizeBytes, gfp)
    return pfn >= 0
      ? pfn
      : this.rooms.pages.alloc(gfp & ~__GFP_ZERO, orderOf(sizeBytes / this.rooms.profile.page.sizeBytes))
  }

  private contiguousBuffer(
    device: Device,
    sizeBytes: Bytes,
    allocBytes: Bytes,
    pfn: Pfn,
    dma: Bytes,
    virt: VirtKind,
    attrs: number,
  ): DmaBuffer {
    const pages = allocBytes / this.rooms.profile.page.sizeBytes
    return this.buffer(device, sizeBytes, allocBytes, dma, [[this.bytes(pfn), pages]], 'contiguous', virt, attrs)
  }

  private buffer(
    device: Device,
    sizeBytes: Bytes,
    allocBytes: Bytes,
    dma: Bytes,
    runs: PageRun[],
    backing: Backing,
    virt: VirtKind,
    attrs: number,
  ): DmaBuffer {
    const phys = runs[0]![0]
    const { from, offset } = this.rooms.sourceOf(device, phys)
    return {
      device,
      call: 'attrs',
      bytes: sizeBytes,
      allocBytes,
      dma,
      phys,
      virt,
      windowOffset: null,
      from,
      offset,
      runs,
      attrs,
      backing,
      remap: null,
    }
  }

  private virt(kind: VirtKind, attrs: number): VirtKind {
    return attrs & DMA_ATTR_NO_KERNEL_MAPPING ? 'none' : kind
  }

  /** Orders of pages that the IOMMU maps in one entry, ascending. */
  private orders(domain: IommuDomain, attrs: number): number[] {
    const { sizeBytes, maxOrder } = this.rooms.profile.page
    const single = attrs & DMA_ATTR_ALLOC_SINGLE_PAGES
    const sizes = single ? [domain.granule] : domain.pageSizes
    const orders = sizes.filter((size) => size >= sizeBytes).map((size) => Math.log2(size / sizeBytes))
    const usable = orders.filter((order) => order <= maxOrder)
    return domain.granule < sizeBytes && usable[0] !== 0 ? [0, ...usable] : usable
  }

  /** __iommu_dma_map: bus address of `phys`, null when there is no room. */
  private mapRange(device: Device, phys: Bytes, sizeBytes: Bytes, mask: Bytes): Bytes | null {
    const domain = device.domain!
    const offset = phys % domain.granule
    const size = domain.align(sizeBytes + offset)
    const iova = domain.iova.alloc(size, this.limit(device, mask))
    if (iova === null) return this.noRoom(device, size)
    domain.map(iova, phys - offset, size)
    return iova + offset
  }

  /** __iommu_dma_unmap */
  private unmapRange(domain: IommuDomain, dma: Bytes, sizeBytes: Bytes): void {
    const offset = dma % domain.granule
    const size = domain.align(sizeBytes + offset)
    domain.unmap(dma - offset, size)
    domain.iova.free(dma - offset, size)
  }

  private limit(device: Device, mask: Bytes): Bytes {
    return Math.min(mask, device.domain!.apertureEnd)
  }

  private bounce(device: Device, origin: Bytes, sizeBytes: Bytes, attrs: number): Bytes {
    const { tracer, bounce } = this.rooms
    if (!device.ioTlb) return -1
    if (tracer.enabled)
      tracer.emit('swiotlb_bounced', { device: device.name, dev_addr: origin, size: sizeBytes, force: false })
    return bounce.mapSingle(device, device.ioTlb, origin, sizeBytes, device.domain!.granule - 1, attrs)
  }

  private noRoom(device: Device, size: Bytes): null {
    const { tracer } = this.rooms
    if (tracer.enabled)
      tracer.emit('iommu_dma_alloc_iova', {
        device: device.name,
        size,
        used: device.domain!.iova.usedBytes(),
        ok: false,
      })
    return null
  }

  private bytes(pfn: Pfn): Bytes {
    return pfn * this.rooms.profile.page.sizeBytes
  }

  private frames(runs: readonly PageRun[]): FrameRun[] {
    return runs.map(([address, pages]) => [address / this.rooms.profile.page.sizeBytes, pages])
  }
}

/** __finalise_sg: entries that follow each other in the range become one segment, up to a limit. */
function joinSegments(mappings: readonly DmaMapping[], granule: Bytes): Pick<SgMapping, 'count' | 'segments'> {
  const joined: { dma: Bytes; bytes: Bytes }[] = []
  let open = false
  for (const { dma, bytes } of mappings) {
    const last = joined.at(-1)
    if (last && open && dma % granule === 0 && last.bytes + bytes <= MAX_SEGMENT_BYTES) last.bytes += bytes
    else joined.push({ dma, bytes })
    open = (dma + bytes) % granule === 0
  }
  const none = { dma: mappingError(64), bytes: 0 }
  const segments = mappings.map(({ origin }, i) => ({ phys: origin, ...(joined[i] ?? none), bounced: false }))
  return { count: joined.length, segments }
}
