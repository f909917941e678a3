/**
 * arch/arm/common/dmabounce.c: streaming mappings that a device cannot reach are copied through safe buffers of its own. Each
 * device has a pool of small and one of large blocks; what is larger still comes from coherent memory, one by one. All of it is
 * allocated atomically, so that its exhaustion is the atomic pool's. `dmabounce-ops.ts` puts it behind a device's mappings.
 */
import type { Bytes } from '@shared/units.ts'
import type { DmaDirection } from './attrs.ts'
import { DMA_BIT_MASK_32 } from './device.ts'
import { DmaPool, type CoherentSource } from './dma-pool.ts'

/** A platform's own rule beside the mask: true for addresses its bus or bridge cannot pass. */
export type NeedsBounce = (dmaAddr: Bytes, sizeBytes: Bytes) => boolean

/** What dmabounce_register_dev() is told. */
export interface DmabounceRules {
  smallBytes: Bytes
  /** 0: no pool of large blocks. */
  largeBytes: Bytes
  needsBounce: NeedsBounce
}

export type BounceAnswer =
  | { kind: 'direct' }
  | { kind: 'bounced'; safe: Bytes; place: BouncePlace }
  /** The device's mask cannot cover a buffer of that size: "DMA mapping too big". */
  | { kind: 'too-big' }
  /** No safe buffer: "could not alloc dma memory". */
  | { kind: 'no-memory' }

export type BouncePoolName = 'small' | 'large'

/** Where a safe buffer lies; pool null: in coherent memory of its own. */
export interface BouncePlace {
  pool: BouncePoolName | null
  /** Bytes from the start of the pool, its pages in the order in which they came. */
  offset: Bytes
  /** What it takes of the pool. */
  blockBytes: Bytes
  /** What the pool holds in all. */
  poolBytes: Bytes
}

interface SafeBuffer {
  sizeBytes: Bytes
  pool: BouncePoolName | null
}

export interface BounceCounters {
  mapOps: number
  bounces: number
  bytesCopied: Bytes
  /** Safe buffers from each pool, and from neither. */
  fromSmall: number
  fromLarge: number
  fromNeither: number
  smallBytes: Bytes
  largeBytes: Bytes
}

export class Dmabounce {
  readonly #pools: Record<BouncePoolName, DmaPool | null>
  readonly #served = { small: 0, large: 0, neither: 0 }
  /** Safe address → what it stands for. */
  readonly #safe = new Map<Bytes, SafeBuffer>()
  #mapOps = 0
  #bounces = 0
  #bytesCopied = 0

  /** `mask` is the device's streaming mask; `source` and `release` are its atomic coherent memory. */
  constructor(
    private readonly rules: DmabounceRules,
    private readonly mask: Bytes,
    pageBytes: Bytes,
    private readonly source: CoherentSource,
    private readonly release: (address: Bytes, sizeBytes: Bytes) => void,
  ) {
    this.#pools = {
      small: new DmaPool(rules.smallBytes, pageBytes, source),
      large: rules.largeBytes > 0 ? new DmaPool(rules.largeBytes, pageBytes, source) : null,
    }
  }

  /** map_page: where the device shall look instead of `dmaAddr`. */
  map(dmaAddr: Bytes, sizeBytes: Bytes, direction: DmaDirection): BounceAnswer {
    this.#mapOps++
    // mask + 1 is what the lowest zero bit of the mask stands for; a full 32-bit mask covers any size
    if (this.mask < DMA_BIT_MASK_32 && sizeBytes > this.mask + 1) return { kind: 'too-big' }
    if (!this.#unreachable(dmaAddr, sizeBytes)) return { kind: 'direct' }
    this.#bounces++
    const name = this.poolFor(sizeBytes)
    const pool = name && this.#pools[name]
    const safe = pool ? pool.alloc() : this.source(sizeBytes)
    if (safe === null) return { kind: 'no-memory' }
    this.#safe.set(safe, { sizeBytes, pool: name })
    this.#served[name ?? 'neither']++
    if (direction !== 'from-device') this.#bytesCopied += sizeBytes
    const place = pool
      ? { pool: name, offset: pool.offsetOf(safe), blockBytes: pool.blockBytes, poolBytes: pool.sizeBytes }
      : { pool: null, offset: 0, blockBytes: sizeBytes, poolBytes: 0 }
    return { kind: 'bounced', safe, place }
  }

  /** unmap_page: false when the address is not a safe buffer's, that is, was never bounced. */
  unmap(safe: Bytes, direction: DmaDirection): boolean {
    const buffer = this.#safe.get(safe)
    if (!buffer) return false
    if (direction !== 'to-device') this.#bytesCopied += buffer.sizeBytes
    this.#safe.delete(safe)
    if (buffer.pool) this.#pools[buffer.pool]!.free(safe)
    else this.release(safe, buffer.sizeBytes)
    return true
  }

  /** sync_for_cpu and sync_for_device of a part: true when it was copied. */
  sync(safe: Bytes, sizeBytes: Bytes, direction: DmaDirection, to: 'device' | 'cpu'): boolean {
    const skipped = to === 'device' ? 'from-device' : 'to-device'
    if (direction === skipped || !this.#safe.has(safe)) return false
    this.#bytesCopied += sizeBytes
    return true
  }

  counters(): BounceCounters {
    return {
      mapOps: this.#mapOps,
      bounces: this.#bounces,
      bytesCopied: this.#bytesCopied,
      fromSmall: this.#served.small,
      fromLarge: this.#served.large,
      fromNeither: this.#served.neither,
      smallBytes: this.poolBytes('small'),
      largeBytes: this.poolBytes('large'),
    }
  }

  #unreachable(dmaAddr: Bytes, sizeBytes: Bytes): boolean {
    return dmaAddr + sizeBytes - 1 > this.mask || this.rules.needsBounce(dmaAddr, sizeBytes)
  }

  /** Whose blocks hold so many bytes; null: neither pool's. */
  poolFor(sizeBytes: Bytes): BouncePoolName | null {
    if (sizeBytes <= this.rules.smallBytes) return 'small'
    return sizeBytes <= this.rules.largeBytes ? 'large' : null
  }

  /** What a pool has taken so far. */
  poolBytes(name: BouncePoolName): Bytes {
    return this.#pools[name]?.sizeBytes ?? 0
  }
}
