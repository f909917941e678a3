/**
 * kmalloc() of mm/slub.c as far as free pages show it: objects of one size share pages, and a page is taken when none of those in use
 * has room; what is larger than two pages is a block of its own. Left out: caches whose room was never measured, objects between 512
 * bytes and two pages, which share larger blocks, and pages that come back, which takes more empty ones than drivers leave.
 */
import { orderOf, type Bytes, type Order, type Pages, type Pfn } from '@shared/units.ts'
import { GFP_KERNEL } from './gfp.ts'
import type { PageAllocator } from './page-alloc.ts'

export interface KmallocProfile {
  /** By the size of its objects, how many a cache still has room for when drivers come; those left out are not counted. */
  spare: Readonly<Record<Bytes, number>>
}

interface Cache {
  used: number
  taken: Pages
}

/** SLUB_MAX_SIZE: what is larger comes from the page allocator. */
const LARGEST_PAGES: Pages = 2
/** Smallest objects, of a cache line (ARCH_DMA_MINALIGN). */
const SMALLEST = 64

export class Kmalloc {
  readonly #caches = new Map<Bytes, Cache>()
  readonly #large = new Map<Bytes, Pfn[]>()

  /** Null: nothing is counted. */
  constructor(
    private readonly pages: PageAllocator,
    private readonly profile: KmallocProfile | null,
  ) {}

  /** Not a cache's, but the page allocator's. */
  isLarge(bytes: Bytes): boolean {
    return sizeOf(bytes) > LARGEST_PAGES * this.pages.pageBytes
  }

  alloc(bytes: Bytes, count = 1): void {
    if (!this.profile) return
    const size = sizeOf(bytes)
    if (this.isLarge(size)) return this.#allocLarge(size, count)
    const spare = this.profile.spare[size]
    if (spare === undefined) return
    const cache = this.#cache(size)
    cache.used += count
    const wanted = Math.ceil((cache.used - spare) / Math.floor(this.pages.pageBytes / size))
    for (; cache.taken < wanted; cache.taken++) this.pages.alloc(GFP_KERNEL, 0)
  }

  free(bytes: Bytes, count = 1): void {
    const size = sizeOf(bytes)
    if (!this.isLarge(size)) this.#cache(size).used -= count
    else for (const pfn of this.#largeOf(size).splice(-count)) this.pages.free(pfn, this.#orderOf(size))
  }

  /** kmalloc_large: blocks of the page allocator. */
  #allocLarge(size: Bytes, count: number): void {
    for (let n = 0; n < count; n++) {
      const pfn = this.pages.alloc(GFP_KERNEL, this.#orderOf(size))
      if (pfn >= 0) this.#largeOf(size).push(pfn)
    }
  }

  #largeOf(size: Bytes): Pfn[] {
    const known = this.#large.get(size) ?? []
    this.#large.set(size, known)
    return known
  }

  #orderOf(size: Bytes): Order {
    return orderOf(size / this.pages.pageBytes)
  }

  #cache(size: Bytes): Cache {
    const known = this.#caches.get(size)
    if (known) return known
    const made = { used: 0, taken: 0 }
    this.#caches.set(size, made)
    return made
  }
}

/** Powers of two, and 192. */
function sizeOf(bytes: Bytes): Bytes {
  if (bytes > 128 && bytes <= 192) return 192
  return Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(bytes)))
}
