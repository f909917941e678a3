/**
 * iommu_ops of arch/arm/mm/dma-mapping.c in 6.12: scattered pages behind one range of bus addresses. As the kernel does, unmapping
 * leaves bus page 0 as it is, so what was mapped there is never given back. Left out: mmap, dma-debug.
 */
import { alignUp, orderOf, type Bytes } from '@shared/units.ts'
import {
  DMA_ATTR_ALLOC_SINGLE_PAGES,
  DMA_ATTR_FORCE_CONTIGUOUS,
  DMA_ATTR_NO_KERNEL_MAPPING,
  DMA_ATTR_SKIP_CPU_SYNC,
  type DmaDirection,
} from './attrs.ts'
import type { Backing, DmaBuffer, DmaMapping, PageRun, SgEntry, SgMapping, VirtKind } from './buffer.ts'
import { prepareCoherent, syncForCpu, syncForDevice } from './cache.ts'
import { DMA_BIT_MASK_32, MAX_SEGMENT_BYTES, type Device } from './device.ts'
import type { DmaOps } from './dma-ops.ts'
import { EINVAL, ENOMEM } from './errno.ts'
import { __GFP_NOWARN, allowsBlocking } from './gfp.ts'
import { plainMapping } from './mappings.ts'
import { allocRuns, freeRuns, type FrameRun } from './page-runs.ts'
import type { Rooms } from './rooms.ts'

/** iommu_order_array, ascending: 4K, 64K, 1M, 2M. */
const ORDERS = [0, 4, 8, 9]

export class ArmIommuOps implements DmaOps {
  readonly name = 'iommu'
  readonly allocNoncontiguous = null

  constructor(private readonly rooms: Rooms) {}

  /** arm_iommu_alloc_attrs */
  alloc(device: Device, bytes: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const size = alignUp(bytes, this.pageBytes)
    if (device.coherent) return this.allocSimple(device, bytes, size, gfp, attrs)
    if (!allowsBlocking(gfp)) return this.allocAtomic(device, bytes, size, gfp, attrs)
    const backing: Backing = attrs & DMA_ATTR_FORCE_CONTIGUOUS ? 'contiguous' : 'pages'
    const frames = backing === 'contiguous' ? this.fromArea(device, size, gfp) : this.scattered(size, gfp, attrs)
    if (!frames) return null
    const buffer = this.createMapping(device, bytes, size, frames, backing, 'vmalloc', attrs)
    if (!buffer) {
      this.freeFrames(device, frames, backing)
      return null
    }
    return attrs & DMA_ATTR_NO_KERNEL_MAPPING ? buffer : this.remapped(buffer)
  }

  /** arm_iommu_free_attrs */
  free(buffer: DmaBuffer): void {
    const { device, dma, phys, allocBytes, backing, runs, remap } = buffer
    this.rooms.vmalloc.unmap(remap)
    this.removeMapping(device, dma, allocBytes)
    if (backing === 'pool') this.rooms.pools!.free(phys, allocBytes)
    else this.freeFrames(device, this.frames(runs!), backing)
  }

  /** There is no alloc_pages_op. */
  allocPages(): null {
    return null
  }

  freePages(): void {}

  /** arm_iommu_map_page: from the page on, with what lies before `offset`. */
  mapPage(
    device: Device,
    page: Bytes,
    offset: Bytes,
    bytes: Bytes,
    direction: DmaDirection,
    attrs: number,
  ): DmaMapping | null {
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) syncForDevice(this.rooms.tracer, device, page + offset, bytes, direction)
    const iova = this.mapRange(device, page, alignUp(bytes + offset, this.pageBytes))
    return iova === null ? null : plainMapping(device, 'page', iova + offset, page + offset, bytes, direction, attrs)
  }

  /** arm_iommu_unmap_page */
  unmapPage({ device, dma, phys, bytes, direction, attrs }: DmaMapping): void {
    if (dma < this.pageBytes) return
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) syncForCpu(this.rooms.tracer, device, phys, bytes, direction)
    this.removeMapping(device, dma, bytes)
  }

  /** arm_iommu_map_resource */
  mapResource(device: Device, phys: Bytes, bytes: Bytes, direction: DmaDirection, attrs: number): DmaMapping | null {
    const offset = phys % this.pageBytes
    const iova = this.mapRange(device, phys - offset, alignUp(bytes + offset, this.pageBytes))
    return iova === null ? null : plainMapping(device, 'resource', iova + offset, phys, bytes, direction, attrs)
  }

  unmapResource({ device, dma, bytes }: DmaMapping): void {
    if (dma >= this.pageBytes) this.removeMapping(device, dma, bytes)
  }

  /** arm_iommu_map_sg: entries that continue each other at page ends become one segment. */
  mapSg(device: Device, entries: readonly SgEntry[], direction: DmaDirection, attrs: number): SgMapping | number {
    const mappings: DmaMapping[] = []
    const segments = entries.map(({ phys }) => ({ phys, dma: 0, bytes: 0, bounced: false }))
    for (const chunk of this.chunks(entries)) {
      const segment = this.mapChunk(device, chunk, direction, attrs)
      if (!segment) {
        for (const { dma, bytes } of mappings) this.removeMapping(device, dma, bytes)
        return ENOMEM
      }
      segments[mappings.length] = {
        phys: segments[mappings.length]!.phys,
        dma: segment.dma,
        bytes: segment.bytes,
        bounced: false,
      }
      mappings.push(segment)
    }
    return mappings.length === 0 ? EINVAL : { device, direction, count: mappings.length, segments, mappings }
  }

  /** arm_iommu_unmap_sg */
  unmapSg({ device, direction, mappings }: SgMapping): void {
    for (const { dma, bytes, phys, attrs } of mappings) {
      this.removeMapping(device, dma, bytes)
      if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) syncForCpu(this.rooms.tracer, device, phys, bytes, direction)
    }
  }

  syncForDevice({ device, dma, phys, direction }: DmaMapping, bytes: Bytes): void {
    if (dma >= this.pageBytes) syncForDevice(this.rooms.tracer, device, phys, bytes, direction)
  }

  syncForCpu({ device, dma, phys, direction }: DmaMapping, bytes: Bytes): void {
    if (dma >= this.pageBytes) syncForCpu(this.rooms.tracer, device, phys, bytes, direction)
  }

  maxMappingBytes(): Bytes {
    return this.rooms.sizeMax
  }

  requiredMask(): Bytes {
    return DMA_BIT_MASK_32
  }

  private get pageBytes(): Bytes {
    return this.rooms.profile.page.sizeBytes
  }

  /**
   * __iommu_alloc_simple of a device that snoops: one block in the linear map. Without a bus address it is given back to the atomic pool,
   * which it is not from, and so stays taken.
   */
  private allocSimple(device: Device, bytes: Bytes, size: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const { pages } = this.rooms
    const count = size / this.pageBytes
    const pfn = pages.alloc(gfp, orderOf(count))
    if (pfn < 0) return null
    pages.trim(pfn, orderOf(count), count)
    return this.createMapping(device, bytes, size, [[pfn, count]], 'pages', 'linear', attrs)
  }

  /** __iommu_alloc_simple of a device that doesn't: from the atomic pool. */
  private allocAtomic(device: Device, bytes: Bytes, size: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const found = this.rooms.pools?.alloc(device, size, gfp, null)
    if (!found) return null
    const frames: FrameRun[] = [[found.phys / this.pageBytes, size / this.pageBytes]]
    const { contiguous, pages } = this.rooms
    const linear = contiguous.defaultArea !== null && !pages.isHighmem(frames[0]![0])
    const buffer = this.createMapping(device, bytes, size, frames, 'pool', linear ? 'linear' : 'vmalloc', attrs)
    if (!buffer) {
      this.rooms.pools!.free(found.phys, size)
      return null
    }
    return { ...buffer, from: found.from, offset: null }
  }

  /** __iommu_alloc_buffer */
  private scattered(size: Bytes, gfp: number, attrs: number): FrameRun[] | null {
    const orders = attrs & DMA_ATTR_ALLOC_SINGLE_PAGES ? [0] : ORDERS
    return allocRuns(this.rooms.pages, size / this.pageBytes, orders, gfp)
  }

  private fromArea(device: Device, size: Bytes, gfp: number): FrameRun[] | null {
    const count = size / this.pageBytes
    const pfn = this.rooms.contiguous.allocFrom(device, count, orderOf(count), (gfp & __GFP_NOWARN) !== 0)
    return pfn < 0 ? null : [[pfn, count]]
  }

  private freeFrames(device: Device, frames: readonly FrameRun[], backing: Backing): void {
    if (backing === 'contiguous') this.rooms.contiguous.release(device, frames[0]![0], frames[0]![1])
    else freeRuns(this.rooms.pages, frames)
  }

  /** __iommu_create_mapping */
  private createMapping(
    device: Device,
    bytes: Bytes,
    size: Bytes,
    frames: readonly FrameRun[],
    backing: Backing,
    virt: VirtKind,
    attrs: number,
  ): DmaBuffer | null {
    const runs = frames.map(([pfn, count]): PageRun => [pfn * this.pageBytes, count])
    const domain = device.domain!
    const iova = domain.iova.alloc(size, domain.apertureEnd)
    if (iova === null) return this.noRoom(device, size)
    domain.mapRuns(iova, runs, this.pageBytes)
    const phys = runs[0]![0]
    if (!device.coherent)
      for (const [address, pages] of runs) prepareCoherent(this.rooms.tracer, device, address, pages * this.pageBytes)
    return {
      device,
      call: 'attrs',
      bytes,
      allocBytes: size,
      dma: iova,
      phys,
      virt: attrs & DMA_ATTR_NO_KERNEL_MAPPING ? 'none' : virt,
      windowOffset: null,
      ...this.rooms.sourceOf(device, phys),
      runs,
      attrs,
      backing,
      remap: null,
    }
  }

  /** dma_common_pages_remap; everything goes back when there is no address left. */
  private remapped(buffer: DmaBuffer): DmaBuffer | null {
    const remap = this.rooms.vmalloc.map(buffer.allocBytes)
    if (remap === null || remap >= 0) return { ...buffer, remap }
    this.free(buffer)
    return null
  }

  private mapRange(device: Device, phys: Bytes, size: Bytes): Bytes | null {
    const domain = device.domain!
    const iova = domain.iova.alloc(size, domain.apertureEnd)
    if (iova === null) return this.noRoom(device, size)
    domain.map(iova, phys, size)
    return iova
  }

  /** __iommu_remove_mapping */
  private removeMapping(device: Device, dma: Bytes, bytes: Bytes): void {
    const offset = dma % this.pageBytes
    const size = alignUp(bytes + offset, this.pageBytes)
    device.domain!.unmap(dma - offset, size)
    device.domain!.iova.free(dma - offset, size)
  }

  /** Runs of entries where each starts at a page and the ones before end at one, up to the largest segment. */
  private chunks(entries: readonly SgEntry[]): SgEntry[][] {
    const chunks: SgEntry[][] = []
    let size = 0
    for (const entry of entries) {
      const offset = entry.phys % this.pageBytes
      const last = chunks.at(-1)
      if (!last || offset !== 0 || size % this.pageBytes !== 0 || size + entry.bytes > MAX_SEGMENT_BYTES) {
        chunks.push([entry])
        size = offset + entry.bytes
      } else {
        last.push(entry)
        size += entry.bytes
      }
    }
    return chunks
  }

  /** __map_sg_chunk */
  private mapChunk(
    device: Device,
    chunk: readonly SgEntry[],
    direction: DmaDirection,
    attrs: number,
  ): DmaMapping | null {
    const first = chunk[0]!
    const offset = first.phys % this.pageBytes
    const bytes = chunk.reduce((sum, entry) => sum + entry.bytes, 0)
    const size = alignUp(offset + bytes, this.pageBytes)
    const domain = device.domain!
    const iova = domain.iova.alloc(size, domain.apertureEnd)
    if (iova === null) return this.noRoom(device, size)
    let at = iova
    for (const { phys, bytes: length } of chunk) {
      if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) syncForDevice(this.rooms.tracer, device, phys, length, direction)
      const pageOffset = phys % this.pageBytes
      const span = alignUp(pageOffset + length, this.pageBytes)
      domain.map(at, phys - pageOffset, span)
      at += span
    }
    return plainMapping(device, 'page', iova + offset, first.phys, bytes, direction, attrs)
  }

  private noRoom(device: Device, size: Bytes): null {
    const { tracer } = this.rooms
    if (tracer.enabled)
      tracer.emit('__alloc_iova', { device: device.name, size, used: device.domain!.iova.usedBytes(), ok: false })
    return null
  }

  private frames(runs: readonly PageRun[]): FrameRun[] {
    return runs.map(([address, pages]) => [address / this.pageBytes, pages])
  }
}
