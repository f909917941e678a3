/**
 * kernel/dma/mapping.c: the DMA API's entry points. A device's declared memory comes first and last; everything else is its ops
 * table's. Left out: devres, mmap, dma-debug.
 */
import { alignUp, type Bytes } from '@shared/units.ts'
import { DMA_ATTR_ALLOC_SINGLE_PAGES, type DmaDirection } from './attrs.ts'
import type { DmaBuffer, DmaMapping, SgEntry, SgMapping } from './buffer.ts'
import { physToDma } from './bus.ts'
import type { Device } from './device.ts'
import { EINVAL, ENOMEM } from './errno.ts'
import { __GFP_COMP, __GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM } from './gfp.ts'
import type { DeclaredMemory } from './coherent.ts'
import type { Rooms } from './rooms.ts'

const ZONE_FLAGS = __GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM

export class Mapping {
  constructor(private readonly rooms: Rooms) {}

  /** dma_alloc_attrs. The zone is the implementation's to choose. */
  allocAttrs(device: Device, bytes: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const { refusesCompound, choosesZone } = this.rooms.profile.api
    if (refusesCompound && gfp & __GFP_COMP) return this.refuse('dma_alloc_attrs', '__GFP_COMP')
    const buffer = this.coherent(device, bytes, choosesZone ? gfp & ~ZONE_FLAGS : gfp, attrs)
    this.traceAlloc('dma_alloc', device, buffer, bytes, gfp, attrs)
    return buffer
  }

  /** dma_free_attrs */
  free(buffer: DmaBuffer): void {
    if (buffer.backing === 'declared') return buffer.device.declared!.release(buffer.phys, buffer.bytes)
    const { tracer } = this.rooms
    if (tracer.enabled)
      tracer.emit('dma_free', {
        device: buffer.device.name,
        dma_addr: buffer.dma,
        size: buffer.bytes,
        from: buffer.from,
      })
    if (buffer.backing === 'carveout') this.rooms.carveouts.free(buffer)
    else if (buffer.call === 'pages') buffer.device.ops.freePages(buffer)
    else buffer.device.ops.free(buffer)
  }

  /** dma_alloc_pages */
  allocPages(device: Device, bytes: Bytes, gfp: number): DmaBuffer | null {
    const fromCarveout = this.rooms.carveouts.servesPages(device, gfp)
    const buffer = this.pages(device, bytes, gfp, fromCarveout)
    this.traceAlloc('dma_alloc_pages', device, buffer, bytes, gfp, 0)
    return buffer && !fromCarveout ? { ...buffer, call: 'pages' } : buffer
  }

  /** dma_alloc_noncontiguous */
  allocNoncontiguous(device: Device, bytes: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    if (attrs & ~DMA_ATTR_ALLOC_SINGLE_PAGES) return this.refuse('dma_alloc_noncontiguous', 'attrs')
    if (gfp & __GFP_COMP) return this.refuse('dma_alloc_noncontiguous', '__GFP_COMP')
    const { allocNoncontiguous } = device.ops
    const { carveouts } = this.rooms
    const fromCarveout = carveouts.serves(device)
    const buffer = fromCarveout
      ? carveouts.alloc(device, bytes, gfp, attrs, 'noncontiguous')
      : allocNoncontiguous
        ? allocNoncontiguous(device, bytes, gfp, attrs)
        : this.pages(device, bytes, gfp, false)
    this.traceAlloc(buffer ? 'dma_alloc_sgt' : 'dma_alloc_sgt_err', device, buffer, bytes, gfp, attrs)
    if (!buffer || fromCarveout) return buffer
    return { ...buffer, call: allocNoncontiguous ? 'noncontiguous' : 'pages' }
  }

  /** dma_map_page_attrs */
  mapPage(
    device: Device,
    page: Bytes,
    offset: Bytes,
    bytes: Bytes,
    direction: DmaDirection,
    attrs: number,
  ): DmaMapping | null {
    const mapping = device.ops.mapPage(device, page, offset, bytes, direction, attrs)
    this.traceMap('dma_map_page', device, page + offset, mapping, bytes, direction, attrs)
    return mapping
  }

  /** dma_map_resource */
  mapResource(device: Device, phys: Bytes, bytes: Bytes, direction: DmaDirection, attrs: number): DmaMapping | null {
    const mapping = device.ops.mapResource(device, phys, bytes, direction, attrs)
    this.traceMap('dma_map_resource', device, phys, mapping, bytes, direction, attrs)
    return mapping
  }

  /** dma_unmap_page_attrs, dma_unmap_resource */
  unmap(mapping: DmaMapping): void {
    const { device, kind, dma, bytes } = mapping
    const ops = device.ops
    if (kind === 'resource') ops.unmapResource(mapping)
    else ops.unmapPage(mapping)
    const { tracer } = this.rooms
    if (tracer.enabled) tracer.emit(`dma_unmap_${kind}`, { device: device.name, dma_addr: dma, size: bytes })
  }

  /** dma_map_sgtable: a positive errno on failure. */
  mapSgtable(device: Device, entries: readonly SgEntry[], direction: DmaDirection, attrs: number): SgMapping | number {
    const mapping = entries.length === 0 ? EINVAL : device.ops.mapSg(device, entries, direction, attrs)
    const { tracer } = this.rooms
    if (!tracer.enabled) return mapping
    const size = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    if (typeof mapping === 'number')
      tracer.emit('dma_map_sg_err', {
        device: device.name,
        nents: entries.length,
        phys_addr: entries[0]?.phys ?? 0,
        size,
        err: -mapping,
        direction,
        attrs,
      })
    else
      tracer.emit('dma_map_sg', {
        device: device.name,
        nents: entries.length,
        ents: mapping.count,
        phys_addr: entries[0]!.phys,
        size,
        direction,
        attrs,
      })
    return mapping
  }

  /** dma_unmap_sgtable */
  unmapSgtable(mapping: SgMapping): void {
    const { tracer } = this.rooms
    if (tracer.enabled)
      tracer.emit('dma_unmap_sg', {
        device: mapping.device.name,
        nents: mapping.segments.length,
        phys_addr: mapping.segments[0]!.phys,
      })
    mapping.device.ops.unmapSg(mapping)
  }

  /** dma_sync_single_for_cpu and dma_sync_single_for_device */
  sync(mapping: DmaMapping, to: 'cpu' | 'device', bytes: Bytes): void {
    const ops = mapping.device.ops
    if (to === 'cpu') ops.syncForCpu(mapping, bytes)
    else ops.syncForDevice(mapping, bytes)
  }

  /** __dma_alloc_pages */
  private pages(device: Device, bytes: Bytes, gfp: number, fromCarveout: boolean): DmaBuffer | null {
    if (gfp & ZONE_FLAGS) return this.refuse('__dma_alloc_pages', 'zone')
    if (gfp & __GFP_COMP) return this.refuse('__dma_alloc_pages', '__GFP_COMP')
    if (fromCarveout) return this.rooms.carveouts.alloc(device, bytes, gfp, 0, 'pages')
    return device.ops.allocPages(device, alignUp(bytes, this.rooms.profile.page.sizeBytes), gfp)
  }

  /** Flags that a driver may not pass: WARN_ON_ONCE() tells of each kind once. */
  private refuse(caller: string, condition: string): null {
    this.rooms.log.warnOnceAt(`kernel/dma/mapping.c ${caller}`, condition)
    return null
  }

  /** A driver with a carve-out of its own does not come here on a real system; it is asked first, so that one call serves all. */
  private coherent(device: Device, bytes: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const { carveouts } = this.rooms
    if (carveouts.serves(device)) return carveouts.alloc(device, bytes, gfp, attrs, 'attrs')
    const { declared } = device
    const buffer = declared && this.allocDeclared(device, declared, bytes, attrs)
    if (buffer || declared?.exclusive) return buffer
    return device.ops.alloc(device, bytes, gfp, attrs)
  }

  /** dma_alloc_from_dev_coherent */
  private allocDeclared(device: Device, declared: DeclaredMemory, bytes: Bytes, attrs: number): DmaBuffer | null {
    const phys = declared.alloc(bytes)
    if (phys < 0) {
      const { tracer } = this.rooms
      if (tracer.enabled) {
        const used = declared.bitmap.weight() * this.rooms.profile.page.sizeBytes
        tracer.emit('dma_alloc_from_dev_coherent', {
          device: device.name,
          area: declared.name,
          size: bytes,
          used,
          errorno: -ENOMEM,
        })
      }
      return null
    }
    return {
      device,
      call: 'attrs',
      bytes,
      allocBytes: bytes,
      dma: this.declaredDma(device, declared.base, phys - declared.base),
      phys,
      virt: 'vmalloc',
      windowOffset: null,
      from: 'declared',
      offset: phys - declared.base,
      runs: null,
      attrs,
      backing: 'declared',
      remap: null,
    }
  }

  /** The region's base on the bus and the offset. A base outside the bus's windows is the highest address, and the sum wraps. */
  private declaredDma(device: Device, base: Bytes, offset: Bytes): Bytes {
    const start = physToDma(device, base)
    if (Number.isFinite(start)) return start + offset
    const { physDigits } = this.rooms.profile.page
    return offset === 0 ? 16 ** physDigits - 1 : offset - 1
  }

  private traceAlloc(
    name: string,
    device: Device,
    buffer: DmaBuffer | null,
    size: Bytes,
    gfp: number,
    attrs: number,
  ): void {
    const { tracer } = this.rooms
    if (!tracer.enabled) return
    const { dma, phys, from, virt } = buffer ?? { dma: null, phys: null, from: null, virt: null }
    tracer.emit(name, {
      device: device.name,
      dma_addr: dma,
      phys,
      from,
      virt,
      size,
      flags: gfp,
      attrs,
      ok: buffer !== null,
    })
  }

  private traceMap(
    name: string,
    device: Device,
    phys: Bytes,
    mapping: DmaMapping | null,
    size: Bytes,
    direction: string,
    attrs: number,
  ): void {
    const { tracer } = this.rooms
    if (!tracer.enabled) return
    const { dma, bounced } = mapping ?? { dma: null, bounced: false }
    tracer.emit(name, {
      device: device.name,
      phys_addr: phys,
      dma_addr: dma,
      size,
      direction,
      attrs,
      bounced,
      ok: mapping !== null,
    })
  }
}
