/**
 * kernel/dma/pool.c: atomic pools, one for each zone that masks may ask for, grown by a work item and never shrunk. Left out:
 * memory encryption.
 */
import { KiB, orderOf, type Bytes, type Order, type Pfn } from '@shared/units.ts'
import type { Contiguous } from './contiguous.ts'
import { DMA_BIT_MASK_32, type Device } from './device.ts'
import { firstFitOrderAlign, GenPool } from './genalloc.ts'
import { GFP_KERNEL, gfpNames, __GFP_DMA, __GFP_DMA32, __GFP_NOWARN } from './gfp.ts'
import type { Log } from './log.ts'
import type { PageAllocator } from './page-alloc.ts'
import type { AtomicPool, AtomicPoolState } from './rooms.ts'
import type { Tracer } from './tracer.ts'

export interface ZonePool {
  readonly name: 'dma' | 'dma32' | 'kernel'
  readonly gfp: number
  readonly pool: GenPool
}

export interface AtomicPoolsConfig {
  pages: PageAllocator
  contiguous: Contiguous | null
  tracer: Tracer
  log: Log
  /** `coherent_pool=`, or what the profile takes without it. */
  sizeBytes: Bytes
  hasDmaZone: boolean
  hasDma32Zone: boolean
  /** Highest address that the DMA zone reaches, inclusive. */
  zoneDmaLimit: Bytes
}

export class AtomicPools implements AtomicPool {
  /** In the order of dma_atomic_pool_init's reports: kernel, dma, dma32. */
  readonly pools: ZonePool[] = []
  private workPending = false

  constructor(private readonly config: AtomicPoolsConfig) {}

  /** dma_atomic_pool_init */
  init(): void {
    const { hasDmaZone, hasDma32Zone, pages } = this.config
    this.create('kernel', GFP_KERNEL)
    if (hasDmaZone && pages.hasManagedDma()) this.create('dma', GFP_KERNEL | __GFP_DMA)
    if (hasDma32Zone) this.create('dma32', GFP_KERNEL | __GFP_DMA32)
  }

  /**
   * dma_alloc_from_pool: tries the pool for the request's zone and then the lower ones; `reaches` says whether the device can
   * use an address. Null when none can serve; the caller is told so in the log.
   */
  alloc(
    device: Device,
    sizeBytes: Bytes,
    gfp: number,
    reaches: ((phys: Bytes) => boolean) | null,
  ): { phys: Bytes; from: string } | null {
    const { tracer, log } = this.config
    for (let pool = this.guess(null, gfp); pool; pool = this.guess(pool, gfp)) {
      const phys = this.allocFrom(pool, sizeBytes, reaches)
      if (phys >= 0) return { phys, from: `pool:${pool.name}` }
      if (tracer.enabled) tracer.emit('dma_alloc_from_pool', this.refusal(device, pool, sizeBytes))
    }
    if (this.pools.length === 0 || !(gfp & __GFP_NOWARN)) log.warnAt('kernel/dma/pool.c dma_alloc_from_pool')
    return null
  }

  /** dma_free_from_pool: false when the memory is of no pool. */
  free(phys: Bytes, sizeBytes: Bytes): boolean {
    for (const { pool } of this.pools) {
      if (!pool.has(phys, sizeBytes)) continue
      pool.free(phys, sizeBytes)
      return true
    }
    return false
  }

  /** atomic_pool_work_fn, when it was scheduled: refills the pools that have less left than they started with. */
  runWork(): void {
    if (!this.workPending) return
    this.workPending = false
    const { tracer } = this.config
    if (tracer.enabled) tracer.emit('workqueue_execute_start', { function: 'atomic_pool_work_fn' })
    for (const name of ['dma', 'dma32', 'kernel'] as const) {
      const pool = this.named(name)
      if (pool && pool.pool.availBytes < this.config.sizeBytes) this.expand(pool, pool.pool.sizeBytes)
    }
    if (tracer.enabled) tracer.emit('workqueue_execute_end', { function: 'atomic_pool_work_fn' })
  }

  state(): AtomicPoolState[] {
    return (['dma', 'dma32', 'kernel'] as const).flatMap((name) => {
      const pool = this.named(name)?.pool
      if (!pool) return []
      const chunks = pool.chunks.map(({ base, sizeBytes }) => ({ base, size: sizeBytes })).reverse()
      return [{ name, sizeBytes: pool.sizeBytes, availBytes: pool.availBytes, chunks }]
    })
  }

  private named(name: ZonePool['name']): ZonePool | undefined {
    return this.pools.find((pool) => pool.name === name)
  }

  /** __dma_atomic_pool_init */
  private create(name: ZonePool['name'], gfp: number): void {
    const { log, sizeBytes, pages } = this.config
    const pool = { name, gfp, pool: new GenPool(pages.pageBytes, firstFitOrderAlign) }
    if (!this.expand(pool, sizeBytes)) {
      log.print(
        'err',
        `DMA: failed to allocate ${Math.floor(sizeBytes / KiB)} KiB ${gfpNames(gfp)} pool for atomic allocation`,
      )
      return
    }
    this.pools.push(pool)
    const kib = Math.floor(pool.pool.sizeBytes / KiB)
    log.print('info', `DMA: preallocated ${kib} KiB ${gfpNames(gfp)} pool for atomic allocations`)
  }

  /** atomic_pool_expand: one chunk of the size's order, halved until there is room. */
  private expand({ name, gfp, pool }: ZonePool, sizeBytes: Bytes): boolean {
    const { pages, tracer } = this.config
    const wanted = orderOf(Math.ceil(sizeBytes / pages.pageBytes))
    for (let order = Math.min(wanted, pages.frames.maxOrder); order >= 0; order--) {
      const pfn = this.takeChunk(gfp, order)
      if (pfn < 0) continue
      const bytes = pages.pageBytes * 2 ** order
      pool.add(pfn * pages.pageBytes, bytes)
      if (tracer.enabled) tracer.emit('atomic_pool_expand', { pool: name, bytes, total: pool.sizeBytes })
      return true
    }
    return false
  }

  private takeChunk(gfp: number, order: Order): Pfn {
    const { pages, contiguous } = this.config
    const pfn = contiguous && this.cmaInZone(gfp) ? contiguous.allocFrom(null, 2 ** order, order, false) : -1
    return pfn >= 0 ? pfn : pages.alloc(gfp | __GFP_NOWARN, order)
  }

  /** cma_in_zone: whether the default area lies where the pool's zone ends. */
  private cmaInZone(gfp: number): boolean {
    const { contiguous, pages, hasDmaZone, hasDma32Zone, zoneDmaLimit } = this.config
    const area = contiguous?.defaultArea
    if (!area) return false
    const last = (area.basePfn + area.count) * pages.pageBytes - 1
    if (hasDmaZone && gfp & __GFP_DMA) return last <= zoneDmaLimit
    if (hasDma32Zone && gfp & __GFP_DMA32) return last <= Math.max(DMA_BIT_MASK_32, zoneDmaLimit)
    return true
  }

  /** dma_guess_pool */
  private guess(previous: ZonePool | null, gfp: number): ZonePool | undefined {
    if (!previous) {
      if (this.config.hasDma32Zone && gfp & __GFP_DMA32) return this.named('dma32')
      return (gfp & __GFP_DMA && this.named('dma')) || this.named('kernel')
    }
    if (previous.name === 'kernel') return this.named('dma32') ?? this.named('dma')
    return previous.name === 'dma32' ? this.named('dma') : undefined
  }

  /** __dma_alloc_from_pool */
  private allocFrom({ pool }: ZonePool, sizeBytes: Bytes, reaches: ((phys: Bytes) => boolean) | null): Bytes {
    const phys = pool.alloc(sizeBytes)
    if (phys < 0) return -1
    if (reaches && !reaches(phys)) {
      pool.free(phys, sizeBytes)
      return -1
    }
    if (pool.availBytes < this.config.sizeBytes) this.workPending = true
    return phys
  }

  private refusal(device: Device, { name, pool }: ZonePool, size: Bytes) {
    return {
      device: device.name,
      pool: name,
      size,
      avail: pool.availBytes,
      total: pool.sizeBytes,
      largest: pool.largestFreeBytes(),
    }
  }
}
