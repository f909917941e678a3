/**
 * kmalloc() of mm/slub.c as far as free pages show it: objects of one size share pages, and a page is taken when none of those in use
 * has room. Left out: caches whose room was never measured, objects of more than 512 bytes, which share larger blocks, and pages
 * that come back, which takes more empty ones than drivers leave.
 */
import type { Bytes, Pages } from '@shared/units.ts'
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

/** Smallest objects, of a cache line (ARCH_DMA_MINALIGN). */
const SMALLEST = 64

export class Kmalloc {
  readonly #caches = new Map<Bytes, Cache>()

  /** Null: nothing is counted. */
  constructor(
    private readonly pages: PageAllocator,
    private readonly profile: KmallocProfile | null,
  ) {}

  alloc(bytes: Bytes, count = 1): void {
    const size = sizeOf(bytes)
    const spare = this.profile?.spare[size]
    if (spare === undefined) return
    const cache = this.#cache(size)
    cache.used += count
    const wanted = Math.ceil((cache.used - spare) / Math.floor(this.pages.pageBytes / size))
    for (; cache.taken < wanted; cache.taken++) this.pages.alloc(GFP_KERNEL, 0)
  }

  free(bytes: Bytes, count = 1): void {
    this.#cache(sizeOf(bytes)).used -= count
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
