/**
 * The buddy system of one zone (mm/page_alloc.c: __rmqueue_smallest, expand, __free_one_page, the fallback lists): free blocks
 * by order and migratetype. Placement is the kernel's: first of the list, halves put at the head, freed blocks at the head
 * unless the next merge is near. Left out: page reporting, shuffling, guard pages.
 */
import type { Order, Pages } from '@shared/units.ts'
import {
  Cma,
  FREE_TYPES,
  HighAtomic,
  Isolate,
  Movable,
  Reclaimable,
  Unmovable,
  type MigrateType,
  type PageFrames,
} from './frames.ts'

/** fallbacks[]: where a request of a type looks when its own lists are empty. */
const FALLBACKS: readonly (readonly MigrateType[])[] = [
  [Reclaimable, Movable],
  [Reclaimable, Unmovable],
  [Unmovable, Movable],
]

export class ZoneLists {
  /** NR_FREE_PAGES, without isolated pages. */
  nrFree: Pages = 0
  /** NR_FREE_CMA_PAGES */
  nrFreeCma: Pages = 0
  /** Per type, a bit for each order with a free block. */
  private readonly orders = new Int32Array(FREE_TYPES)
  private readonly links: Int32Array
  private readonly mark: Uint8Array
  private readonly maxOrder: Order
  private readonly heads: number
  private readonly tag: number

  /** `zone` counts the zones that share `frames`, from 0. */
  constructor(
    private readonly frames: PageFrames,
    zone: number,
  ) {
    this.links = frames.links
    this.mark = frames.mark
    this.maxOrder = frames.maxOrder
    this.heads = frames.count + zone * listsPerZone(frames.maxOrder)
    this.tag = zone * 32 + 1
  }

  /** __rmqueue_smallest and expand: index of a block of `order` off the lists of `type`, -1 when they have none. */
  take(order: Order, type: MigrateType): number {
    const fitting = this.orders[type]! >>> order
    if (fitting === 0) return -1
    const { links, mark, tag } = this
    let current = order + 31 - Math.clz32(fitting & -fitting)
    let head = this.heads + current * FREE_TYPES + type
    const block = links[head * 2]!
    this.unlink(block, current, type)
    if (current > order) {
      // the lists between are empty, so each half is the only block of its own
      this.orders[type]! |= (1 << current) - (1 << order)
      while (current > order) {
        current--
        head -= FREE_TYPES
        const half = block + (1 << current)
        links[half * 2] = links[half * 2 + 1] = head
        links[head * 2] = links[head * 2 + 1] = half
        mark[half] = tag + current
      }
    }
    this.nrFree -= 1 << order
    if (type === Cma) this.nrFreeCma -= 1 << order
    return block
  }

  /** Order of the largest free block of a type; -1 when it has none. */
  largestOrder(type: MigrateType): Order {
    return 31 - Math.clz32(this.orders[type]!)
  }

  /** Like take, but off the largest free block, as a fall-back search from the top finds it. */
  takeLargest(order: Order, type: MigrateType): number {
    const fitting = this.orders[type]! >>> order
    if (fitting === 0) return -1
    const largest = order + 31 - Math.clz32(fitting)
    const block = this.first(largest, type)
    this.unlink(block, largest, type)
    for (let current = largest - 1; current >= order; current--) this.link(block + (1 << current), current, type, false)
    this.account(type, -(1 << order))
    return block
  }

  /** __free_one_page: gives a block of 2^`order` frames back and merges it; `toTail` is FPI_TO_TAIL. */
  free(index: number, order: Order, toTail: boolean): void {
    const type = this.typeOf(index)
    this.account(type, 1 << order)
    this.merge(index, order, type, toTail)
  }

  /** Number of free blocks of an order and type. */
  blockCount(order: Order, type: MigrateType): number {
    const head = this.heads + order * FREE_TYPES + type
    let count = 0
    for (let block = this.links[head * 2]!; block !== head; block = this.links[block * 2]!) count++
    return count
  }

  /** Whether the types of `mask` (a bit each) have a free block of `order` or more. */
  hasOrder(order: Order, mask: number): boolean {
    for (let type = 0; type < FREE_TYPES; type++) if ((mask >>> type) & 1 && this.orders[type]! >>> order) return true
    return false
  }

  /**
   * __rmqueue_claim: makes the largest free block of another type this type's, with its pageblock, so that blocks of the two
   * kinds stay apart; then serves from it. -1 when no block is large enough to be worth a claim.
   */
  claim(order: Order, type: MigrateType, noFragment: boolean): number {
    const least = noFragment ? this.frames.pageblockOrder : order
    for (let current = this.maxOrder; current >= least; current--) {
      if (!canClaim(current, type, this.frames.pageblockOrder)) return -1
      const from = this.fallbackType(current, type)
      if (from < 0) continue
      const block = this.first(current, from)
      if (this.claimBlock(block, current, order, from as MigrateType, type)) return this.take(order, type)
    }
    return -1
  }

  /** __rmqueue_steal: the smallest block of another type, without changing its pageblock; -1 when there is none. */
  steal(order: Order, type: MigrateType): number {
    for (let current = order; current <= this.maxOrder; current++) {
      const from = this.fallbackType(current, type)
      if (from >= 0) return this.take(order, from as MigrateType)
    }
    return -1
  }

  /**
   * move_freepages_block and set_pageblock_migratetype: the pageblock at `index` and its free blocks become `type`'s. Blocks
   * larger than a pageblock are split first.
   */
  setBlockType(index: number, type: MigrateType): void {
    const size = 1 << this.frames.pageblockOrder
    const first = index - (index % size)
    this.splitOver(first)
    const from = this.typeOf(first)
    this.frames.blockType[first >> this.frames.pageblockOrder] = type
    if (from === type) return
    for (let at = first; at < first + size && at < this.frames.count;) {
      const order = this.orderAt(at)
      if (order < 0) {
        at++
        continue
      }
      this.unlink(at, order, from)
      this.link(at, order, type, false)
      this.account(from, -(1 << order))
      this.account(type, 1 << order)
      at += 1 << order
    }
  }

  /** Order of the free block of this zone that starts at `index`; -1 when none does. */
  orderAt(index: number): Order {
    const order = this.mark[index]! - this.tag
    return order >= 0 && order <= this.maxOrder ? order : -1
  }

  /** find_large_buddy: first frame of the free block that holds `index`; -1 when the frame is not free. */
  freeBlockOf(index: number): number {
    for (let order = 0; order <= this.maxOrder; order++) {
      const first = index - (index % (1 << order))
      if (this.orderAt(first) >= order) return first
    }
    return -1
  }

  /** Takes the free frames of [start, end), which must all be free, off the lists; what blocks stretch beyond stays free. */
  takeRange(start: number, end: number): void {
    let at = this.freeBlockOf(start)
    while (at < end) {
      const order = this.orderAt(at)
      const type = this.typeOf(at)
      const after = at + (1 << order)
      this.unlink(at, order, type)
      this.account(type, -(1 << order))
      if (at < start) this.freeRange(at, start)
      if (after > end) this.freeRange(end, after)
      at = after
    }
  }

  /** free_contig_range: gives [start, end) back, in the largest aligned blocks. */
  freeRange(start: number, end: number): void {
    for (let at = start; at < end;) {
      let order = at === 0 ? this.maxOrder : Math.min(this.maxOrder, 31 - Math.clz32(at & -at))
      while (at + (1 << order) > end) order--
      this.free(at, order, false)
      at += 1 << order
    }
  }

  typeOf(index: number): MigrateType {
    return this.frames.blockType[index >> this.frames.pageblockOrder]! as MigrateType
  }

  /** Free pages of areas that the kernel counts though there are none. */
  miscount(pages: Pages): void {
    this.nrFree += pages
    this.nrFreeCma += pages
  }

  private account(type: MigrateType, pages: Pages): void {
    if (type === Isolate) return
    this.nrFree += pages
    if (type === Cma) this.nrFreeCma += pages
  }

  private merge(index: number, order: Order, type: MigrateType, toTail: boolean): void {
    const { mark, tag, maxOrder } = this
    const { pageblockOrder } = this.frames
    let block = index
    let current = order
    for (; current < maxOrder; current++) {
      const buddy = block ^ (1 << current)
      if (mark[buddy] !== tag + current) break
      if (current >= pageblockOrder && !this.alignTypes(buddy, current, type)) break
      this.unlink(buddy, current, type)
      block &= ~(1 << current)
    }
    // buddy_merge_likely: while the pair's own buddy is free, this block had better stay for the next merge
    const above = (block & ~(1 << current)) ^ (2 << current)
    this.link(block, current, type, toTail || (current < maxOrder - 1 && mark[above] === tag + current + 1))
  }

  /** A buddy of whole pageblocks takes the freed block's type, on its list too, where both are of kinds that may mix. */
  private alignTypes(buddy: number, order: Order, type: MigrateType): boolean {
    const other = this.typeOf(buddy)
    if (other === type) return true
    if (!mergeable(type) || !mergeable(other)) return false
    this.unlink(buddy, order, other)
    this.retype(buddy, order, type)
    this.link(buddy, order, type, false)
    return true
  }

  private retype(block: number, order: Order, type: MigrateType): void {
    const first = block >> this.frames.pageblockOrder
    this.frames.blockType.fill(type, first, first + Math.max(1, 1 << (order - this.frames.pageblockOrder)))
  }

  /** find_suitable_fallback: a type with a free block of `order`, -1 when there is none. */
  private fallbackType(order: Order, type: MigrateType): number {
    for (const other of FALLBACKS[type] ?? []) if ((this.orders[other]! >>> order) & 1) return other
    return -1
  }

  /** try_to_claim_block */
  private claimBlock(block: number, current: Order, order: Order, from: MigrateType, type: MigrateType): boolean {
    const { pageblockOrder } = this.frames
    if (current >= pageblockOrder) {
      this.unlink(block, current, from)
      this.retype(block, current, type)
      this.link(block, current, type, false)
      return true
    }
    const { free, movable } = this.countBlock(block)
    if (free + this.alike(type, from, free, movable) < 1 << (pageblockOrder - 1)) return false
    this.setBlockType(block, type)
    return this.orders[type]! >>> order !== 0
  }

  /** Frames of a pageblock that are in use by what the request's type would put there too. */
  private alike(type: MigrateType, from: MigrateType, free: Pages, movable: Pages): Pages {
    if (type === Movable) return movable
    return from === Movable ? (1 << this.frames.pageblockOrder) - free - movable : 0
  }

  /** Free frames of the pageblock at `index`, and those that movable pages use. */
  private countBlock(index: number): { free: Pages; movable: Pages } {
    const size = 1 << this.frames.pageblockOrder
    const first = index - (index % size)
    let free = 0
    let movable = 0
    for (let at = first; at < first + size;) {
      const order = this.orderAt(at)
      if (order >= 0) free += 1 << order
      else if (this.frames.holder[at] !== 0) movable++
      at += order < 0 ? 1 : 1 << order
    }
    return { free, movable }
  }

  /** Splits the free block that reaches over the pageblock at `first` into pageblocks. */
  private splitOver(first: number): void {
    const { pageblockOrder } = this.frames
    const block = this.freeBlockOf(first)
    if (block < 0) return
    const order = this.orderAt(block)
    if (order <= pageblockOrder) return
    const type = this.typeOf(block)
    this.unlink(block, order, type)
    for (let at = block; at < block + (1 << order); at += 1 << pageblockOrder)
      this.link(at, pageblockOrder, this.typeOf(at), false)
  }

  /** First block of a list that is not empty. */
  private first(order: Order, type: number): number {
    return this.links[(this.heads + order * FREE_TYPES + type) * 2]!
  }

  private link(block: number, order: Order, type: MigrateType, toTail: boolean): void {
    const { links } = this
    const head = this.heads + order * FREE_TYPES + type
    const before = toTail ? links[head * 2 + 1]! : head
    const after = toTail ? head : links[head * 2]!
    links[block * 2] = after
    links[block * 2 + 1] = before
    links[before * 2] = block
    links[after * 2 + 1] = block
    this.mark[block] = this.tag + order
    if (before === after) this.orders[type]! |= 1 << order
  }

  private unlink(block: number, order: Order, type: MigrateType): void {
    const { links } = this
    const after = links[block * 2]!
    const before = links[block * 2 + 1]!
    links[before * 2] = after
    links[after * 2 + 1] = before
    this.mark[block] = 0
    if (before === after) this.orders[type]! &= ~(1 << order)
  }
}

/** Free lists that a zone needs in the frames' columns. */
export function listsPerZone(maxOrder: Order): number {
  return (maxOrder + 1) * FREE_TYPES
}

function mergeable(type: MigrateType): boolean {
  return type < HighAtomic
}

/** can_steal_fallback */
function canClaim(order: Order, type: MigrateType, pageblockOrder: Order): boolean {
  return order >= pageblockOrder / 2 || type !== Movable
}
