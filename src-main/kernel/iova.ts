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
const FIRST_NODES = 1024

/** struct iova_magazine: freed page frames, newest last. */
type Magazine = number[]

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
  private readonly cpus: number
  /** struct iova_rcache: each order's loaded and previous magazine of each processor (at order * cpus + cpu), and its depot of full ones. */
  private readonly loaded: Magazine[]
  private readonly previous: Magazine[]
  private readonly depots: Magazine[][]
  private lo = new Float64Array(FIRST_NODES)
  private hi = new Float64Array(FIRST_NODES)
  private below = new Int32Array(FIRST_NODES)
  private above = new Int32Array(FIRST_NODES)
  /** Ranges by their start: the first node of each hash, and the next one of the same (a Map costs three times as much). */
  private buckets = new Int32Array(FIRST_NODES)
  private chain = new Int32Array(FIRST_NODES)
  private hashShift = Math.clz32(FIRST_NODES) + 1
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
    this.cpus = config.cpus
    this.loaded = Array.from({ length: CACHED_ORDERS * config.cpus }, () => [])
    this.previous = Array.from({ length: CACHED_ORDERS * config.cpus }, () => [])
    this.depots = Array.from({ length: CACHED_ORDERS }, () => [])
  }

  /**
   * alloc_iova_fast: the first page frame of `pages` at or under `limitPfn`, 0 when there is none. A request that finds no
   * room empties the magazines and tries once more.
   */
  alloc(pages: number, limitPfn: number, cpu = 0): number {
    const order = orderOf(pages)
    if (order >= CACHED_ORDERS) return this.allocUncached(pages, limitPfn)
    const size = 1 << order
    const magazine = this.loaded[order * this.cpus + cpu]!
    // nearly every request of a busy device ends here
    if (magazine.length > 0 && magazine[magazine.length - 1]! <= limitPfn + 1 - size) return magazine.pop()!
    return this.takeCached(order, limitPfn + 1 - size, cpu) || this.allocUncached(size, limitPfn)
  }

  /** free_iova_fast */
  free(pfn: number, pages: number, cpu = 0): void {
    const order = orderOf(pages)
    if (order >= CACHED_ORDERS) return this.dropRange(pfn)
    let magazine = this.loaded[order * this.cpus + cpu]!
    if (magazine.length === MAGAZINE) magazine = this.replaceFull(order, cpu)
    magazine.push(pfn)
  }

  /** reserve_iova, for a range that nothing overlaps yet. */
  reserve(firstPfn: number, lastPfn: number): void {
    let over = ANCHOR
    while (this.below[over] !== NIL && this.lo[this.below[over]!]! > lastPfn) over = this.below[over]!
    this.insertBelow(over, firstPfn, lastPfn)
  }

  /** iova_depot_work_func, for every cache: gives one magazine of a depot that is larger than the number of processors back. */
  trimDepots(): void {
    for (const depot of this.depots) if (depot.length > this.cpus) this.emptyMagazine(depot.pop()!)
  }

  /** Every range that is not free, lowest first, magazines included. */
  ranges(): { firstPfn: number; lastPfn: number }[] {
    const found = []
    for (let node = this.below[ANCHOR]!; node !== NIL; node = this.below[node]!)
      found.push({ firstPfn: this.lo[node]!, lastPfn: this.hi[node]! })
    return found.reverse()
  }

  private allocUncached(size: number, limitPfn: number): number {
    const found = this.takeRange(size, limitPfn + 1)
    if (found !== 0) return found
    this.flush()
    return this.takeRange(size, limitPfn + 1)
  }

  /** __iova_rcache_get: a page frame at or under `limit`, 0 when the magazine in turn has none. */
  private takeCached(order: number, limit: number, cpu: number): number {
    const at = order * this.cpus + cpu
    let magazine = this.loaded[at]!
    if (magazine.length === 0) {
      const depot = this.depots[order]!
      if (this.previous[at]!.length > 0) {
        this.loaded[at] = this.previous[at]!
        this.previous[at] = magazine
      } else if (depot.length > 0) this.loaded[at] = depot.pop()!
      else return 0
      magazine = this.loaded[at]!
    }
    return popUnder(magazine, limit)
  }

  /** Of __iova_rcache_insert: what a full magazine makes way for. */
  private replaceFull(order: number, cpu: number): Magazine {
    const at = order * this.cpus + cpu
    const full = this.loaded[at]!
    const previous = this.previous[at]!
    if (previous.length < MAGAZINE) {
      this.previous[at] = full
      return (this.loaded[at] = previous)
    }
    this.depots[order]!.push(full)
    return (this.loaded[at] = [])
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
    this.remember(node)
    return node
  }

  /** remove_iova, with __cached_rbnode_delete_update */
  private dropRange(pfn: number): void {
    const node = this.forget(pfn)
    if (node === NIL) throw new Error(`free_iova: no range starts at page ${pfn}`)
    const { lo, above, below } = this
    const over = above[node]!
    if (node === this.near32 || (this.hi[node]! < this.dma32Pfn && lo[node]! >= lo[this.near32]!)) this.near32 = over
    if (lo[node]! < this.dma32Pfn) this.max32 = this.dma32Pfn
    if (lo[node]! >= lo[this.near]!) this.near = over
    below[over] = below[node]!
    if (below[node] !== NIL) above[below[node]!] = over
    above[node] = this.spare
    this.spare = node
  }

  private bucketOf(pfn: number): number {
    return Math.imul(pfn, 0x9e3779b1) >>> this.hashShift
  }

  private remember(node: number): void {
    const bucket = this.bucketOf(this.lo[node]!)
    this.chain[node] = this.buckets[bucket]!
    this.buckets[bucket] = node
  }

  /** Takes the range that starts at `pfn` out of the table and returns its node, NIL when there is none. */
  private forget(pfn: number): number {
    const { lo, buckets, chain } = this
    const bucket = this.bucketOf(pfn)
    let before = NIL
    let node = buckets[bucket]!
    while (node !== NIL && lo[node] !== pfn) {
      before = node
      node = chain[node]!
    }
    if (before === NIL) buckets[bucket] = chain[node]!
    else chain[before] = chain[node]!
    return node
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

  /** Doubles the columns; every node is in use when they are full. */
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
    this.buckets = new Int32Array(capacity)
    this.chain = new Int32Array(capacity)
    this.hashShift--
    for (let node = lo.length - 1; node > ANCHOR; node--) this.remember(node)
  }

  private flush(): void {
    this.loaded.forEach((magazine, at) => {
      this.emptyMagazine(magazine)
      this.emptyMagazine(this.previous[at]!)
    })
    for (const depot of this.depots) while (depot.length > 0) this.emptyMagazine(depot.pop()!)
  }

  private emptyMagazine(magazine: Magazine): void {
    for (const pfn of magazine) this.dropRange(pfn)
    magazine.length = 0
  }
}

/** iova_magazine_pop: takes the newest page frame at or under `limit`, 0 when there is none. */
function popUnder(magazine: Magazine, limit: number): number {
  for (let i = magazine.length - 1; i >= 0; i--) {
    const pfn = magazine[i]!
    if (pfn > limit) continue
    const newest = magazine.pop()!
    if (i < magazine.length) magazine[i] = newest
    return pfn
  }
  return 0
}

/** order_base_2 */
function orderOf(pages: number): number {
  // a maximum, not a branch: sizes come in no order that a processor could foresee
  return 32 - Math.clz32(Math.max(pages, 1) - 1)
}

function roundUpToPower(pages: number): number {
  return 1 << orderOf(pages)
}
