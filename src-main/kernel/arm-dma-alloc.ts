/**
 * arch_dma_alloc and arch_dma_free of arch/arm/mm/dma-mapping.c in 6.12: what devices that don't snoop get. An area when the
 * caller may wait, else the atomic pool; without an area, remapped pages. Left out: the cache maintenance of outer caches.
 */
import { alignUp, orderOf, type Bytes, type Pfn } from '@shared/units.ts'
import type { Backing, DmaBuffer } from './buffer.ts'
import { coherentLimit, dmaToPhys, physToDma } from './bus.ts'
import { prepareCoherent } from './cache.ts'
import { DMA_BIT_MASK_32, type Device } from './device.ts'
import { __GFP_DMA, __GFP_NOWARN, allowsBlocking } from './gfp.ts'
import type { ArchDma, Rooms } from './rooms.ts'

export class ArmDmaAlloc implements ArchDma {
  constructor(private readonly rooms: Rooms) {}

  /** __dma_alloc. Devices without a kernel mapping are the generic code's. */
  alloc(device: Device, bytes: Bytes, gfpFlags: number, attrs: number): DmaBuffer | null {
    const size = alignUp(bytes, this.rooms.profile.page.sizeBytes)
    const gfp = coherentLimit(device) < DMA_BIT_MASK_32 ? gfpFlags | __GFP_DMA : gfpFlags
    if (!allowsBlocking(gfp)) return this.fromPool(device, bytes, size, gfp, attrs)
    if (this.rooms.contiguous.areaOf(device)) return this.fromArea(device, bytes, size, gfp, attrs)
    return this.fromPages(device, bytes, size, gfp, attrs)
  }

  /** __arm_dma_free: which pages go back follows from the bus address, none where that is out of the bus's reach. */
  free({ device, backing, dma, phys, allocBytes, remap }: DmaBuffer): void {
    const { pools, contiguous, pages, vmalloc, profile } = this.rooms
    const pfn = phys / profile.page.sizeBytes
    const count = allocBytes / profile.page.sizeBytes
    if (backing === 'pool') {
      pools!.free(phys, allocBytes)
      return
    }
    vmalloc.unmap(remap)
    if (dmaToPhys(device, dma) === Infinity) return
    if (backing === 'contiguous') contiguous.release(device, pfn, count)
    else pages.freeRange(pfn, count)
  }

  private fromPool(device: Device, bytes: Bytes, size: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const found = this.rooms.pools?.alloc(device, size, gfp, null)
    if (!found) return null
    return this.buffer(device, bytes, size, found.phys, { from: found.from, offset: null }, 'pool', attrs, null)
  }

  /** cma_allocator: the linear map's entries change, or, in high memory, the pages get a mapping of their own. */
  private fromArea(device: Device, bytes: Bytes, size: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const { contiguous, profile, pages } = this.rooms
    const count = size / profile.page.sizeBytes
    const pfn = contiguous.allocFrom(device, count, orderOf(count), (gfp & __GFP_NOWARN) !== 0)
    if (pfn < 0) return null
    if (!pages.isHighmem(pfn)) return this.mapped(device, bytes, size, pfn, 'contiguous', attrs, null)
    const remap = this.rooms.vmalloc.map(size)
    if (remap !== null && remap < 0) {
      contiguous.release(device, pfn, count)
      return null
    }
    return this.mapped(device, bytes, size, pfn, 'contiguous', attrs, remap)
  }

  /** remap_allocator: a block of pages, its tail given back, with a mapping of its own. */
  private fromPages(device: Device, bytes: Bytes, size: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const { pages, profile, vmalloc } = this.rooms
    const count = size / profile.page.sizeBytes
    const order = orderOf(count)
    const pfn = pages.alloc(gfp, order)
    if (pfn < 0) return null
    pages.trim(pfn, order, count)
    const remap = vmalloc.map(size)
    if (remap !== null && remap < 0) {
      pages.freeRange(pfn, count)
      return null
    }
    return this.mapped(device, bytes, size, pfn, 'pages', attrs, remap)
  }

  private mapped(
    device: Device,
    bytes: Bytes,
    size: Bytes,
    pfn: Pfn,
    backing: Backing,
    attrs: number,
    remap: Bytes | null,
  ): DmaBuffer {
    const phys = pfn * this.rooms.profile.page.sizeBytes
    prepareCoherent(this.rooms.tracer, device, phys, size)
    return this.buffer(device, bytes, size, phys, this.rooms.sourceOf(device, phys), backing, attrs, remap)
  }

  /** What came from an area in low memory keeps its address, the pool's memory too; the rest has a mapping of its own. */
  private inLinearMap(phys: Bytes, backing: Backing, remap: Bytes | null): boolean {
    const { contiguous, pages, profile } = this.rooms
    if (backing === 'pool') return contiguous.defaultArea !== null && !pages.isHighmem(phys / profile.page.sizeBytes)
    return backing === 'contiguous' && remap === null
  }

  private buffer(
    device: Device,
    bytes: Bytes,
    allocBytes: Bytes,
    phys: Bytes,
    source: { from: string; offset: Bytes | null },
    backing: Backing,
    attrs: number,
    remap: Bytes | null,
  ): DmaBuffer {
    const virt = this.inLinearMap(phys, backing, remap) ? 'linear' : 'vmalloc'
    // an address out of the bus's reach is DMA_MAPPING_ERROR, and handed out all the same
    const dma = Math.min(physToDma(device, phys), DMA_BIT_MASK_32)
    return {
      device,
      call: 'attrs',
      bytes,
      allocBytes,
      dma,
      phys,
      virt,
      windowOffset: null,
      ...source,
      runs: null,
      attrs,
      backing,
      remap,
    }
  }
}
