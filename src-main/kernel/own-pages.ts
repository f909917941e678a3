/**
 * What the kernel and its first process take for themselves while they start. Of 6.12 amounts are known. Of the kernels of 2012 it
 * is known which pages come one by one and so through the per-CPU lists, and what those lists hold in the end follows from that.
 * Left out: what any single page is for.
 */
import { alignDown, type AddressRange, type Bytes, type Order, type Pages } from '@shared/units.ts'
import { BootPanic, type EarlyBoot } from './early-boot.ts'
import { GFP_HIGHUSER, GFP_KERNEL, __GFP_RECLAIMABLE } from './gfp.ts'
import type { Kmalloc } from './kmalloc.ts'
import type { MovablePages } from './movable.ts'
import type { PageAllocator } from './page-alloc.ts'

/** Amounts, taken page by page. */
export interface OwnAmounts {
  /** When the initcalls make the pools; given the bytes of RAM. */
  atInitcalls: (physMemBytes: Bytes) => Bytes
  /** Of what is used later, how much the per-CPU lists have fetched by then; given their batch. */
  listed: (batch: Pages) => Bytes
  /** Between then and the first driver's request, beside what the ramdisk unpacks to; `anon` is the first process's own. */
  late: { unmovable: (physMemBytes: Bytes) => Bytes; reclaimable: Bytes; anon: Bytes }
}

/** The start of a kernel of 2012, in its order; pages are single ones where nothing else is said. */
export interface OwnStartup {
  /** Until there are per-CPU lists. */
  boot: Pages
  /** From setup_per_cpu_pageset() to the pools' initcall. */
  early: Pages
  /** From there until init memory is given back. */
  beforeInit: Pages
  /** From there to the first driver's request. */
  last: Pages
  /** Larger blocks behind the pools' initcall, which per-CPU lists do not see. */
  inBlocks: Pages
  /** Until there are per-CPU lists, for caches of names and inodes, which it could give back. */
  reclaimable: Pages
  /** __init_end - __init_begin; given back once the initcalls are through. */
  initBytes: Bytes
  /** What the ramdisk unpacks to, in page cache. */
  rootfs: Pages
  /** Anonymous memory of the first process. */
  process: Pages
}

export interface Startup {
  readonly early: EarlyBoot
  readonly pages: PageAllocator
  readonly movable: MovablePages
  /** Of the zone that serves the kernel itself, as the per-CPU lists are set up before areas are activated. */
  readonly batchAtBoot: Pages
  /** Whether boot has isolated a range. */
  readonly contig: { readonly used: boolean }
  readonly kmalloc: Kmalloc
}

/** Caches that the kernel could give back, but is not asked to. */
const RECLAIMABLE = GFP_KERNEL | __GFP_RECLAIMABLE

/** POOL_SIZE of mm/bounce.c: pages kept for bouncing blocks of high memory. */
const EMERGENCY_POOL: Pages = 64

/** Largest block that a cache of objects is made of. */
const SLAB_ORDER: Order = 3

/** What is taken when the initcalls come to the pools. */
export function takeEarlyPages(startup: Startup): void {
  const { early, pages, batchAtBoot } = startup
  const { own } = early.profile.pageAlloc
  if ('boot' in own) return takeBootPages(startup, own)
  takeBytes(pages, own.atInitcalls(early.memblock.physMemBytes) + own.listed(batchAtBoot), GFP_KERNEL)
  takeBytes(pages, Math.min(own.late.reclaimable, pages.pageBytes), RECLAIMABLE)
}

/** What else is taken and given back before the first driver asks. */
export function takeLatePages(startup: Startup): void {
  const { early, pages, movable } = startup
  const { own } = early.profile.pageAlloc
  if ('boot' in own) return startFirstProcess(startup, own)
  const { initrd, kernelImage } = early.loader
  for (const loaded of [kernelImage, ...(initrd ? [initrd] : [])]) expectUntouched(startup, loaded)
  if (initrd) {
    // populate_rootfs: files in memory, taken while the ramdisk is still there
    movable.fill('rootfs', Math.ceil((initrd.end - initrd.start) / pages.pageBytes))
    // what a refused region gave back of it went to the allocator with the rest of RAM
    for (const { start, end } of early.memblock.takenIn(initrd)) pages.releaseBootMemory(start, end)
  }
  takeBytes(pages, own.late.unmovable(early.memblock.physMemBytes) - own.listed(startup.batchAtBoot), GFP_KERNEL)
  takeBytes(pages, own.late.reclaimable, RECLAIMABLE)
  movable.fill('init', Math.ceil(own.late.anon / pages.pageBytes))
}

/** A refused region over the image or the ramdisk gives their memory back; a kernel that hands it out overwrites itself. */
function expectUntouched({ early, pages }: Startup, loaded: AddressRange): void {
  for (const { start, end } of early.memblock.freeIn(loaded))
    for (let pfn = Math.ceil(start / pages.pageBytes); pfn < Math.floor(end / pages.pageBytes); pfn++)
      if (pages.zoneOf(pfn).lists.freeBlockOf(pages.frames.indexOf(pfn)) < 0)
        throw new BootPanic(
          'the kernel overwrites itself: a reserved region gave back memory of its image or its ramdisk',
        )
}

/** do_initcalls() from rootfs_initcall on, free_initmem() and the exec of /init. */
function startFirstProcess({ early, pages, movable, contig, kmalloc }: Startup, own: OwnStartup): void {
  const { initrd, kernelImage } = early.loader
  // __update_cma_watermarks
  if (contig.used) pages.setWatermarks(true)
  // the names of its files fill one more page of their cache
  takeSingles(pages, 1, RECLAIMABLE)
  takeSingles(pages, own.rootfs + scriptPages(early), GFP_HIGHUSER)
  if (initrd) pages.giveBackBootMemory(initrd.start, initrd.end)
  pages.setWatermarks(contig.used)
  const hasHighmem = pages.zones.some((zone) => zone.name === 'HighMem' && zone.managed > 0)
  takeSingles(pages, own.beforeInit + (hasHighmem ? EMERGENCY_POOL : 0), GFP_KERNEL)
  const initEnd = alignDown(kernelImage.end, pages.pageBytes)
  pages.giveBackBootMemory(Math.max(kernelImage.start, initEnd - own.initBytes), initEnd)
  takeSingles(pages, own.last, GFP_KERNEL)
  takeBlocks(pages, own.inBlocks, GFP_KERNEL)
  takeBitmaps({ early, kmalloc }, false)
  movable.fill('init', own.process)
}

function takeBootPages({ early, pages, kmalloc }: Startup, own: OwnStartup): void {
  takeSingles(pages, own.boot, GFP_KERNEL)
  takeSingles(pages, own.reclaimable, RECLAIMABLE)
  pages.setUpPerCpu()
  takeBitmaps({ early, kmalloc }, true)
  takeSingles(pages, own.early, GFP_KERNEL)
}

/** cma_create_area: a bitmap each. What small ones take of a cache is felt when all of boot's objects are made. */
function takeBitmaps({ early, kmalloc }: Pick<Startup, 'early' | 'kmalloc'>, large: boolean): void {
  for (const { size } of early.cma) {
    const bytes = size / early.profile.page.sizeBytes / 8
    if (kmalloc.isLarge(bytes) === large) kmalloc.alloc(bytes)
  }
}

function takeSingles(pages: PageAllocator, count: Pages, gfp: number): void {
  for (let n = 0; n < count && pages.alloc(gfp, 0) >= 0; n++);
}

/** An even number of pages. */
function takeBlocks(pages: PageAllocator, count: Pages, gfp: number): void {
  for (let left = count; left > 1;) {
    const order = Math.min(SLAB_ORDER, Math.floor(Math.log2(left)))
    if (pages.alloc(gfp, order) < 0) return
    left -= 1 << order
  }
}

function takeBytes(pages: PageAllocator, bytes: Bytes, gfp: number): void {
  for (let taken = 0; taken < bytes && pages.alloc(gfp, 0) >= 0; taken += pages.pageBytes);
}

/** A recording's script lies in the ramdisk, which is a whole number of half KiB, and is unpacked with it. */
function scriptPages({ loader: { initrd }, profile }: EarlyBoot): Pages {
  const { ramdiskBytes } = profile.recorded
  if (!initrd || ramdiskBytes === null) return 0
  return Math.max(0, Math.ceil((initrd.end - initrd.start - ramdiskBytes - 256) / profile.page.sizeBytes))
}
