/**
 * mm/oom_kill.c: who dies when no memory is left. Processes are named blocks of movable memory; the largest goes first. Left out:
 * adjustments, control groups, kdump, the dump of the system's state.
 */
import type { Bytes, Order, Pages, Pfn } from '@shared/units.ts'
import { GFP_KERNEL } from './gfp.ts'
import type { Log } from './log.ts'
import type { MovablePages } from './movable.ts'
import type { OutOfMemory, PageAllocator } from './page-alloc.ts'
import type { OomProfile } from './profile.ts'

/** A kernel that is up dies; nothing more happens on the machine. */
export class KernelPanic extends Error {
  override readonly name = 'KernelPanic'
}

/** Nothing is printed and nobody dies, but the call never returns. */
export class KernelHang extends Error {
  override readonly name = 'KernelHang'
}

interface PageBlockOf {
  pfn: Pfn
  order: Order
}

interface Process {
  pid: number
  name: string
  /** Anonymous pages that it has in use. */
  anon: Pages
  /** Name of its block of memory. */
  block: string
  /** Page tables, and the first level of them. */
  tables: PageBlockOf[]
  alive: boolean
}

/** What every process of the recordings' user space has: pages in use (anonymous, of files) and in all. */
const PROCESS = { anon: 361, file: 12, total: 498 }
/** fork(): the first level of its page tables is 16 KiB, its stack in the kernel 8 KiB. */
const FORK = { tableOrder: 2, stackOrder: 1 }
/** Single pages of a process beside the memory that it asks for: tables of what it runs, objects; and pages that it writes to. */
const FIRST = { tables: 5, written: 6 }

/** Root's processes count 3 % less. */
const ROOT_BONUS = 30

export class OomKiller {
  readonly processes: Process[] = []
  private nextPid = 15

  constructor(
    private readonly policy: OomProfile,
    private readonly pages: PageAllocator,
    private readonly movable: MovablePages,
    private readonly log: Log,
    /** User addresses that one page of page tables serves. */
    private readonly tableSpan: Bytes | null,
  ) {
    pages.outOfMemory = (request) => this.run(request)
  }

  /** Starts a process that touches `pages` of anonymous memory beside what it shares with its parent. */
  start(name: string, pages: Pages): void {
    const pid = this.nextPid++
    const block = `${name} ${pid}`
    const tables: PageBlockOf[] = []
    this.take(tables, FORK.tableOrder)
    this.pages.alloc(GFP_KERNEL, FORK.stackOrder)
    for (let n = 0; n < FIRST.tables; n++) this.take(tables, 0)
    this.processes.push({ pid, name, anon: PROCESS.anon + pages, block, tables, alive: true })
    // One that asks for nothing writes to all that it shares with its parent.
    const span = (this.tableSpan ?? Infinity) / this.pages.pageBytes
    this.movable.fill(block, pages > 0 ? pages + FIRST.written : PROCESS.anon, false, (nth) => {
      if (pages > 0 && nth % span === 0) this.take(tables, 0)
    })
  }

  private take(tables: PageBlockOf[], order: Order): void {
    const pfn = this.pages.alloc(GFP_KERNEL, order)
    if (pfn >= 0) tables.push({ pfn, order })
  }

  alive(name: string): number {
    return this.processes.filter((process) => process.alive && process.name === name).length
  }

  /**
   * out_of_memory: true when a process was killed.
   * @throws KernelHang when the watermarks are fine and only pages of areas are left: reclaim then reports progress for ever
   * @throws KernelPanic when nobody can be killed
   */
  private run({ gfp, order, passesWatermark }: OutOfMemory): boolean {
    if (passesWatermark)
      throw new KernelHang('free pages of CMA areas pass the watermark, but the request cannot use them')
    const [victim] = this.processes.filter((process) => process.alive).sort((a, b) => b.anon - a.anon)
    if (!victim) throw new KernelPanic('Out of memory and no killable processes...')
    this.log.print('warn', `init invoked oom-killer: ${this.policy.invoked(gfp, order)}`)
    this.kill(victim)
    return true
  }

  private kill(victim: Process): void {
    const kib = (pages: Pages): string => `${(pages * this.pages.pageBytes) / 1024}kB`
    const { anon } = victim
    const score = Math.max(0, Math.floor((anon * 1000) / this.pages.managedPages()) - ROOT_BONUS)
    const who = `${victim.pid} (${victim.name})`
    this.log.print('err', `Out of memory: Kill process ${who} score ${score} or sacrifice child`)
    const sizes = `total-vm:${kib(PROCESS.total - PROCESS.anon + anon)}, anon-rss:${kib(anon)}, file-rss:${kib(PROCESS.file)}`
    this.log.print('err', `Killed process ${who} ${sizes}`)
    victim.alive = false
    for (const { pfn, order } of victim.tables) this.pages.free(pfn, order)
    const block = this.movable.blocks.find((each) => each.name === victim.block)
    if (block) this.movable.drop(block)
  }
}
