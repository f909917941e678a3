/**
 * lib/genalloc.c: a pool of chunks, each a bitmap of units of 2^minOrder bytes. Left out: owners, best fit, fixed addresses.
 */
import { Bitmap } from './bitmap.ts'

/** How a chunk is searched: gen_pool_first_fit, or gen_pool_first_fit_order_align (aligned to the power of two that holds the request). */
export type GenPoolAlgorithm = (units: number) => number
export const firstFit: GenPoolAlgorithm = () => 0
export const firstFitOrderAlign: GenPoolAlgorithm = (units) => (units <= 1 ? 0 : 2 ** (32 - Math.clz32(units - 1)) - 1)

export interface GenPoolChunk {
  /** Physical address of its first byte. */
  base: number
  sizeBytes: number
  availBytes: number
  bits: Bitmap
}

export class GenPool {
  /** Newest first, as gen_pool_add_virt leaves them. */
  readonly chunks: GenPoolChunk[] = []

  constructor(
    readonly unitBytes: number,
    private readonly alignMask: GenPoolAlgorithm,
  ) {}

  /** gen_pool_add_virt */
  add(base: number, sizeBytes: number): void {
    this.chunks.unshift({ base, sizeBytes, availBytes: sizeBytes, bits: new Bitmap(sizeBytes / this.unitBytes) })
  }

  /** gen_pool_alloc: the physical address, or -1 when no chunk has room. */
  alloc(sizeBytes: number): number {
    const units = Math.ceil(sizeBytes / this.unitBytes)
    if (units === 0) return -1
    for (const chunk of this.chunks) {
      if (sizeBytes > chunk.availBytes) continue
      const at = chunk.bits.findZeroArea(0, units, this.alignMask(units), 0)
      if (at >= chunk.bits.sizeBits) continue
      chunk.bits.set(at, units)
      chunk.availBytes -= units * this.unitBytes
      return chunk.base + at * this.unitBytes
    }
    return -1
  }

  /** gen_pool_free. The range must be allocated. */
  free(address: number, sizeBytes: number): void {
    const chunk = this.chunkOf(address, sizeBytes)
    if (!chunk) throw new Error(`gen_pool_free: ${address} is not in the pool`)
    const units = Math.ceil(sizeBytes / this.unitBytes)
    chunk.bits.clear((address - chunk.base) / this.unitBytes, units)
    chunk.availBytes += units * this.unitBytes
  }

  /** gen_pool_has_addr */
  has(address: number, sizeBytes: number): boolean {
    return this.chunkOf(address, sizeBytes) !== null
  }

  /** gen_pool_size, in bytes */
  get sizeBytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0)
  }

  /** gen_pool_avail, in bytes */
  get availBytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.availBytes, 0)
  }

  /** Bytes of the longest free run in one chunk. */
  largestFreeBytes(): number {
    const runs = this.chunks.flatMap(({ bits }) => bits.zeroRuns())
    return this.unitBytes * runs.reduce((most, [, units]) => Math.max(most, units), 0)
  }

  private chunkOf(address: number, sizeBytes: number): GenPoolChunk | null {
    for (const chunk of this.chunks)
      if (address >= chunk.base && address + sizeBytes <= chunk.base + chunk.sizeBytes) return chunk
    return null
  }
}
