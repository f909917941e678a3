/**
 * What programs do to memory while drivers ask for theirs: anonymous memory, files in memory, pins, and a module that takes every
 * page it can get. Left out: who the programs are.
 */
import type { Order, Pages, Pfn } from '@shared/units.ts'
import type { CmaArea } from './cma.ts'
import { GFP_KERNEL, __GFP_NOWARN } from './gfp.ts'
import type { HogResult, Kernel, MovableRun } from './kernel.ts'
import type { MovableBlock } from './movable.ts'
import type { Rooms } from './rooms.ts'

const ANON = 'anon'

export class UserSpace {
  /** Page tables of each block of anonymous memory. */
  private readonly tables: Pfn[][] = []
  private readonly hogged: { pfn: Pfn; order: Order }[] = []

  constructor(private readonly rooms: Rooms) {}

  /** Touches pages and keeps them; how many there were. */
  touchAnon(pages: Pages, locked: boolean): Pages {
    const tables: Pfn[] = []
    this.tables.push(tables)
    const touched = this.rooms.movable.fill(ANON, pages, locked, (nth) => this.addTable(tables, nth))
    return touched
  }

  /** Of the last block keeps every `stride`-th page. */
  punchAnon(stride: number): void {
    const block = this.lastAnon()
    if (block) this.rooms.movable.punch(block, stride)
  }

  freeAnon(): void {
    const block = this.lastAnon()
    if (!block) return
    this.rooms.movable.drop(block)
    for (const pfn of this.tables.pop() ?? []) this.rooms.pages.free(pfn, 0)
  }

  /** __pte_alloc: a page of page tables before the first page that it maps is touched. */
  private addTable(tables: Pfn[], nth: Pages): void {
    const { pages, profile } = this.rooms
    const span = profile.pageAlloc.userTableSpan
    if (span === null || nth % (span / pages.pageBytes) !== 0) return
    const pfn = pages.alloc(GFP_KERNEL, 0)
    if (pfn >= 0) tables.push(pfn)
  }

  writeTmpfs(name: string, pages: Pages): Pages {
    return this.rooms.movable.fill(`tmpfs:${name}`, pages)
  }

  removeTmpfs(name: string): void {
    const block = this.rooms.movable.blocks.find((each) => each.name === `tmpfs:${name}`)
    if (block) this.rooms.movable.drop(block)
  }

  /** Pins up to `count` movable pages in use in the area, each at least `stride` pages behind the one before. */
  pinPages(area: CmaArea, count: number, stride: number): Pages[] {
    const { movable, pages } = this.rooms
    const first = pages.frames.indexOf(area.basePfn)
    const pinned: Pages[] = []
    for (let offset = 0; offset < area.count && pinned.length < count;) {
      if (!movable.isInUse(first + offset)) {
        offset++
        continue
      }
      pinned.push(offset)
      offset += stride
    }
    this.pinAt(area, pinned)
    return pinned
  }

  pinAt(area: CmaArea, offsets: readonly Pages[]): void {
    for (const offset of offsets) this.rooms.movable.pin(area.basePfn + offset)
  }

  hog(order: Order, count: number, gfp: number): HogResult {
    const { pages, cma, profile } = this.rooms
    const flags = profile.recorded.hogWarns ? gfp : gfp | __GFP_NOWARN
    let got = 0
    let inArea = 0
    while (got < count) {
      const pfn = pages.alloc(flags, order)
      if (pfn < 0) break
      this.hogged.push({ pfn, order })
      if (cma.areas.some((area) => area.contains(pfn))) inArea++
      got++
    }
    const { total, cma: freeCmaPages } = pages.freePages()
    pages.helpers?.run()
    return { got, inArea, failed: got < count, freePages: total, freeCmaPages }
  }

  unhog(count = this.hogged.length): number {
    const given = this.hogged.splice(this.hogged.length - count, count)
    for (const { pfn, order } of given) this.rooms.pages.free(pfn, order)
    return given.length
  }

  /** Runs of pages that movable pages use; pinned ones are runs of their own. */
  movableRuns(area: CmaArea): MovableRun[] {
    const { movable, pages } = this.rooms
    const first = pages.frames.indexOf(area.basePfn)
    const runs: MovableRun[] = []
    for (let page = 0; page < area.count; page++) {
      if (!movable.isInUse(first + page)) continue
      const pinned = !movable.isMovable(first + page)
      const last = runs.at(-1)
      if (last && last.pinned === pinned && last.start + last.pages === page) last.pages++
      else runs.push({ start: page, pages: 1, pinned })
    }
    return runs
  }

  /** Per pageblock of the area: pages allocated from it, free, and in use by movable pages. */
  areaMap(area: CmaArea): ReturnType<Kernel['areaMap']> {
    const { frames } = this.rooms.pages
    const pageblockPages = 2 ** frames.pageblockOrder
    const blocks: [number, number, number][] = []
    for (let offset = 0; offset < area.count; offset += pageblockPages) {
      const end = Math.min(offset + pageblockPages, area.count)
      const allocated = allocatedIn(area, offset, end)
      const movable = this.usedIn(frames.indexOf(area.basePfn + offset), end - offset) - allocated
      blocks.push([allocated, end - offset - allocated - movable, movable])
    }
    return { pageblockPages, blocks }
  }

  /** Frames that are neither in the buddy system nor in a per-CPU list. */
  private usedIn(first: number, count: Pages): Pages {
    const { pages } = this.rooms
    const { lists, pcp } = pages.zoneOf(pages.frames.pfnOf(first))
    let used = 0
    for (let index = first; index < first + count; index++) {
      const order = lists.orderAt(index)
      if (order > 0) index += (1 << order) - 1
      else if (order < 0 && !pcp?.has(index)) used++
    }
    return used
  }

  private lastAnon(): MovableBlock | undefined {
    return this.rooms.movable.blocks.findLast((block) => block.name === ANON)
  }
}

function allocatedIn({ bitmap, orderPerBit }: CmaArea, start: Pages, end: Pages): Pages {
  let count = 0
  for (let page = start; page < end; page++) if (bitmap.test(page >> orderPerBit)) count++
  return count
}
