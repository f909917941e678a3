/**
 * arch/arm/common/dmabounce.c: streaming mappings that a device cannot reach are copied through safe buffers of its own. Each
 * device has a pool of small and one of large blocks; what is larger still comes from coherent memory, one by one. All of it is
 * allocated atomically, so that its exhaustion is the atomic pool's. Left out: the attribute files with the counts of each pool
 * (the counters here), the highmem BUG.
 */
import type { Bytes } from '@shared/units.ts'
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

export type Direction = 'to-device' | 'from-device' | 'bidirectional'

export type BounceAnswer =
  | { kind: 'direct' }
  | { kind: 'bounced'; safe: Bytes }
  /** The device's mask cannot cover a buffer of that size: "DMA mapping too big". */
  | { kind: 'too-big' }
  /** No safe buffer: "could not alloc dma memory". */
  | { kind: 'no-memory' }

interface SafeBuffer {
  dmaAddr: Bytes
  sizeBytes: Bytes
  pool: DmaPool | null
}

export interface BounceCounters {
  mapOps: number
  bounces: number
  bytesCopied: Bytes
  smallBytes: Bytes
  largeBytes: Bytes
}

export class Dmabounce {
  readonly #small: DmaPool
  readonly #large: DmaPool | null
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
    this.#small = new DmaPool(rules.smallBytes, pageBytes, source)
    this.#large = rules.largeBytes > 0 ? new DmaPool(rules.largeBytes, pageBytes, source) : null
  }

  /** map_page: where the device shall look instead of `dmaAddr`. */
  map(dmaAddr: Bytes, sizeBytes: Bytes, direction: Direction): BounceAnswer {
    this.#mapOps++
    // mask + 1 is what the lowest zero bit of the mask stands for; a full 32-bit mask covers any size
    if (this.mask < 0xffff_ffff && sizeBytes > this.mask + 1) return { kind: 'too-big' }
    if (!this.#unreachable(dmaAddr, sizeBytes)) return { kind: 'direct' }
    this.#bounces++
    const safe = this.#allocSafe(dmaAddr, sizeBytes)
    if (safe === null) return { kind: 'no-memory' }
    if (direction !== 'from-device') this.#bytesCopied += sizeBytes
    return { kind: 'bounced', safe }
  }

  /** unmap_page: false when the address is not a safe buffer's, that is, was never bounced. */
  unmap(safe: Bytes, direction: Direction): boolean {
    const buffer = this.#safe.get(safe)
    if (!buffer) return false
    if (direction !== 'to-device') this.#bytesCopied += buffer.sizeBytes
    this.#safe.delete(safe)
    if (buffer.pool) buffer.pool.free(safe)
    else this.release(safe, buffer.sizeBytes)
    return true
  }

  /** sync_for_cpu and sync_for_device of a part: true when it was copied. */
  sync(safe: Bytes, sizeBytes: Bytes, direction: Direction, forDevice: boolean): boolean {
    if (!this.#safe.has(safe)) return false
    if (direction === 'bidirectional' || (direction === 'to-device') === forDevice) this.#bytesCopied += sizeBytes
    return true
  }

  counters(): BounceCounters {
    return {
      mapOps: this.#mapOps,
      bounces: this.#bounces,
      bytesCopied: this.#bytesCopied,
      smallBytes: this.#small.sizeBytes,
      largeBytes: this.#large?.sizeBytes ?? 0,
    }
  }

  #unreachable(dmaAddr: Bytes, sizeBytes: Bytes): boolean {
    return dmaAddr + sizeBytes - 1 > this.mask || this.rules.needsBounce(dmaAddr, sizeBytes)
  }

  #allocSafe(dmaAddr: Bytes, sizeBytes: Bytes): Bytes | null {
    const pool = this.#poolFor(sizeBytes)
    const safe = pool ? pool.alloc() : this.source(sizeBytes)
    if (safe !== null) this.#safe.set(safe, { dmaAddr, sizeBytes, pool })
    return safe
  }

  #poolFor(sizeBytes: Bytes): DmaPool | null {
    if (sizeBytes <= this.rules.smallBytes) return this.#small
    return sizeBytes <= this.rules.largeBytes ? this.#large : null
  }
}
