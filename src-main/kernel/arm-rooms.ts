/**
 * What arch/arm/mm/dma-mapping.c sets up before its first user in 3.4 to 3.7: the consistent window (consistent_init), the vmalloc
 * space beside it, and the atomic pool (coherent_init, atomic_pool_init). Left out: page tables.
 */
import { alignUp, KiB, MiB, orderOf, type Bytes, type Pages } from '@shared/units.ts'
import type { ArmDmaProfile, ArmPoolProfile } from './arm-dma-profile.ts'
import { ArmIovaMapping } from './arm-iova.ts'
import { ArmPool } from './arm-pool.ts'
import { BootPanic, type EarlyBoot } from './early-boot.ts'
import { GFP_KERNEL, __GFP_DMA } from './gfp.ts'
import { memparse } from './memparse.ts'
import type { AtomicPool, AtomicPoolState, Rooms } from './rooms.ts'
import { VmapAreas } from './vmap-area.ts'
import { VmRegionHead } from './vmregion.ts'

/** Lazily freed areas are released when more than 32 MiB for each binary digit of the number of processors wait. */
const LAZY_BYTES = 32 * MiB
/** Kernel addresses that one page of page tables serves. */
const TABLE_SPAN = 2 * MiB
/** Alignment of device memory, as orders of bytes. */
const PAGE_SHIFT = 12
const IOREMAP_MAX_ORDER = 24

export class ArmRooms {
  readonly window: VmRegionHead | null
  readonly vmap: VmapAreas
  readonly pool: ArmPool | null
  readonly iova: ArmIovaMapping | null
  /** 2 MiB ranges of vmalloc space that have page tables. */
  readonly #tables = new Set<number>()

  constructor(
    private readonly rooms: Rooms,
    readonly profile: ArmDmaProfile,
  ) {
    this.window = consistentWindow(rooms)
    // consistent_init: page tables for all of it
    if (this.windowReady)
      for (let at = this.window!.start; at < this.window!.end; at += TABLE_SPAN) rooms.pages.alloc(GFP_KERNEL, 0)
    this.vmap = vmallocSpace(rooms)
    const [before, after] = rooms.profile.vmalloc.lazyPagesOfBoot
    this.#leaveLazyArea(before)
    this.pool = profile.pool && this.#initPool(profile.pool)
    this.#leaveLazyArea(after)
    const { iommu } = profile
    this.iova = iommu && new ArmIovaMapping(iommu.base, iommu.sizeBytes, rooms.profile.page.sizeBytes, 0)
  }

  /** The kernel's address of low memory. */
  linear(phys: Bytes): Bytes {
    return this.rooms.early.highMemory - this.rooms.early.numbers.lowmem_limit! + phys
  }

  /** The board asks for what no kernel of the time had: the old code where the area cannot serve. */
  get fallsBack(): boolean {
    return 'cma-fallback' in this.rooms.early.board.lab.properties
  }

  /** False: the kernel has a window, but does not set it up. */
  get windowReady(): boolean {
    return this.window !== null && (this.rooms.profile.vmalloc.window!.ready || this.fallsBack)
  }

  /** vmalloc space for `size` bytes; a page of page tables for each 2 MiB that is mapped for the first time. */
  mapVmalloc(size: Bytes): Bytes | null {
    const at = this.vmap.alloc(size)
    if (at !== null) this.#addTables(at, size)
    return at
  }

  /** ioremap: at a multiple of the next power of two, 16 MiB at most; whole sections need no page tables. */
  mapIo(phys: Bytes, size: Bytes): Bytes | null {
    const order = Math.min(IOREMAP_MAX_ORDER, Math.max(PAGE_SHIFT, Math.floor(Math.log2(size)) + 1))
    const at = this.vmap.alloc(size, 2 ** order)
    if (at !== null && (phys % MiB !== 0 || size % MiB !== 0)) this.#addTables(at, size)
    return at
  }

  #addTables(at: Bytes, size: Bytes): void {
    for (let table = Math.floor(at / TABLE_SPAN); table * TABLE_SPAN < at + size; table++) {
      if (this.#tables.has(table)) continue
      this.#tables.add(table)
      this.rooms.pages.alloc(GFP_KERNEL, 0)
    }
  }

  /** What boot mapped for a while stays taken until the lazily freed areas are released. */
  #leaveLazyArea(count: Pages): void {
    if (count === 0) return
    const at = this.vmap.alloc((count - 1) * this.rooms.profile.page.sizeBytes)
    if (at !== null) this.vmap.free(at)
  }

  #initPool(policy: ArmPoolProfile): ArmPool | null {
    const { log, early, profile } = this.rooms
    const size = poolBytes(early, policy)
    const page = profile.page.sizeBytes
    const kib = Math.floor(size / KiB)
    const phys = policy.from === 'area' ? this.#poolFromArea(size) : this.#poolFromPages(size)
    if (phys === null) {
      log.print('err', `DMA: failed to allocate ${kib} KiB pool for atomic coherent allocation`)
      return null
    }
    // The mapping is changed page by page until its exact end is met, which never happens.
    if (size % page !== 0) throw new BootPanic('a coherent pool that is no whole number of pages')
    const address = policy.from === 'area' ? this.linear(phys) : this.mapVmalloc(size)!
    log.print('info', `DMA: preallocated ${kib} KiB pool for atomic coherent allocations`)
    return new ArmPool(phys, address, size, page, policy.from === 'area' ? 'linear' : 'vmalloc', policy.search)
  }

  #poolFromArea(size: Bytes): Bytes | null {
    const page = this.rooms.profile.page.sizeBytes
    const pfn = this.rooms.contiguous.allocFrom(null, Math.floor(size / page), orderOf(size / page), false)
    return pfn < 0 ? null : pfn * page
  }

  #poolFromPages(size: Bytes): Bytes | null {
    const { pages, profile } = this.rooms
    const page = profile.page.sizeBytes
    // get_order(0) is that of a size wrapped below zero.
    const order = size === 0 ? 20 : orderOf(size / page)
    const pfn = pages.alloc(GFP_KERNEL | __GFP_DMA, order)
    if (pfn < 0) return null
    pages.trim(pfn, order, Math.ceil(size / page))
    return pfn * page
  }
}

/** The pool as reports and the state of a kernel see it. */
export class ArmPoolView implements AtomicPool {
  constructor(private readonly pool: ArmPool) {}

  alloc(): null {
    return null
  }

  free(): boolean {
    return false
  }

  runWork(): void {}

  state(): AtomicPoolState[] {
    const { base, address, sizeBytes, pageBytes } = this.pool
    const usedPages = this.pool.usedPages()
    const chunks = [{ base, size: sizeBytes }]
    const availBytes = (this.pool.totalPages() - usedPages) * pageBytes
    return [{ name: 'arm', sizeBytes, availBytes, chunks, usedPages, regions: this.pool.regions(), address }]
  }
}

/** consistent_init and init_consistent_dma_size: whole 2 MiB, only ever larger than the default, and never into vmalloc space. */
function consistentWindow({ profile, early }: Rooms): VmRegionHead | null {
  const { window } = profile.vmalloc
  if (!window) return null
  const asked = alignUp(Number(early.board.lab.properties['consistent-dma-size']?.[0] ?? 0), 2 * MiB)
  if (window.endBytes - asked < early.numbers.vmalloc_end!)
    throw new BootPanic('the consistent window reaches into vmalloc space')
  return new VmRegionHead(window.endBytes - Math.max(window.defaultBytes, asked), window.endBytes)
}

function vmallocSpace({ profile, early }: Rooms): VmapAreas {
  const { sizeBytes } = profile.page
  const { vmalloc_start: start, vmalloc_end: end } = early.numbers
  // What boot used and gave back stays taken like any lazily freed area.
  const digits = Math.floor(Math.log2(early.loader.cpus)) + 1
  const fixed = profile.vmalloc.fixed.filter((area) => area.start >= start! && area.end <= end!)
  return new VmapAreas(start!, end!, sizeBytes, (digits * LAZY_BYTES) / sizeBytes, fixed)
}

/** `coherent_pool=`, to the byte; a platform's size counts only while the default stands. */
function poolBytes(early: EarlyBoot, policy: ArmPoolProfile): Bytes {
  const param = early.params.findLast((each) => each.name === 'coherent_pool')
  if (param?.value === null) throw new BootPanic('coherent_pool without a value')
  const asked = param ? memparse(param.value).value % 2 ** 32 : policy.defaultBytes
  if (asked !== policy.defaultBytes) return asked
  const platform = policy.platformBytes.find((row) => early.board.compatible.includes(row.compatible))
  return platform?.bytes ?? asked
}
