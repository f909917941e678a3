/**
 * drivers/iommu/iova.c: ranges of IO virtual page frames, found from the top down, aligned to their size, with magazines of
 * freed ranges in front. The kernel keeps the ranges in a red-black tree; a list in the same order and a table of their starts
 * give the same answers here. Left out: CPU hotplug.
 */

/** IOVA_MAG_SIZE */
const MAGAZINE = 127
/** IOVA_RANGE_CACHE_MAX_SIZE: ranges of 2^0 to 2^5 pages are cached. */
const CACHED_ORDERS = 6
const NIL = 0
const ANCHOR = 1

interface Magazine {
  size: number
  readonly pfns: Float64Array
}

/** struct iova_rcache: per processor a loaded and a previous magazine, and a depot of full ones for all. */
interface RangeCache {
  loaded: Magazine[]
  previous: Magazine[]
  depot: Magazine[]
}

export interface IovaDomainConfig {
  /** First page frame that may be handed out (never 0). */
  startPfn: number
  /** Page frame of 4 GiB: requests up to it remember what no longer fits. */
  dma32Pfn: number
  cpus: number
}

export class IovaDomain {
  readonly startPfn: number
  private readonly dma32Pfn: number
  private readonly caches: RangeCache[]
  private readonly starts = new Map<number, number>()
  private lo = new Float64Array(256)
  private hi = new Float64Array(256)
  private below = new Int32Array(256)
  private above = new Int32Array(256)
  private made = 2
  private spare = NIL
  /** cached_node and cached32_node: where the next search starts. */
  private near = ANCHOR
  private near32 = ANCHOR
  /** max32_alloc_size: a request of this many pages or more is known to fail under 4 GiB. */
  private max32: number

  constructor(config: IovaDomainConfig) {
    this.startPfn = config.startPfn
    this.dma32Pfn = config.dma32Pfn
    this.max32 = config.dma32Pfn
    this.lo[ANCHOR] = Infinity
    this.hi[ANCHOR] = Infinity
    this.caches = Array.from({ length: CACHED_ORDERS }, () => ({
      loaded: Array.from({ length: config.cpus }, newMagazine),
      previous: Array.from({ length: config.cpus }, newMagazine),
      depot: [],
    }))
  }

  /**
   * alloc_iova_fast: the first page frame of `pages` at or under `limitPfn`, 0 when there is none. A request that finds no
   * room empties the magazines and tries once more.
   */
  alloc(pages: number, limitPfn: number, cpu = 0): number {
    const size = pages < 1 << (CACHED_ORDERS - 1) ? roundUpToPower(pages) : pages
    const cached = this.takeCached(size, limitPfn + 1, cpu)
    if (cached !== 0) return cached
    const found = this.takeRange(size, limitPfn + 1)
    if (found !== 0) return found
    this.flush()
    return this.takeRange(size, limitPfn + 1)
  }

  /** free_iova_fast */
  free(pfn: number, pages: number, cpu = 0): void {
    const order = orderOf(pages)
    if (order < CACHED_ORDERS) this.putCached(this.caches[order]!, pfn, cpu)
    else this.dropRange(pfn)
  }

  /** reserve_iova, for a range that nothing overlaps yet. */
  reserve(firstPfn: number, lastPfn: number): void {
    let over = ANCHOR
    while (this.below[over] !== NIL && this.lo[this.below[over]!]! > lastPfn) over = this.below[over]!
    this.insertBelow(over, firstPfn, lastPfn)
  }

  /** iova_depot_work_func, for every cache: gives one magazine of a depot that is larger than the number of processors back. */
  trimDepots(): void {
    for (const cache of this.caches) {
      if (cache.depot.length <= cache.loaded.length) continue
      this.emptyMagazine(cache.depot.pop()!)
    }
  }

  /** Every range that is not free, lowest first, magazines included. */
  ranges(): { firstPfn: number; lastPfn: number }[] {
    const found = []
    for (let node = this.below[ANCHOR]!; node !== NIL; node = this.below[node]!)
      found.push({ firstPfn: this.lo[node]!, lastPfn: this.hi[node]! })
    return found.reverse()
  }

  /** __iova_rcache_get */
  private takeCached(size: number, limit: number, cpu: number): number {
    const order = orderOf(size)
    if (order >= CACHED_ORDERS) return 0
    const cache = this.caches[order]!
    let magazine = cache.loaded[cpu]!
    if (magazine.size === 0) {
      const previous = cache.previous[cpu]!
      if (previous.size > 0) {
        cache.previous[cpu] = magazine
        magazine = previous
      } else if (cache.depot.length > 0) magazine = cache.depot.pop()!
      else return 0
      cache.loaded[cpu] = magazine
    }
    return popUnder(magazine, limit - size)
  }

  /** __iova_rcache_insert */
  private putCached(cache: RangeCache, pfn: number, cpu: number): void {
    let magazine = cache.loaded[cpu]!
    if (magazine.size === MAGAZINE) {
      const previous = cache.previous[cpu]!
      if (previous.size < MAGAZINE) {
        cache.previous[cpu] = magazine
        magazine = previous
      } else {
        cache.depot.push(magazine)
        magazine = newMagazine()
      }
      cache.loaded[cpu] = magazine
    }
    magazine.pfns[magazine.size++] = pfn
  }

  /** __alloc_and_insert_iova_range; `limit` is one past the last page frame. */
  private takeRange(size: number, limit: number): number {
    const low32 = limit <= this.dma32Pfn
    if (low32 && size >= this.max32) return 0
    const { lo, hi, below, startPfn } = this
    const align = roundUpToPower(size)
    const perAlign = 1 / align
    let node = low32 ? this.near32 : this.near
    const retryPfn = hi[node]!
    let high = limit
    let low = startPfn
    for (;;) {
      let at = 0
      let over = node
      do {
        if (lo[node]! < high) high = lo[node]!
        // alignments are powers of two: the division is exact, and cheaper than a remainder
        at = Math.floor((high - size) * perAlign) * align
        over = node
        node = below[node]!
      } while (node !== NIL && at <= hi[node]! && at >= low)
      if (high >= size && at >= low) {
        const found = this.insertBelow(over, at, at + size - 1)
        if (at + size - 1 < this.dma32Pfn) this.near32 = found
        else this.near = found
        return at
      }
      if (low !== startPfn || retryPfn >= limit) break
      high = limit
      low = retryPfn + 1
      node = this.lowestOver(low32 ? limit : Infinity)
    }
    this.max32 = size
    return 0
  }

  /** iova_find_limit: the lowest range that starts at or over `limit`. */
  private lowestOver(limit: number): number {
    let node = ANCHOR
    while (this.below[node] !== NIL && this.lo[this.below[node]!]! >= limit) node = this.below[node]!
    return node
  }

  private insertBelow(over: number, first: number, last: number): number {
    const node = this.newNode()
    const under = this.below[over]!
    this.lo[node] = first
    this.hi[node] = last
    this.below[node] = under
    this.above[node] = over
    this.below[over] = node
    if (under !== NIL) this.above[under] = node
    this.starts.set(first, node)
    return node
  }

  /** remove_iova, with __cached_rbnode_delete_update */
  private dropRange(pfn: number): void {
    const node = this.starts.get(pfn)
    if (node === undefined) throw new Error(`free_iova: no range starts at page ${pfn}`)
    const { lo, above, below } = this
    const over = above[node]!
    if (node === this.near32 || (this.hi[node]! < this.dma32Pfn && lo[node]! >= lo[this.near32]!)) this.near32 = over
    if (lo[node]! < this.dma32Pfn) this.max32 = this.dma32Pfn
    if (lo[node]! >= lo[this.near]!) this.near = over
    below[over] = below[node]!
    if (below[node] !== NIL) above[below[node]!] = over
    this.starts.delete(pfn)
    above[node] = this.spare
    this.spare = node
  }

  private newNode(): number {
    if (this.spare !== NIL) {
      const node = this.spare
      this.spare = this.above[node]!
      return node
    }
    if (this.made === this.lo.length) this.grow()
    return this.made++
  }

  private grow(): void {
    const capacity = this.made * 2
    const { lo, hi, below, above } = this
    this.lo = new Float64Array(capacity)
    this.hi = new Float64Array(capacity)
    this.below = new Int32Array(capacity)
    this.above = new Int32Array(capacity)
    this.lo.set(lo)
    this.hi.set(hi)
    this.below.set(below)
    this.above.set(above)
  }

  private flush(): void {
    for (const cache of this.caches) {
      cache.loaded.forEach((magazine, cpu) => {
        this.emptyMagazine(magazine)
        this.emptyMagazine(cache.previous[cpu]!)
      })
    }
    for (const cache of this.caches) while (cache.depot.length > 0) this.emptyMagazine(cache.depot.pop()!)
  }

  private emptyMagazine(magazine: Magazine): void {
    for (let i = 0; i < magazine.size; i++) this.dropRange(magazine.pfns[i]!)
    magazine.size = 0
  }
}

function newMagazine(): Magazine {
  return { size: 0, pfns: new Float64Array(MAGAZINE) }
}

/** iova_magazine_pop: takes the newest page frame at or under `limit`, 0 when there is none. */
function popUnder(magazine: Magazine, limit: number): number {
  const pfns = magazine.pfns
  for (let i = magazine.size - 1; i >= 0; i--) {
    const pfn = pfns[i]!
    if (pfn > limit) continue
    pfns[i] = pfns[--magazine.size]!
    return pfn
  }
  return 0
}

/** order_base_2 */
function orderOf(pages: number): number {
  return pages <= 1 ? 0 : 32 - Math.clz32(pages - 1)
}

function roundUpToPower(pages: number): number {
  return 1 << orderOf(pages)
}
