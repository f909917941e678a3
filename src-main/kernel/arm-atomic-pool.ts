/**
 * The atomic pool of arch/arm/mm/dma-mapping.c in 6.12: one for all devices that don't snoop, made at boot and never grown.
 */
import { KiB, orderOf, type Bytes, type Pages, type Pfn } from '@shared/units.ts'
import type { Contiguous } from './contiguous.ts'
import type { Device } from './device.ts'
import { firstFitOrderAlign, GenPool } from './genalloc.ts'
import { GFP_KERNEL, __GFP_DMA } from './gfp.ts'
import type { Log } from './log.ts'
import type { PageAllocator } from './page-alloc.ts'
import type { AtomicPool, AtomicPoolState } from './rooms.ts'
import type { Tracer } from './tracer.ts'
import type { Vmalloc } from './vmalloc.ts'

const NAME = 'arm'

export interface ArmAtomicPoolConfig {
  pages: PageAllocator
  contiguous: Contiguous
  vmalloc: Vmalloc
  tracer: Tracer
  log: Log
  sizeBytes: Bytes
}

export class ArmAtomicPool implements AtomicPool {
  private pool: GenPool | null = null

  constructor(private readonly config: ArmAtomicPoolConfig) {}

  /** atomic_pool_init */
  init(): void {
    const { pages, log, sizeBytes } = this.config
    const kib = Math.floor(sizeBytes / KiB)
    const pfn = sizeBytes > 0 ? this.takeMemory() : -1
    if (pfn < 0) {
      log.print('err', `DMA: failed to allocate ${kib} KiB pool for atomic coherent allocation`)
      return
    }
    this.pool = new GenPool(pages.pageBytes, firstFitOrderAlign)
    this.pool.add(pfn * pages.pageBytes, sizeBytes)
    log.print('info', `DMA: preallocated ${kib} KiB pool for atomic coherent allocations`)
  }

  /** __alloc_from_pool: exhaustion is silent. */
  alloc(device: Device, bytes: Bytes): { phys: Bytes; from: string } | null {
    const { tracer, log } = this.config
    if (!this.pool) {
      log.warnAt('arch/arm/mm/dma-mapping.c pool_allocator_alloc')
      return null
    }
    const phys = this.pool.alloc(bytes)
    if (phys >= 0) return { phys, from: `pool:${NAME}` }
    if (tracer.enabled) {
      const { availBytes: avail, sizeBytes: total } = this.pool
      const largest = this.pool.largestFreeBytes()
      tracer.emit('dma_alloc_from_pool', { device: device.name, pool: NAME, size: bytes, avail, total, largest })
    }
    return null
  }

  free(phys: Bytes, bytes: Bytes): boolean {
    if (!this.pool?.has(phys, bytes)) return false
    this.pool.free(phys, bytes)
    return true
  }

  /** It does not grow. */
  runWork(): void {}

  state(): AtomicPoolState[] {
    if (!this.pool) return []
    const { sizeBytes, availBytes, chunks } = this.pool
    return [{ name: NAME, sizeBytes, availBytes, chunks: chunks.map(({ base, sizeBytes: size }) => ({ base, size })) }]
  }

  private takeMemory(): Pfn {
    const { pages, contiguous, sizeBytes } = this.config
    const count = Math.ceil(sizeBytes / pages.pageBytes)
    const order = orderOf(count)
    if (contiguous.defaultArea) {
      const pfn = contiguous.allocFrom(null, count, order, false)
      if (pfn < 0 || !pages.isHighmem(pfn) || this.mapped(count)) return pfn
      contiguous.release(null, pfn, count)
      return -1
    }
    const pfn = pages.alloc(GFP_KERNEL | __GFP_DMA, order)
    if (pfn < 0) return pfn
    pages.trim(pfn, order, count)
    if (this.mapped(count)) return pfn
    pages.freeRange(pfn, count)
    return -1
  }

  /** dma_common_contiguous_remap */
  private mapped(count: Pages): boolean {
    const { vmalloc, pages } = this.config
    const address = vmalloc.map(count * pages.pageBytes)
    return address === null || address >= 0
  }
}
