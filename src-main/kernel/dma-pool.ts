/**
 * mm/dmapool.c (drivers/base/dmapool.c in 2012): equal blocks cut from coherent pages, for one device. Grows a page at a time when
 * no block is free and never shrinks. Left out: boundaries that a driver names itself, poisoning.
 */
import { alignUp, type Bytes } from '@shared/units.ts'

/** Coherent memory of one device; null when it cannot be had. */
export type CoherentSource = (sizeBytes: Bytes) => Bytes | null

export class DmaPool {
  /** Free blocks of every page so far, by address; the kernel takes the first free block of the newest page that has one. */
  readonly #pages: { base: Bytes; free: number[] }[] = []
  readonly blockBytes: Bytes
  readonly #growBytes: Bytes

  /** Blocks are at least four bytes; a block larger than a page takes an allocation of its own. */
  constructor(
    sizeBytes: Bytes,
    pageBytes: Bytes,
    private readonly source: CoherentSource,
  ) {
    this.blockBytes = alignUp(Math.max(sizeBytes, 4), 4)
    this.#growBytes = Math.max(this.blockBytes, pageBytes)
  }

  /** dma_pool_alloc: bus address of a block; null when none is free and the pool cannot grow. */
  alloc(): Bytes | null {
    const page = this.#pages.find((each) => each.free.length > 0) ?? this.#grow()
    return page ? page.base + page.free.pop()! * this.blockBytes : null
  }

  /** dma_pool_free: false when the block is not this pool's. */
  free(address: Bytes): boolean {
    const page = this.#pages.find((each) => address >= each.base && address < each.base + this.#growBytes)
    page?.free.push((address - page.base) / this.blockBytes)
    return page !== undefined
  }

  /** Where an address of the pool lies in it, its pages laid end to end in the order in which they came. */
  offsetOf(address: Bytes): Bytes {
    const at = this.#pages.findIndex((each) => address >= each.base && address < each.base + this.#growBytes)
    return (this.#pages.length - 1 - at) * this.#growBytes + address - this.#pages[at]!.base
  }

  /** What the pool has taken from its source; it only grows. */
  get sizeBytes(): Bytes {
    return this.#pages.length * this.#growBytes
  }

  #grow(): { base: Bytes; free: number[] } | null {
    const base = this.source(this.#growBytes)
    if (base === null) return null
    const blocks = Math.floor(this.#growBytes / this.blockBytes)
    // Popped from the end: the lowest block goes first, the last one freed is the next one given.
    const page = { base, free: Array.from({ length: blocks }, (_, n) => blocks - 1 - n) }
    this.#pages.unshift(page)
    return page
  }
}
