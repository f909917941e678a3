/**
 * Per-CPU lists of single pages (struct per_cpu_pages of mm/page_alloc.c up to 3.7), of the one processor that is modelled: pages in
 * them are free to whoever comes next, but count as used. Left out: cold pages, other processors.
 */
import type { Order, Pages } from '@shared/units.ts'
import { Cma, Isolate, Movable, Reclaimable, Unmovable, type MigrateType } from './frames.ts'

/** MIGRATE_PCPTYPES, in the order of the lists. */
const TYPES = [Unmovable, Reclaimable, Movable] as const

/** Where lists get their blocks from. */
export interface BlockSource {
  /** First frame of a block, -1 when there is none. */
  next(): number
}

/** Blocks that one processor keeps for itself. */
export interface PerCpuLists {
  readonly batch: Pages
  readonly count: Pages
  /** Whether blocks of the order go through the lists. */
  serves(order: Order): boolean
  /** A block of the type, -1 when neither the lists nor the buddy system have one. */
  take(order: Order, type: MigrateType, buddy: BlockSource): number
  free(index: number, order: Order, type: MigrateType): void
  has(index: number): boolean
  /** Pages of [start, end). */
  countIn(start: number, end: number): Pages
  /** drain_all_pages */
  drain(): void
  /** decay_pcp_high, once a second. */
  decay(): void
}

/** Where pages go back to, and the type of their pageblock. */
export interface PageSink {
  /** To the free list of `type`, whatever the pageblock has become. */
  give(index: number, type: MigrateType): void
  typeOf(index: number): MigrateType
}

/** page_private(): the free list that a page goes back to. */
interface Held {
  readonly index: number
  readonly type: MigrateType
}

export class PerCpuPages implements PerCpuLists {
  /** The hottest first. */
  readonly #lists: Held[][] = TYPES.map(() => [])

  constructor(
    readonly batch: Pages,
    private readonly sink: PageSink,
  ) {}

  /** For who looks in: pages on each list. */
  counts(): Pages[] {
    return this.#lists.map((list) => list.length)
  }

  get count(): Pages {
    return this.#lists.reduce((sum, list) => sum + list.length, 0)
  }

  /** buffered_rmqueue: a page of the type; its list is refilled by a batch. -1: there is none. */
  take(_order: Order, type: MigrateType, buddy: BlockSource): number {
    const list = this.#listOf(type)
    for (let n = 0; list.length === 0 || n > 0; n++) {
      const index = n < this.batch ? buddy.next() : -1
      if (index < 0) break
      // rmqueue_bulk: a page that a fall-back brought is the list's; one of an area stays the area's
      const block = this.sink.typeOf(index)
      list.push({ index, type: block === Cma || block === Isolate ? block : type })
    }
    return list.shift()?.index ?? -1
  }

  /** free_hot_cold_page: pages of areas and of the reserve go with the movable ones. */
  free(index: number, _order: Order, type: MigrateType): void {
    this.#listOf(type).unshift({ index, type })
    // pcp->high is six batches
    if (this.count >= 6 * this.batch) this.#giveBatch()
  }

  /** Pages of [start, end). */
  countIn(start: number, end: number): Pages {
    return this.#lists.reduce((sum, list) => sum + list.filter(({ index }) => index >= start && index < end).length, 0)
  }

  serves(order: Order): boolean {
    return order === 0
  }

  decay(): void {}

  has(index: number): boolean {
    return this.#lists.some((list) => list.some((held) => held.index === index))
  }

  /** drain_all_pages */
  drain(): void {
    for (const list of this.#lists) for (const { index, type } of list.splice(0)) this.sink.give(index, type)
  }

  /** free_pcppages_bulk: round and round the lists, one page more from each the longer empty ones are passed. */
  #giveBatch(): void {
    let from = 0
    let run = 0
    for (let left = this.batch; left > 0;) {
      do {
        run++
        from = (from + 1) % TYPES.length
      } while (this.#lists[from]!.length === 0)
      if (run === TYPES.length) run = left
      do {
        const { index, type } = this.#lists[from]!.pop()!
        this.sink.give(index, type)
      } while (--left > 0 && --run > 0 && this.#lists[from]!.length > 0)
    }
  }

  #listOf(type: MigrateType): Held[] {
    const at = TYPES.findIndex((each) => each === type)
    return this.#lists[at < 0 ? TYPES.indexOf(Movable) : at]!
  }
}
