/**
 * Coherent memory as arch/arm/mm/dma-mapping.c gave it in 3.4 to 3.7: every request has exactly one source, and when that is full
 * the call returns nothing. Which source, and what is said when it cannot serve, differs by release and comes with the profile.
 * Left out: user mappings, attributes that change page protection only.
 */
import { alignUp, bytesIn, MiB, orderOf, type Bytes, type Pages, type Pfn } from '@shared/units.ts'
import type { ArmDmaProfile, ArmSource } from './arm-dma-profile.ts'
import type { ArmRooms } from './arm-rooms.ts'
import { DMA_BIT_MASK_32, type Device } from './device.ts'
import { __GFP_COMP, __GFP_DMA, __GFP_HIGH } from './gfp.ts'
import { KernelPanic } from './oom.ts'
import { defaultRateLimit } from './ratelimit.ts'
import type { Rooms } from './rooms.ts'
import { vmapFailure } from './vmap-area.ts'

/** What a source gave. */
export interface ArmMemory {
  phys: Bytes
  /** Whole pages. */
  sizeBytes: Bytes
  source: ArmSource | 'simple'
  virt: 'linear' | 'vmalloc' | 'window'
  /** Kernel address of its own mapping; null in the linear one, and in the pool's. */
  remap: Bytes | null
}

/** struct arm_vmregion or vm_struct, and vmap_area: of the smallest kind. */
const REGION_BYTES = 32
const AREA_BYTES = 52

/** A size wrapped below zero, to get_order(). */
const ORDER_OF_NOTHING = 20

export class ArmDma {
  #poolComplained = false
  readonly #vmapWarnings = defaultRateLimit()
  readonly #page: Bytes

  constructor(
    private readonly rooms: Rooms,
    private readonly arm: ArmRooms,
  ) {
    this.#page = rooms.profile.page.sizeBytes
  }

  get profile(): ArmDmaProfile {
    return this.arm.profile
  }

  /** First address of the consistent window; 0 without one. */
  get windowStart(): Bytes {
    return this.arm.window?.start ?? 0
  }

  /** __dma_alloc(). Null: -ENOMEM. */
  alloc(device: Device, bytes: Bytes, gfp: number): ArmMemory | null {
    if (!this.#maskAllows(device)) return null
    const size = alignUp(bytes, this.#page)
    // Split pages cannot be compound ones.
    const flags = (gfp & ~__GFP_COMP) | (device.coherentMask < DMA_BIT_MASK_32 ? __GFP_DMA : 0)
    if (device.coherent && this.profile.coherentDevices) return this.#simple(size, flags)
    return this.#from(this.profile.source((gfp & __GFP_HIGH) !== 0, false), device, size, flags)
  }

  /** arm_dma_free(): the address tells where the memory came from. */
  free(device: Device, { phys, sizeBytes, source, remap }: Omit<ArmMemory, 'virt'>): void {
    const start = phys / this.#page
    const count = sizeBytes / this.#page
    if (source === 'area') {
      this.rooms.contiguous.release(device, start, count)
      return
    }
    if (source === 'pool') {
      this.rooms.kmalloc.free(REGION_BYTES, this.arm.pool!.objects)
      return this.arm.pool!.free(phys - this.arm.pool!.base, sizeBytes)
    }
    this.unmapRange(source, remap)
    this.rooms.pages.freeRange(start, count)
  }

  /** __alloc_from_pool */
  fromPool(size: Bytes): ArmMemory | null {
    const { pool } = this.arm
    const { log, kmalloc } = this.rooms
    const { messages } = this.profile
    if (!pool) {
      for (const line of messages.noPool) log.print(line.level, line.text)
      return null
    }
    kmalloc.alloc(REGION_BYTES, pool.objects)
    const offset = pool.alloc(size)
    if (offset !== null)
      return { phys: pool.base + offset, sizeBytes: size, source: 'pool', virt: pool.virt, remap: null }
    kmalloc.free(REGION_BYTES, pool.objects)
    if (!pool.canHold(size) && messages.tooBig) log.print('warn', messages.tooBig(size))
    if (!this.#poolComplained)
      for (const line of messages.poolTooSmall(Math.floor(pool.sizeBytes / 1024))) log.print('err', line)
    this.#poolComplained = true
    return this.#refused('__alloc_from_pool', 'pool:arm', size, pool.usedPages() * this.#page, pool.sizeBytes)
  }

  /** A range of kernel addresses for `size` bytes (whole pages); null when there is none. */
  mapRange(source: 'window' | 'vmalloc', size: Bytes): Bytes | null {
    const { kmalloc } = this.rooms
    if (source === 'vmalloc') return this.#mapVmalloc(size)
    kmalloc.alloc(REGION_BYTES)
    const at = this.#mapWindow(size)
    if (at === null) kmalloc.free(REGION_BYTES)
    return at
  }

  unmapRange(source: ArmMemory['source'], address: Bytes | null): void {
    if (address === null) return
    const { kmalloc } = this.rooms
    const { window, vmap } = this.arm
    kmalloc.free(REGION_BYTES)
    if (source === 'window') return void window!.free(address)
    // Lazily freed areas keep their vmap_area until they go.
    const before = vmap.count
    vmap.free(address)
    kmalloc.free(AREA_BYTES, before - vmap.count)
  }

  /** __get_vm_area_node: a vm_struct, and a vmap_area in the order of addresses. */
  #mapVmalloc(size: Bytes): Bytes | null {
    const { kmalloc } = this.rooms
    const { vmap } = this.arm
    const before = vmap.count
    kmalloc.alloc(REGION_BYTES)
    kmalloc.alloc(AREA_BYTES)
    const at = this.arm.mapVmalloc(size)
    kmalloc.free(AREA_BYTES, before + 1 - vmap.count)
    if (at !== null) return at
    kmalloc.free(REGION_BYTES)
    return this.#vmapFailed(vmap.withGuard(size))
  }

  #mapWindow(size: Bytes): Bytes | null {
    const { window } = this.arm
    if (!window) return null
    if (!window.canHold(size)) this.rooms.log.print('warn', this.profile.messages.tooBig!(size))
    // A power of two that holds the size, at most a section of the page table.
    const at = window.alloc(size, Math.min(this.#page * 2 ** orderOf(size / this.#page), MiB))
    if (at === null) this.#refused('arm_vmregion_alloc', 'window', size, window.usedBytes(), window.end - window.start)
    return at
  }

  /** One source, by name. */
  #from(source: ArmSource, device: Device, size: Bytes, gfp: number): ArmMemory | null {
    if (source === 'area') return this.#fromArea(device, size) ?? this.#fallBack(device, size, gfp)
    return source === 'pool' ? this.fromPool(size) : this.#remapped(source, size, gfp)
  }

  /** With a warning and an event each time, which say what the switch to CMA would have cost. */
  #fallBack(device: Device, size: Bytes, gfp: number): ArmMemory | null {
    if (!this.arm.fallsBack || size === 0) return null
    const { log, tracer, contiguous } = this.rooms
    const { fallback } = this.profile
    const area = contiguous.areaOf(device)
    const larger = area !== null && size > area.count * this.#page
    const reason = area === null ? 'there is none' : larger ? 'it is smaller' : 'it has no such range free'
    const memory = this.#remapped(fallback, size, gfp)
    const outcome = memory ? `served by the ${fallback}` : `and the ${fallback} cannot either`
    log.print('warn', `${device.name}: CMA cannot serve ${size} bytes, ${reason}; ${outcome}`)
    if (tracer.enabled)
      tracer.emit('cma_fallback', { device: device.name, size, reason, to: fallback, ok: memory !== null })
    return memory
  }

  /** get_coherent_dma_mask */
  #maskAllows({ name, coherentMask }: Device): boolean {
    const { zoneDmaLimit: dmaLimit } = this.rooms.early
    const hex = (mask: Bytes): string => `0x${mask.toString(16)}`
    // no bit of the limit may be missing
    if ((dmaLimit & ~coherentMask) === 0 || coherentMask >= DMA_BIT_MASK_32) return true
    const what =
      coherentMask === 0
        ? 'coherent DMA mask is unset'
        : `coherent DMA mask ${hex(coherentMask)} is smaller than system GFP_DMA mask ${hex(dmaLimit)}`
    this.rooms.log.print('warn', `platform ${name}: ${what}`)
    return false
  }

  /** __alloc_from_contiguous */
  #fromArea(device: Device, size: Bytes): ArmMemory | null {
    const count = size / this.#page
    const start = this.rooms.contiguous.allocFrom(device, count, count === 0 ? ORDER_OF_NOTHING : orderOf(count), false)
    if (start < 0) return null
    return { phys: start * this.#page, sizeBytes: size, source: 'area', virt: 'linear', remap: null }
  }

  /** __alloc_remap_buffer: pages first, then addresses; without addresses the pages go back. */
  #remapped(source: 'window' | 'vmalloc', size: Bytes, gfp: number): ArmMemory | null {
    const start = this.#pages(size, gfp)
    if (start < 0) return null
    const remap = this.mapRange(source, size)
    if (remap !== null) return { phys: start * this.#page, sizeBytes: size, source, virt: source, remap }
    this.rooms.pages.freeRange(start, size / this.#page)
    return null
  }

  /** __alloc_simple_buffer: coherent devices need no mapping of their own. */
  #simple(size: Bytes, gfp: number): ArmMemory | null {
    const start = this.#pages(size, gfp)
    return start < 0
      ? null
      : { phys: start * this.#page, sizeBytes: size, source: 'simple', virt: 'linear', remap: null }
  }

  /** __dma_alloc_buffer: a block of a power of two, whose excess pages go back one by one. */
  #pages(size: Bytes, gfp: number): Pfn {
    const { pages } = this.rooms
    const count: Pages = size / this.#page
    const order = count === 0 ? ORDER_OF_NOTHING : orderOf(count)
    const start = pages.alloc(gfp, order)
    if (start < 0) return start
    pages.trim(start, order, count)
    // The buffer is cleared through an address that high memory does not have.
    if (pages.isHighmem(start) && !this.profile.clearsHighmem)
      throw new KernelPanic('Attempted to kill init! exitcode=0x0000000b')
    return start
  }

  #vmapFailed(size: Bytes): null {
    const { log, tracer } = this.rooms
    if (this.#vmapWarnings.allows(tracer.time)) log.print('warn', vmapFailure(size))
    const { start, end } = this.arm.vmap
    const used = bytesIn(this.arm.vmap.areas())
    return this.#refused('alloc_vmap_area', 'vmalloc', size, used, end - start)
  }

  /** For who asks why: a source had no room. */
  #refused(name: string, source: string, size: Bytes, used: Bytes, total: Bytes): null {
    const { tracer } = this.rooms
    if (tracer.enabled) tracer.emit(name, { source, size, used, total, ok: false })
    return null
  }
}
