/**
 * Movable pages in use: anonymous memory and files in memory (mm/memory.c, mm/shmem.c) as far as the page allocator and migration
 * see them. Every page has a handle that stays while migration changes the frame behind it. Left out: swap, the page cache of
 * real files, huge pages, which process maps what.
 */
import type { Pages, Pfn } from '@shared/units.ts'
import { GFP_HIGHUSER_MOVABLE } from './gfp.ts'
import type { PageAllocator } from './page-alloc.ts'

/** Pages that are given back together: one touched block of anonymous memory, or one file. */
export interface MovableBlock {
  readonly name: string
  /** Handles; frames are looked up through them. */
  handles: number[]
  /** mlock(): not on the lists that reclaim looks at. */
  readonly locked: boolean
}

export class MovablePages {
  readonly blocks: MovableBlock[] = []
  /** Extra references by frame index: such a page cannot be moved, and is freed only when the last one is dropped. */
  private readonly pins = new Map<number, number>()
  /** Frame index by handle; -1 for a handle that is free. Handle 0 means no page. */
  private frameOf = new Int32Array(1024)
  private made = 1
  private readonly spare: number[] = []
  /** Handles of mlocked pages. */
  private readonly locked = new Set<number>()
  /** Pinned pages whose holder is gone. */
  private readonly orphans = new Set<number>()

  constructor(private readonly pages: PageAllocator) {}

  /** Touches `count` pages under a name, each after `beforePage` was told how many there are; returns how many there was room for. */
  fill(name: string, count: Pages, locked = false, beforePage?: (nth: Pages) => void): Pages {
    const block: MovableBlock = { name, handles: [], locked }
    this.blocks.push(block)
    while (block.handles.length < count) {
      beforePage?.(block.handles.length)
      const pfn = this.pages.alloc(GFP_HIGHUSER_MOVABLE, 0)
      if (pfn < 0) break
      const handle = this.hold(this.pages.frames.indexOf(pfn))
      if (locked) this.locked.add(handle)
      block.handles.push(handle)
    }
    return block.handles.length
  }

  /** Of a block, keeps every `stride`-th page and gives the rest back. */
  punch(block: MovableBlock, stride: number): void {
    const kept = block.handles.filter((_, i) => i % stride === 0)
    block.handles.filter((_, i) => i % stride !== 0).forEach((handle) => this.release(handle))
    block.handles = kept
  }

  drop(block: MovableBlock): void {
    this.blocks.splice(this.blocks.indexOf(block), 1)
    block.handles.forEach((handle) => this.release(handle))
  }

  isMovable(index: number): boolean {
    return this.pages.frames.holder[index] !== 0 && !this.pins.has(index)
  }

  isLocked(index: number): boolean {
    return this.locked.has(this.pages.frames.holder[index]!)
  }

  isInUse(index: number): boolean {
    return this.pages.frames.holder[index] !== 0
  }

  /** First pinned frame of [start, end), -1 when none is. */
  firstPinned(start: number, end: number): number {
    let first = -1
    for (const index of this.pins.keys())
      if (index >= start && index < end && (first < 0 || index < first)) first = index
    return first
  }

  /** get_page on a frame, whether or not the model has it in use. */
  pin(pfn: Pfn): void {
    const index = this.pages.frames.indexOf(pfn)
    this.pins.set(index, (this.pins.get(index) ?? 0) + 1)
  }

  /** Drops every extra reference; returns how many there were. */
  unpinAll(): number {
    let count = 0
    for (const references of this.pins.values()) count += references
    this.pins.clear()
    for (const handle of this.orphans) this.release(handle)
    this.orphans.clear()
    return count
  }

  /** migrate_folio: the page in frame `from` lives in `to` from now on. */
  move(from: number, to: number): void {
    const { holder } = this.pages.frames
    const handle = holder[from]!
    holder[from] = 0
    holder[to] = handle
    this.frameOf[handle] = to
  }

  private hold(index: number): number {
    const handle = this.spare.pop() ?? this.made++
    if (handle >= this.frameOf.length) this.grow()
    this.frameOf[handle] = index
    this.pages.frames.holder[index] = handle
    return handle
  }

  private release(handle: number): void {
    const index = this.frameOf[handle]!
    if (this.pins.has(index)) {
      this.orphans.add(handle)
      return
    }
    this.pages.frames.holder[index] = 0
    this.locked.delete(handle)
    this.spare.push(handle)
    this.pages.free(this.pages.frames.pfnOf(index), 0)
  }

  private grow(): void {
    const larger = new Int32Array(this.frameOf.length * 2)
    larger.set(this.frameOf)
    this.frameOf = larger
  }
}
