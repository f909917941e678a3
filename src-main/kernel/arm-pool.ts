/**
 * The atomic pool of arch/arm/mm/dma-mapping.c: memory set aside at boot, handed out by page, never grown. Two searches were in
 * use: top down as in the consistent window (3.5), and a bitmap from the bottom (3.6 on). Left out: the mapping behind it, which
 * the caller made, and the messages, which differ by release and are the caller's too.
 */
import { orderOf, type Bytes, type Pages } from '@shared/units.ts'
import { Bitmap } from './bitmap.ts'
import { VmRegionHead } from './vmregion.ts'

/** How a pool finds room; both count in bytes from the pool's start. */
export interface PoolSearch {
  /** Whole pages; null: no room. */
  alloc(sizeBytes: Bytes): Bytes | null
  free(offset: Bytes, sizeBytes: Bytes): void
  /** Larger than the pool: the 3.5 search says so each time. */
  canHold(sizeBytes: Bytes): boolean
  /** Objects that the kernel keeps for each part. */
  objects: number
  /** Taken parts, ascending. */
  regions(): { offset: Bytes; sizeBytes: Bytes }[]
}

/** `start` is the pool's kernel address, whose alignment counts; bounds are the exact bytes that were asked for. */
export type PoolSearchPolicy = (start: Bytes, sizeBytes: Bytes, pageBytes: Bytes) => PoolSearch

const naturalAlign = (sizeBytes: Bytes, pageBytes: Bytes): Bytes => pageBytes * 2 ** orderOf(sizeBytes / pageBytes)

/** 3.5: __alloc_from_pool() over a vmregion. */
export const topDownPool: PoolSearchPolicy = (start, sizeBytes, pageBytes) => {
  const head = new VmRegionHead(start, start + sizeBytes)
  return {
    alloc(bytes) {
      const at = head.alloc(bytes, naturalAlign(bytes, pageBytes))
      return at === null ? null : at - start
    },
    free: (offset) => void head.free(start + offset),
    objects: 1,
    canHold: (bytes) => head.canHold(bytes),
    regions: () => head.regions().map((each) => ({ offset: each.start - start, sizeBytes: each.end - each.start })),
  }
}

/** From 3.6 on: bitmap_find_next_zero_area() with the alignment of the size's order; a last part of a page is not used. */
export const bitmapPool: PoolSearchPolicy = (_start, sizeBytes, pageBytes) => {
  const bitmap = new Bitmap(Math.floor(sizeBytes / pageBytes))
  const pages = (bytes: Bytes): Pages => Math.ceil(bytes / pageBytes)
  return {
    alloc(bytes) {
      const count = pages(bytes)
      const at = bitmap.findZeroArea(0, count, 2 ** orderOf(count) - 1, 0)
      if (at >= bitmap.sizeBits) return null
      bitmap.set(at, count)
      return at * pageBytes
    },
    free: (offset, bytes) => bitmap.clear(offset / pageBytes, pages(bytes)),
    objects: 0,
    canHold: (bytes) => pages(bytes) <= bitmap.sizeBits,
    regions: () => bitmap.setRuns().map(([at, count]) => ({ offset: at * pageBytes, sizeBytes: count * pageBytes })),
  }
}

export class ArmPool {
  readonly #search: PoolSearch

  /** `base` is physical, `address` the kernel's; `virt` how the kernel reaches it. */
  constructor(
    readonly base: Bytes,
    readonly address: Bytes,
    readonly sizeBytes: Bytes,
    readonly pageBytes: Bytes,
    readonly virt: 'linear' | 'vmalloc',
    policy: PoolSearchPolicy,
  ) {
    this.#search = policy(address, sizeBytes, pageBytes)
  }

  /** Offset of `sizeBytes` (whole pages) in the pool; null: none left. */
  alloc(sizeBytes: Bytes): Bytes | null {
    return this.#search.alloc(sizeBytes)
  }

  /** Objects that the kernel keeps for each part. */
  get objects(): number {
    return this.#search.objects
  }

  canHold(sizeBytes: Bytes): boolean {
    return this.#search.canHold(sizeBytes)
  }

  free(offset: Bytes, sizeBytes: Bytes): void {
    this.#search.free(offset, sizeBytes)
  }

  contains(phys: Bytes): boolean {
    return phys >= this.base && phys < this.base + this.sizeBytes
  }

  /** Taken pages, as [first page, pages]; ascending. */
  regions(): [start: Pages, count: Pages][] {
    return this.#search.regions().map((each) => [each.offset / this.pageBytes, each.sizeBytes / this.pageBytes])
  }

  usedPages(): Pages {
    return this.regions().reduce((sum, [, count]) => sum + count, 0)
  }

  totalPages(): Pages {
    return Math.floor(this.sizeBytes / this.pageBytes)
  }
}
