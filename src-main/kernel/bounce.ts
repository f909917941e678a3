/**
 * kernel/dma/swiotlb.c seen from a mapping: swiotlb_map, swiotlb_tbl_map_single's messages, swiotlb_alloc, and which small buffers
 * bounce because kmalloc may have put two of them into one cache line. Left out: untrusted devices.
 */
import { orderOf, type Bytes } from '@shared/units.ts'
import { DMA_ATTR_NO_WARN, DMA_ATTR_SKIP_CPU_SYNC, type DmaDirection } from './attrs.ts'
import { dmaCapable, physToDma } from './bus.ts'
import { syncForDevice } from './cache.ts'
import type { Device } from './device.ts'
import type { Log } from './log.ts'
import type { DirectProfile } from './profile.ts'
import { defaultRateLimit } from './ratelimit.ts'
import { MAX_MAPPING_BYTES, neededBytes, SLOT_BYTES, type SwiotlbPool } from './swiotlb.ts'
import type { Tracer } from './tracer.ts'

export class Bounce {
  private readonly fullWarnings = defaultRateLimit()

  constructor(
    private readonly tracer: Tracer,
    private readonly log: Log,
    private readonly pageBytes: Bytes,
    private readonly direct: DirectProfile,
    /** The default pool; null when there is none. Restricted pools belong to their devices. */
    readonly defaultPool: SwiotlbPool | null,
  ) {}

  /** swiotlb_map: bounce address, -1 when it can't be had or reached. */
  map(device: Device, phys: Bytes, size: Bytes, direction: DmaDirection, attrs: number): Bytes {
    if (this.tracer.enabled)
      this.tracer.emit('swiotlb_bounced', {
        device: device.name,
        dev_addr: phys,
        size,
        force: device.ioTlb?.forceBounce ?? false,
      })
    const pool = device.ioTlb!
    const address = this.mapSingle(device, pool, phys, size, 0, attrs)
    if (address < 0) return -1
    if (!dmaCapable(device, physToDma(device, address), size)) {
      pool.release(address, device.minAlignMask)
      this.log.warnOnceAt('kernel/dma/swiotlb.c swiotlb_map')
      return -1
    }
    this.copied(device, size, direction)
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) syncForDevice(this.tracer, device, address, size, direction)
    return address
  }

  /** swiotlb_tbl_map_single. A pool that begins outside the device's windows has no slot for it: none has an aligned bus address. */
  mapSingle(device: Device, pool: SwiotlbPool, phys: Bytes, size: Bytes, allocAlignMask: number, attrs: number): Bytes {
    const start = physToDma(device, pool.start)
    const address = isFinite(start) ? pool.map(phys, size, device.minAlignMask, allocAlignMask, 0, start) : -1
    if (address >= 0) return address
    const { usedSlots: used, slots: total } = pool
    const needed = neededBytes(phys, size, device.minAlignMask, allocAlignMask)
    if (this.tracer.enabled)
      this.tracer.emit('swiotlb_tbl_map_single', {
        device: device.name,
        pool: pool.name,
        size: needed,
        total,
        used,
        largest: pool.longestRun() * SLOT_BYTES,
        limit: MAX_MAPPING_BYTES,
      })
    if (!(attrs & DMA_ATTR_NO_WARN) && this.fullWarnings.allows(this.tracer.time))
      this.log.print(
        'warn',
        `${device.name}: swiotlb buffer is full (sz: ${needed} bytes), total ${total} (slots), used ${used} (slots)`,
      )
    return -1
  }

  /** swiotlb_tbl_unmap_single: true when the address was a bounce buffer's. */
  unmap(device: Device, address: Bytes, size: Bytes, direction: DmaDirection, attrs: number): boolean {
    const pool = this.poolOf(device, address)
    if (!pool) return false
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC) && direction !== 'to-device') this.copied(device, size, direction)
    pool.release(address, device.minAlignMask)
    if (this.tracer.enabled)
      this.tracer.emit('swiotlb_tbl_unmap_single', { device: device.name, dev_addr: address, size })
    return true
  }

  /** swiotlb_sync_single_for_device and _for_cpu */
  sync(device: Device, address: Bytes, size: Bytes, direction: DmaDirection, to: 'device' | 'cpu'): void {
    const skipped = to === 'device' ? 'from-device' : 'to-device'
    if (direction !== skipped && this.poolOf(device, address)) this.copied(device, size, direction)
  }

  /** swiotlb_alloc: pages of a restricted pool, -1 when it has none. */
  alloc(device: Device, size: Bytes): Bytes {
    const align = this.pageBytes * 2 ** orderOf(Math.ceil(size / this.pageBytes)) - 1
    const pool = device.ioTlb!
    const start = physToDma(device, pool.start)
    const address = isFinite(start) ? pool.allocate(size, align, device.minAlignMask, 0, start) : -1
    if (address < 0 || address % this.pageBytes === 0) return address
    this.log.warnOnceAt('kernel/dma/swiotlb.c swiotlb_alloc')
    pool.release(address, device.minAlignMask)
    return -1
  }

  /** swiotlb_free */
  free(device: Device, phys: Bytes): boolean {
    const pool = this.poolOf(device, phys)
    pool?.release(phys, device.minAlignMask)
    return pool !== null
  }

  /** swiotlb_find_pool */
  poolOf(device: Device, address: Bytes): SwiotlbPool | null {
    return device.ioTlb?.contains(address) ? device.ioTlb : null
  }

  /** swiotlb_max_mapping_size */
  maxMappingBytes(device: Device): Bytes {
    return MAX_MAPPING_BYTES - Math.ceil(device.minAlignMask / SLOT_BYTES) * SLOT_BYTES
  }

  /** dma_kmalloc_needs_bounce: a small buffer that may share a cache line with another one. */
  kmallocNeedsBounce(device: Device, size: Bytes, direction: DmaDirection): boolean {
    if (!this.direct.bounceUnalignedKmalloc || device.coherent || direction === 'to-device') return false
    if (size >= 2 * this.direct.minAlignBytes) return false
    return this.kmallocSize(size) % this.direct.cacheLineBytes !== 0
  }

  /** kmalloc_size_roundup, for the sizes that matter. Without bounce buffers every cache is made of whole cache lines. */
  private kmallocSize(size: Bytes): Bytes {
    const least = this.defaultPool ? 8 : this.direct.cacheLineBytes
    const sizes = [8, 16, 32, 64, 96, 128, 192, 256]
    return sizes.find((each) => each >= size && each % least === 0) ?? size
  }

  private copied(device: Device, size: Bytes, direction: DmaDirection): void {
    if (this.tracer.enabled) this.tracer.emit('swiotlb_bounce', { device: device.name, size, direction })
  }
}
