/**
 * kernel/dma/direct.c: devices that reach physical memory themselves. Memory from a contiguous area, the page allocator, the
 * atomic pool or a restricted pool; mappings that bounce when the device can't reach a buffer. Left out: memory encryption, peer
 * to peer DMA, mmap.
 */
import { alignUp, orderOf, type Bytes, type Pfn } from '@shared/units.ts'
import { DMA_ATTR_NO_KERNEL_MAPPING, DMA_ATTR_NO_WARN, DMA_ATTR_SKIP_CPU_SYNC, type DmaDirection } from './attrs.ts'
import type { Backing, DmaBuffer, DmaMapping, SgEntry, SgMapping, VirtKind } from './buffer.ts'
import { bouncedMapping, plainMapping } from './mappings.ts'
import { coherentLimit, coherentOk, dmaCapable, dmaToPhys, physToDma, streamingLimit } from './bus.ts'
import { prepareCoherent, syncForCpu, syncForDevice } from './cache.ts'
import { DMA_BIT_MASK_32, type Device } from './device.ts'
import type { DmaOps } from './dma-ops.ts'
import { EIO } from './errno.ts'
import { __GFP_DMA, __GFP_DMA32, __GFP_NOWARN, __GFP_ZERO, allowsBlocking } from './gfp.ts'
import type { Rooms } from './rooms.ts'

/** Memory that __dma_direct_alloc_pages found. */
interface Found {
  pfn: Pfn
  backing: Backing
}

export class Direct implements DmaOps {
  readonly name = 'direct'
  readonly allocNoncontiguous = null
  /** Places whose warning has been printed (WARN_ON_ONCE). */
  private readonly warnedOverflow = new Set<string>()

  constructor(private readonly rooms: Rooms) {}

  /** dma_direct_alloc */
  alloc(device: Device, sizeBytes: Bytes, gfpFlags: number, attrs: number): DmaBuffer | null {
    const { direct, page } = this.rooms.profile
    const size = alignUp(sizeBytes, page.sizeBytes)
    const gfp = attrs & DMA_ATTR_NO_WARN ? gfpFlags | __GFP_NOWARN : gfpFlags
    const restricted = device.ioTlb?.forAlloc ?? false
    if (attrs & DMA_ATTR_NO_KERNEL_MAPPING && !restricted)
      return this.allocUnmapped(device, sizeBytes, size, gfp, attrs)
    if (!device.coherent && this.rooms.archDma && !restricted)
      return this.rooms.archDma.alloc(device, sizeBytes, gfp, attrs)
    const remap = !device.coherent && direct.remap
    if (remap && !allowsBlocking(gfp) && !restricted) return this.allocFromPool(device, sizeBytes, size, gfp, attrs)
    const found = this.findPages(device, size, gfp & ~__GFP_ZERO, true)
    if (!found) return null
    return this.mapIntoKernel(device, sizeBytes, size, found, attrs, remap || this.rooms.pages.isHighmem(found.pfn))
  }

  /** dma_direct_free */
  free(buffer: DmaBuffer): void {
    const { device, backing, phys, allocBytes } = buffer
    if (buffer.virt !== 'none' && !device.coherent && this.rooms.archDma && backing !== 'swiotlb')
      return this.rooms.archDma.free(buffer)
    if (backing === 'pool') {
      this.rooms.pools!.free(phys, allocBytes)
      return
    }
    if (buffer.virt === 'vmalloc') this.rooms.vmalloc.unmap(buffer.remap)
    if (this.rooms.bounce.free(device, phys)) return
    this.rooms.contiguous.free(device, phys / this.rooms.profile.page.sizeBytes, allocBytes)
  }

  /** dma_direct_alloc_pages: memory that stays in the linear map. */
  allocPages(device: Device, sizeBytes: Bytes, gfp: number): DmaBuffer | null {
    const found = this.findPages(device, sizeBytes, gfp, false)
    return found ? this.buffer(device, sizeBytes, sizeBytes, found, 'linear', 0, null) : null
  }

  /** dma_direct_free_pages */
  freePages(buffer: DmaBuffer): void {
    this.free(buffer)
  }

  /** dma_direct_map_page; inlined into two callers, each of which warns once. */
  mapPage(
    device: Device,
    page: Bytes,
    offset: Bytes,
    sizeBytes: Bytes,
    direction: DmaDirection,
    attrs: number,
    caller = 'dma_map_page_attrs',
  ): DmaMapping | null {
    const phys = page + offset
    const dma = physToDma(device, phys)
    if (device.ioTlb?.forceBounce) return this.bounced(device, phys, sizeBytes, direction, attrs)
    const reaches = dmaCapable(device, dma, sizeBytes)
    if (!reaches || this.rooms.bounce.kmallocNeedsBounce(device, sizeBytes, direction)) {
      if (device.ioTlb) return this.bounced(device, phys, sizeBytes, direction, attrs)
      this.overflow(device, dma, sizeBytes, `kernel/dma/direct.h ${caller}`, null)
      return null
    }
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) syncForDevice(this.rooms.tracer, device, phys, sizeBytes, direction)
    return plainMapping(device, 'page', dma, phys, sizeBytes, direction, attrs)
  }

  /** dma_direct_unmap_page */
  unmapPage(mapping: DmaMapping): void {
    const { device, phys, bytes, direction, attrs } = mapping
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) this.syncForCpu(mapping, bytes)
    this.rooms.bounce.unmap(device, phys, bytes, direction, attrs | DMA_ATTR_SKIP_CPU_SYNC)
  }

  /** dma_direct_map_resource: the address is used as it is, without the bus's offset. */
  mapResource(
    device: Device,
    phys: Bytes,
    sizeBytes: Bytes,
    direction: DmaDirection,
    attrs: number,
  ): DmaMapping | null {
    if (!dmaCapable(device, phys, sizeBytes)) {
      const address = `0x${phys.toString(16).padStart(this.rooms.profile.page.physDigits, '0')}`
      const limits = `(mask ${hexMask(device.dmaMask)}, bus limit ${device.busLimit.toString(16)})`
      const line = `${device.name}: DMA addr ${address}+${sizeBytes} overflow ${limits}.`
      this.overflow(device, phys, sizeBytes, 'kernel/dma/direct.c dma_direct_map_resource', line)
      return null
    }
    return plainMapping(device, 'resource', phys, phys, sizeBytes, direction, attrs)
  }

  /** Nothing was made for it. */
  unmapResource(): void {}

  /** dma_direct_map_sg: each entry for itself; -EIO when one can't be mapped. */
  mapSg(device: Device, entries: readonly SgEntry[], direction: DmaDirection, attrs: number): SgMapping | number {
    const mappings: DmaMapping[] = []
    for (const { phys, bytes } of entries) {
      const mapping = this.mapPage(device, phys, 0, bytes, direction, attrs, 'dma_direct_map_sg')
      if (!mapping) {
        for (const done of mappings) this.unmapPage({ ...done, attrs: attrs | DMA_ATTR_SKIP_CPU_SYNC })
        return EIO
      }
      mappings.push(mapping)
    }
    const segments = mappings.map(({ origin, dma, bytes, bounced }) => ({ phys: origin, dma, bytes, bounced }))
    return { device, direction, count: mappings.length, segments, mappings }
  }

  /** dma_direct_unmap_sg */
  unmapSg({ mappings }: SgMapping): void {
    for (const mapping of mappings) this.unmapPage(mapping)
  }

  /** dma_direct_max_mapping_size */
  maxMappingBytes(device: Device): Bytes {
    if (!device.ioTlb) return this.rooms.sizeMax
    const limited = streamingLimit(device) < this.requiredMask(device)
    return limited || device.ioTlb.forceBounce ? this.rooms.bounce.maxMappingBytes(device) : this.rooms.sizeMax
  }

  /** dma_direct_get_required_mask: as many bits as the last page's address has. */
  requiredMask(device: Device): Bytes {
    const last = physToDma(device, this.rooms.lastPageAddress)
    return last === Infinity ? 16 ** this.rooms.profile.page.physDigits - 1 : 2 ** (Math.floor(Math.log2(last)) + 1) - 1
  }

  /** dma_direct_sync_single_for_device */
  syncForDevice({ device, phys, direction }: DmaMapping, sizeBytes: Bytes): void {
    this.rooms.bounce.sync(device, phys, sizeBytes, direction, 'device')
    syncForDevice(this.rooms.tracer, device, phys, sizeBytes, direction)
  }

  /** dma_direct_sync_single_for_cpu */
  syncForCpu({ device, phys, direction }: DmaMapping, sizeBytes: Bytes): void {
    syncForCpu(this.rooms.tracer, device, phys, sizeBytes, direction)
    this.rooms.bounce.sync(device, phys, sizeBytes, direction, 'cpu')
  }

  /** dma_direct_optimal_gfp_mask: the zone to ask first, from what the device can reach. */
  optimalGfp(device: Device): number {
    const limit = dmaToPhys(device, coherentLimit(device))
    if (limit <= this.rooms.early.zoneDmaLimit) return __GFP_DMA
    return limit <= DMA_BIT_MASK_32 ? __GFP_DMA32 : 0
  }

  /** __dma_direct_alloc_pages */
  private findPages(device: Device, size: Bytes, gfpFlags: number, allowHighmem: boolean): Found | null {
    const { contiguous, pages, profile } = this.rooms
    if (device.ioTlb?.forAlloc) return this.allocRestricted(device, size)
    const gfp = gfpFlags | this.optimalGfp(device)
    const pfn = contiguous.alloc(device, size, gfp)
    if (pfn >= 0) {
      if (coherentOk(device, pfn * profile.page.sizeBytes, size) && (allowHighmem || !pages.isHighmem(pfn)))
        return { pfn, backing: 'contiguous' }
      this.unreachable(device, pfn, size, 'contiguous')
      contiguous.free(device, pfn, size)
    }
    return this.allocFromZones(device, size, gfp)
  }

  /** Its loop: a block that the device can't reach goes back, and a lower zone is asked. */
  private allocFromZones(device: Device, size: Bytes, gfpFlags: number): Found | null {
    const { pages, profile } = this.rooms
    const order = orderOf(size / profile.page.sizeBytes)
    const built = (name: 'DMA' | 'DMA32'): boolean => profile.zones.names.includes(name)
    for (let gfp = gfpFlags; ;) {
      const pfn = pages.alloc(gfp, order)
      if (pfn < 0) return null
      if (coherentOk(device, pfn * profile.page.sizeBytes, size)) return { pfn, backing: 'contiguous' }
      this.unreachable(device, pfn, size, 'alloc_pages')
      pages.free(pfn, order)
      if (
        built('DMA32') &&
        dmaToPhys(device, coherentLimit(device)) < 2 ** 64 - 1 &&
        !(gfp & (__GFP_DMA32 | __GFP_DMA))
      )
        gfp |= __GFP_DMA32
      else if (built('DMA') && !(gfp & __GFP_DMA)) gfp = (gfp & ~__GFP_DMA32) | __GFP_DMA
      else return null
    }
  }

  /** dma_direct_alloc_swiotlb */
  private allocRestricted(device: Device, size: Bytes): Found | null {
    const address = this.rooms.bounce.alloc(device, size)
    if (address < 0) return null
    if (coherentOk(device, address, size))
      return { pfn: address / this.rooms.profile.page.sizeBytes, backing: 'swiotlb' }
    this.rooms.bounce.free(device, address)
    return null
  }

  /** dma_direct_alloc_no_mapping */
  private allocUnmapped(device: Device, sizeBytes: Bytes, size: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const found = this.findPages(device, size, gfp & ~__GFP_ZERO, true)
    if (!found) return null
    prepareCoherent(this.rooms.tracer, device, found.pfn * this.rooms.profile.page.sizeBytes, size)
    return this.buffer(device, sizeBytes, size, found, 'none', attrs, null)
  }

  /** dma_direct_alloc_from_pool */
  private allocFromPool(device: Device, sizeBytes: Bytes, size: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const reaches = (phys: Bytes): boolean => coherentOk(device, phys, size)
    const found = this.rooms.pools?.alloc(device, size, gfp | this.optimalGfp(device), reaches)
    if (!found) return null
    const { phys, from } = found
    return {
      device,
      call: 'attrs',
      bytes: sizeBytes,
      allocBytes: size,
      dma: physToDma(device, phys),
      phys,
      virt: 'vmalloc',
      windowOffset: null,
      from,
      offset: null,
      runs: null,
      attrs,
      backing: 'pool',
      remap: null,
    }
  }

  private mapIntoKernel(
    device: Device,
    sizeBytes: Bytes,
    size: Bytes,
    found: Found,
    attrs: number,
    remap: boolean,
  ): DmaBuffer | null {
    if (!remap) return this.buffer(device, sizeBytes, size, found, 'linear', attrs, null)
    prepareCoherent(this.rooms.tracer, device, found.pfn * this.rooms.profile.page.sizeBytes, size)
    const address = this.rooms.vmalloc.map(size)
    if (address !== null && address < 0) {
      if (!this.rooms.bounce.free(device, found.pfn * this.rooms.profile.page.sizeBytes))
        this.rooms.contiguous.free(device, found.pfn, size)
      return null
    }
    return this.buffer(device, sizeBytes, size, found, 'vmalloc', attrs, address)
  }

  private buffer(
    device: Device,
    sizeBytes: Bytes,
    allocBytes: Bytes,
    found: Found,
    virt: VirtKind,
    attrs: number,
    remap: Bytes | null,
  ): DmaBuffer {
    const phys = found.pfn * this.rooms.profile.page.sizeBytes
    const { from, offset } = this.rooms.sourceOf(device, phys)
    return {
      device,
      call: 'attrs',
      bytes: sizeBytes,
      allocBytes,
      dma: physToDma(device, phys),
      phys,
      virt,
      windowOffset: null,
      from,
      offset,
      runs: null,
      attrs,
      backing: found.backing,
      remap,
    }
  }

  private bounced(
    device: Device,
    origin: Bytes,
    sizeBytes: Bytes,
    direction: DmaDirection,
    attrs: number,
  ): DmaMapping | null {
    const phys = this.rooms.bounce.map(device, origin, sizeBytes, direction, attrs)
    if (phys < 0) return null
    return bouncedMapping(device, physToDma(device, phys), origin, phys, sizeBytes, direction, attrs)
  }

  /** Tells the stream of memory that was found and can't be reached. */
  private unreachable(device: Device, pfn: Pfn, size: Bytes, from: string): void {
    if (!this.rooms.tracer.enabled) return
    const phys = pfn * this.rooms.profile.page.sizeBytes
    this.rooms.tracer.emit('dma_coherent_ok', {
      device: device.name,
      phys,
      size,
      limit: coherentLimit(device),
      from,
      ok: false,
    })
  }

  /** A place warns once, after `line`, where it prints one. */
  private overflow(device: Device, dma: Bytes, size: Bytes, site: string, line: string | null): void {
    const { log, tracer } = this.rooms
    if (tracer.enabled)
      tracer.emit('dma_capable', { device: device.name, dma, size, limit: streamingLimit(device), ok: false })
    if (this.warnedOverflow.has(site)) return
    this.warnedOverflow.add(site)
    if (line) log.print('err', line)
    log.warnAt(site)
  }
}

/** A mask of 64 bits is 2^64 in a double. */
function hexMask(mask: Bytes): string {
  return mask >= 2 ** 64 ? 'f'.repeat(16) : mask.toString(16)
}
