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

/** The same before 4.1, where an area is one of the places. */
const LARGEST_FALLBACKS: readonly (readonly MigrateType[])[] = [
  [Reclaimable, Movable],
  [Cma, Reclaimable, Unmovable],
  [Unmovable, Movable],
]

/** FREE_TYPES, and room that makes the step between orders a shift. */
const LISTS_PER_ORDER = 8

export class ZoneLists {
  /** NR_FREE_PAGES, without isolated pages. */
  nrFree: Pages = 0
  /** NR_FREE_CMA_PAGES */
  nrFreeCma: Pages = 0
  /** Told when a request is to claim a pageblock of which it finds only a part free. */
  fellBack: () => void = () => undefined
  // the frames' columns, kept at hand: every call reads them
  private readonly links: Int32Array
  private readonly mark: Uint8Array
  private readonly blockType: Uint8Array
  private readonly pageblockOrder: Order
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
    this.blockType = frames.blockType
    this.pageblockOrder = frames.pageblockOrder
    this.maxOrder = frames.maxOrder
    this.heads = frames.count + zone * listsPerZone(frames.maxOrder)
    this.tag = zone * 32 + 1
  }

  /** __rmqueue_smallest and expand: index of a block of `order` off the lists of `type`, -1 when they have none. */
  take(order: Order, type: MigrateType): number {
    const { links, mark, tag, maxOrder } = this
    let head = this.headOf(order, type)
    for (let current = order; current <= maxOrder; current++, head += LISTS_PER_ORDER) {
      const block = links[head << 1]!
      if (block === head) continue
      const after = links[block << 1]!
      links[head << 1] = after
      links[(after << 1) | 1] = head
      mark[block] = 0
      while (current > order) {
        // the lists between were found empty, so each half is the only block of its own
        current--
        head -= LISTS_PER_ORDER
        const half = block | (1 << current)
        links[half << 1] = links[(half << 1) | 1] = head
        links[head << 1] = links[(head << 1) | 1] = half
        mark[half] = tag + current
      }
      this.account(type, -1 << order)
      return block
    }
    return -1
  }

  /** Order of the largest free block of a type; -1 when it has none. */
  largestOrder(type: MigrateType): Order {
    let order = this.maxOrder
    while (order >= 0 && this.isEmpty(order, type)) order--
    return order
  }

  /**
   * __rmqueue_fallback before 4.1: off the largest free block of another type, -1 when there is none. Where that is large, all that is
   * free in its pageblock comes along, and the pageblock itself if that is half of it. Pages of areas stay where they are.
   */
  takeLargest(order: Order, type: MigrateType): number {
    for (let current = this.maxOrder; current >= order; current--)
      for (const from of LARGEST_FALLBACKS[type] ?? [])
        if (!this.isEmpty(current, from)) return this.takeFrom(from, current, order, type)
    return -1
  }

  private takeFrom(from: MigrateType, current: Order, order: Order, type: MigrateType): number {
    const { pageblockOrder } = this
    const block = this.first(current, from)
    const rest = from === Cma ? Cma : type
    if (from !== Cma) {
      const brings = current >= pageblockOrder >> 1 || type === Reclaimable
      const moved = brings ? this.moveFree(block, type) : 0
      if (current >= pageblockOrder) this.retype(block, current, type)
      else if (moved >= 1 << (pageblockOrder - 1)) this.retype(block, pageblockOrder, type)
    }
    this.unlink(block)
    for (let half = current - 1; half >= order; half--) this.link(block + (1 << half), half, rest)
    this.account(rest, -(1 << order))
    return block
  }

  /** move_freepages_block: the free blocks of a pageblock go to the lists of `type`; how many pages. */
  private moveFree(index: number, type: MigrateType): Pages {
    const size = 1 << this.pageblockOrder
    const first = index - (index % size)
    let moved = 0
    for (let at = first; at < first + size;) {
      const order = this.orderAt(at)
      if (order >= 0) {
        this.unlink(at)
        this.link(at, order, type)
        moved += 1 << order
      }
      at += order < 0 ? 1 : 1 << order
    }
    return moved
  }

  /**
   * __free_one_page: gives a block of 2^`order` frames back to the list of `type`, its pageblock's unless said, and merges it; `toTail` is
   * FPI_TO_TAIL.
   */
  free(index: number, order: Order, toTail: boolean, type: MigrateType = this.typeOf(index)): void {
    this.account(type, 1 << order)
    const { mark, tag, maxOrder, pageblockOrder } = this
    let block = index
    let current = order
    for (; current < maxOrder; current++) {
      const buddy = block ^ (1 << current)
      if (mark[buddy] !== tag + current) break
      if (current >= pageblockOrder && !this.alignTypes(buddy, current, type)) break
      this.unlink(buddy)
      block &= buddy
    }
    const head = this.headOf(current, type)
    let before = head
    if (toTail) before = this.links[(head << 1) | 1]!
    else if (current < maxOrder - 1) {
      // buddy_merge_likely: while the pair's own buddy is free, this block had better stay for the next merge
      const above = (block & ~(1 << current)) ^ (2 << current)
      if (mark[above] === tag + current + 1) before = this.links[(head << 1) | 1]!
    }
    this.insert(block, before, current)
  }

  /** Number of free blocks of an order and type. */
  blockCount(order: Order, type: MigrateType): number {
    const head = this.headOf(order, type)
    let count = 0
    for (let block = this.links[head << 1]!; block !== head; block = this.links[block << 1]!) count++
    return count
  }

  /** Whether the types of `mask` (a bit each) have a free block of `order` or more. */
  hasOrder(order: Order, mask: number): boolean {
    for (let current = order; current <= this.maxOrder; current++)
      for (let type = 0; type < FREE_TYPES; type++)
        if ((mask >>> type) & 1 && !this.isEmpty(current, type as MigrateType)) return true
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
      if (from === null) continue
      const block = this.first(current, from)
      if (this.claimBlock(block, current, order, from, type)) return this.take(order, type)
    }
    return -1
  }

  /** __rmqueue_steal: the smallest block of another type, without changing its pageblock; -1 when there is none. */
  steal(order: Order, type: MigrateType): number {
    for (let current = order; current <= this.maxOrder; current++) {
      const from = this.fallbackType(current, type)
      if (from !== null) return this.take(order, from)
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
      this.unlink(at)
      this.link(at, order, type)
      this.account(from, -(1 << order))
      this.account(type, 1 << order)
      at += 1 << order
    }
  }

  /**
   * Takes off the lists what is free of the pageblock at `first`. A region that failed gives its memory back, also where it overlaps an
   * area; the kernel then has those pages on its lists twice, and crashes when it uses them. Here they are the area's.
   */
  clearBlock(first: number): void {
    this.splitOver(first)
    for (let at = first; at < first + (1 << this.pageblockOrder);) {
      const order = this.orderAt(at)
      if (order >= 0) {
        this.unlink(at)
        this.account(this.typeOf(at), -(1 << order))
      }
      at += order < 0 ? 1 : 1 << order
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
      this.unlink(at)
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
    return this.blockType[index >> this.pageblockOrder]! as MigrateType
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

  /** A buddy of whole pageblocks takes the freed block's type, on its list too, where both are of kinds that may mix. */
  private alignTypes(buddy: number, order: Order, type: MigrateType): boolean {
    const other = this.typeOf(buddy)
    if (other === type) return true
    if (!mergeable(type) || !mergeable(other)) return false
    this.unlink(buddy)
    this.retype(buddy, order, type)
    this.link(buddy, order, type)
    return true
  }

  private retype(block: number, order: Order, type: MigrateType): void {
    const first = block >> this.frames.pageblockOrder
    this.frames.blockType.fill(type, first, first + Math.max(1, 1 << (order - this.frames.pageblockOrder)))
  }

  /** find_suitable_fallback: a type with a free block of `order`, null when there is none. */
  private fallbackType(order: Order, type: MigrateType): MigrateType | null {
    for (const other of FALLBACKS[type] ?? []) if (!this.isEmpty(order, other)) return other
    return null
  }

  /** try_to_claim_block */
  private claimBlock(block: number, current: Order, order: Order, from: MigrateType, type: MigrateType): boolean {
    const { pageblockOrder } = this.frames
    if (current >= pageblockOrder) {
      this.unlink(block)
      this.retype(block, current, type)
      this.link(block, current, type)
      return true
    }
    this.fellBack()
    const { free, movable } = this.countBlock(block)
    if (free + this.alike(type, from, free, movable) < 1 << (pageblockOrder - 1)) return false
    this.setBlockType(block, type)
    return this.largestOrder(type) >= order
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
    this.unlink(block)
    for (let at = block; at < block + (1 << order); at += 1 << pageblockOrder)
      this.link(at, pageblockOrder, this.typeOf(at))
  }

  private headOf(order: Order, type: MigrateType): number {
    return (this.heads + (order << 3) + type) | 0
  }

  /** First block of a list; its head when it is empty. */
  private first(order: Order, type: MigrateType): number {
    return this.links[this.headOf(order, type) << 1]!
  }

  private isEmpty(order: Order, type: MigrateType): boolean {
    return this.first(order, type) === this.headOf(order, type)
  }

  /** Puts a free block at the head of its list. */
  private link(block: number, order: Order, type: MigrateType): void {
    this.insert(block, this.headOf(order, type), order)
  }

  /** Puts a free block behind another of its list, or behind the head. */
  private insert(block: number, before: number, order: Order): void {
    const { links } = this
    const after = links[before << 1]!
    links[block << 1] = after
    links[(block << 1) | 1] = before
    links[before << 1] = block
    links[(after << 1) | 1] = block
    this.mark[block] = this.tag + order
  }

  private unlink(block: number): void {
    const { links } = this
    const after = links[block << 1]!
    const before = links[(block << 1) | 1]!
    links[before << 1] = after
    links[(after << 1) | 1] = before
    this.mark[block] = 0
  }
}

/** Free lists that a zone needs in the frames' columns. */
export function listsPerZone(maxOrder: Order): number {
  return (maxOrder + 1) * LISTS_PER_ORDER
}

function mergeable(type: MigrateType): boolean {
  return type < HighAtomic
}

/** can_steal_fallback */
function canClaim(order: Order, type: MigrateType, pageblockOrder: Order): boolean {
  return order >= pageblockOrder / 2 || type !== Movable
}
