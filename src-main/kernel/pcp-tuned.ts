/**
 * Per-CPU lists whose length tunes itself (struct per_cpu_pages of mm/page_alloc.c from 6.7 on), of the one processor that is modelled:
 * blocks up to order 3 and huge pages, by migratetype. What they hold is free to whoever asks this processor for that type, and used
 * to everybody else, watermarks included. Left out: other processors, locks that are taken.
 */
import type { Order, Pages } from '@shared/units.ts'
import { Movable, Reclaimable, Unmovable, type MigrateType } from './frames.ts'
import type { BlockSource, PerCpuLists } from './pcp.ts'
import type { Zone } from './zone.ts'

/** MIGRATE_PCPTYPES, in the order of the lists. */
const TYPES = [Unmovable, Movable, Reclaimable] as const
/** PAGE_ALLOC_COSTLY_ORDER */
const COSTLY_ORDER = 3
/** CONFIG_PCP_BATCH_SCALE_MAX: a batch grows by at most so many doublings. */
const BATCH_SCALE_MAX = 5

/** struct per_cpu_pages */
export interface PcpSizes {
  batch: Pages
  highMin: Pages
  highMax: Pages
  /** Order of huge pages, which have lists of their own; null: the kernel has none. */
  hugeOrder: Order | null
}

export class TunedPerCpuPages implements PerCpuLists {
  /** First frames of blocks, the hottest last, by order and type. */
  readonly #lists: number[][]
  #count: Pages = 0
  #high: Pages
  /** pcp->alloc_factor: doublings of the next refill. */
  #allocFactor = 0
  /** pcp->free_count: pages freed in a row. */
  #freeCount = 0
  /** PCPF_PREV_FREE_HIGH_ORDER */
  #freedBlock = false

  /** `zone` keeps ZONE_BELOW_HIGH, which ends when `isAboveHigh`; `give` returns a block to the buddy system. */
  constructor(
    private readonly sizes: PcpSizes,
    private readonly zone: Pick<Zone, 'belowHigh' | 'reclaimActive'>,
    private readonly isAboveHigh: () => boolean,
    private readonly give: (index: number, order: Order) => void,
  ) {
    this.#high = sizes.highMin
    const orders = COSTLY_ORDER + 1 + (sizes.hugeOrder === null ? 0 : 1)
    this.#lists = Array.from({ length: orders * TYPES.length }, () => [])
  }

  get batch(): Pages {
    return this.sizes.batch
  }

  get count(): Pages {
    return this.#count
  }

  /** Puts pages in that boot has freed; its refills have made room for one of the largest more. */
  prime(indices: readonly number[], type: MigrateType): void {
    const { batch, highMin, highMax } = this.sizes
    this.#lists[this.#listOf(0, type)]!.push(...indices)
    this.#count += indices.length
    this.#high = Math.min(Math.max(highMin, this.#count) + (batch << BATCH_SCALE_MAX), highMax)
  }

  serves(order: Order): boolean {
    return order <= COSTLY_ORDER || order === this.sizes.hugeOrder
  }

  /** __rmqueue_pcplist */
  take(order: Order, type: MigrateType, buddy: BlockSource): number {
    this.#freeCount >>= 1
    const list = this.#lists[this.#listOf(order, type)]!
    if (list.length === 0) this.#refill(list, order, buddy)
    const index = list.pop()
    if (index === undefined) return -1
    this.#count -= 1 << order
    return index
  }

  /** free_unref_page_commit: blocks of areas and of the reserve go with the movable ones. */
  free(index: number, order: Order, type: MigrateType): void {
    const { batch } = this.sizes
    this.#allocFactor >>= 1
    const at = this.#listOf(order, type)
    this.#lists[at]!.push(index)
    this.#count += 1 << order
    const freesBlocks = this.#freesBlocks(order)
    if (this.#freeCount < batch << BATCH_SCALE_MAX) this.#freeCount += 1 << order
    const high = this.#highToFree(freesBlocks)
    if (this.#count < high) return
    this.#giveBulk(this.#pagesToFree(high, freesBlocks), at)
    if (this.zone.belowHigh && this.isAboveHigh()) this.zone.belowHigh = false
  }

  has(index: number): boolean {
    return this.#lists.some((list, at) =>
      list.some((first) => index >= first && index < first + (1 << this.#orderOf(at))),
    )
  }

  countIn(start: number, end: number): Pages {
    const pagesIn = (list: number[], at: number): Pages =>
      list.filter((index) => index >= start && index < end).length << this.#orderOf(at)
    return this.#lists.reduce((sum, list, at) => sum + pagesIn(list, at), 0)
  }

  /** drain_pages_zone */
  drain(): void {
    while (this.#count > 0) this.#giveBulk(Math.min(this.#count, this.sizes.batch << BATCH_SCALE_MAX), 0)
  }

  /** decay_pcp_high, once a second. */
  decay(): void {
    const { batch, highMin } = this.sizes
    if (this.#high > highMin)
      this.#high = Math.max(this.#count - (batch << BATCH_SCALE_MAX), this.#high - (this.#high >> 3), highMin)
    for (let left = this.#count - this.#high; left > 0; left -= batch) this.#giveBulk(Math.min(left, batch), 0)
  }

  #refill(list: number[], order: Order, buddy: BlockSource): void {
    const fetched: number[] = []
    for (let left = this.#blocksToAlloc(order); left > 0; left--) {
      const index = buddy.next()
      if (index < 0) break
      fetched.push(index)
    }
    this.#count += fetched.length << order
    for (let i = fetched.length - 1; i >= 0; i--) list.push(fetched[i]!)
  }

  /** nr_pcp_alloc */
  #blocksToAlloc(order: Order): number {
    const { batch: base, highMin, highMax } = this.sizes
    let high = (this.#high = clamp(this.#high, highMin, highMax))
    if (high < base) return 1
    let batch = order > 0 ? base : base << this.#allocFactor
    if (highMin !== highMax && !this.zone.belowHigh) high = this.#high = Math.min(high + batch, highMax)
    if (order === 0) {
      const most = Math.max(high - this.#count - base, base)
      if (batch <= most && this.#allocFactor < BATCH_SCALE_MAX) this.#allocFactor++
      batch = Math.min(batch, most)
    }
    return batch > 1 ? Math.max(batch >> order, 2) : batch
  }

  /** Whether blocks have been freed in a row, which had better merge. */
  #freesBlocks(order: Order): boolean {
    const isBlock = order > 0 && order <= COSTLY_ORDER
    const { batch } = this.sizes
    const free = isBlock && this.#freedBlock && this.#freeCount >= batch
    this.#freedBlock = isBlock
    return free
  }

  /** nr_pcp_high */
  #highToFree(freesBlocks: boolean): Pages {
    const { batch, highMin, highMax } = this.sizes
    const high = (this.#high = clamp(this.#high, highMin, highMax))
    if (high === 0) return 0
    if (freesBlocks) {
      this.#high = Math.max(high - (batch << BATCH_SCALE_MAX), highMin)
      return 0
    }
    const less = Math.max(high - Math.max(this.#freeCount, batch), highMin)
    if (this.zone.reclaimActive) {
      this.#high = less
      return Math.min(batch << 2, less)
    }
    if (highMin === highMax) return high
    if (this.zone.belowHigh) {
      this.#high = less
      return Math.max(this.#count, highMin)
    }
    const needed = this.#freeCount + batch
    if (this.#count >= high && high < needed) this.#high = clamp(needed, highMin, highMax)
    return high
  }

  /** nr_pcp_free */
  #pagesToFree(high: Pages, freesBlocks: boolean): Pages {
    const { batch } = this.sizes
    if (freesBlocks) return Math.min(this.#count, batch << BATCH_SCALE_MAX)
    if (high < batch) return 1
    return clamp(this.#freeCount, batch, high - batch)
  }

  /** free_pcppages_bulk: list by list from `first` on, the coldest of each first, until `pages` are given back. */
  #giveBulk(pages: Pages, first: number): void {
    let left = Math.min(pages, this.#count)
    for (let at = first; left > 0; at = (at + 1) % this.#lists.length) {
      const list = this.#lists[at]!
      const order = this.#orderOf(at)
      const blocks = Math.min(list.length, Math.ceil(left / (1 << order)))
      if (blocks === 0) continue
      for (const index of list.splice(0, blocks)) this.give(index, order)
      left -= blocks << order
      this.#count -= blocks << order
    }
  }

  #orderOf(list: number): Order {
    const order = Math.floor(list / TYPES.length)
    return order > COSTLY_ORDER ? this.sizes.hugeOrder! : order
  }

  #listOf(order: Order, type: MigrateType): number {
    const row = order > COSTLY_ORDER ? COSTLY_ORDER + 1 : order
    return row * TYPES.length + (type === Unmovable ? 0 : type === Reclaimable ? 2 : 1)
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(Math.min(value, high), low)
}
