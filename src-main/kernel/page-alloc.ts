/**
 * mm/page_alloc.c: which zone a request is served from, what the watermarks refuse, and what a failure says. Left out: NUMA,
 * reclaim (the model holds no clean page cache), the OOM killer's choice, high-order atomic reserves.
 */
import { KiB, type AddressRange, type Bytes, type Order, type Pages, type Pfn } from '@shared/units.ts'
import { Cma, HighAtomic, Movable, PageFrames, Reclaimable, Unmovable, type MigrateType } from './frames.ts'
import * as gfpFlags from './gfp.ts'
import type { Log } from './log.ts'
import { PerCpuPages } from './pcp.ts'
import type { PageAllocProfile, PageProfile, ZoneName } from './profile.ts'
import { RateLimit } from './ratelimit.ts'
import type { Tracer } from './tracer.ts'
import { lowmemReserves, type Watermarks } from './watermarks.ts'
import { listsPerZone, ZoneLists } from './zone-lists.ts'

export interface Zone {
  readonly name: ZoneName
  /** `zone:NAME` */
  readonly source: string
  /** Page frames, end exclusive. */
  readonly start: Pfn
  readonly end: Pfn
  readonly lists: ZoneLists
  managed: Pages
  /** Pages of RAM, less those of the memory map where this kernel counts so. */
  readonly present: Pages
  cmaPages: Pages
  watermarks: Watermarks
  /** Null: single pages go to the buddy system at once. */
  pcp: PerCpuPages | null
  /** lowmem_reserve, by the highest zone that a request may use. */
  reserve: Pages[]
}

/** What a request may do; the bits of ALLOC_*. */
interface Request {
  gfp: number
  order: Order
  type: MigrateType
  /** Index of the highest zone it may use. */
  highest: number
}

export interface PageAllocatorConfig {
  page: PageProfile
  policy: PageAllocProfile
  /** Low to high; a zone without memory has start equal to end. */
  zones: readonly { name: ZoneName; start: Pfn; end: Pfn; present: readonly AddressRange[]; presentPages: Pages }[]
}

/** What the OOM killer is told of a request. */
export interface OutOfMemory {
  gfp: number
  order: Order
  /** The watermarks would let the request pass: what is free cannot be used by it. */
  passesWatermark: boolean
}

/** PAGE_ALLOC_COSTLY_ORDER */
const COSTLY_ORDER = 3

/** Migratetypes that a request may take from, a bit each; CMA's is added where the request may use it. */
const PLAIN_TYPES = (1 << Unmovable) | (1 << Movable) | (1 << Reclaimable)

export class PageAllocator {
  readonly zones: Zone[]
  readonly frames: PageFrames
  readonly pageBytes: Bytes
  /** Tries to make a free block of an order by moving pages; set by the compaction room. */
  compact: (zone: Zone, order: Order) => boolean = () => false
  /** Called when nothing else helps: true when memory was freed and the request shall try again; set by the OOM killer's room. */
  outOfMemory: ((request: OutOfMemory) => boolean) | null = null
  private readonly policy: PageAllocProfile
  /** Reports of failed allocations (nopage_rs). */
  private readonly reports: RateLimit
  /** Index of the zone for a request; one that the kernel is not built with counts as Normal. */
  private readonly zoneFor: { dma: number; dma32: number; highmem: number; normal: number }
  /** Requests up to this zone shall not fragment it where a lower one could serve; -1: none does. */
  private readonly sparedZone: number
  private warnedOrder = false

  constructor(
    config: PageAllocatorConfig,
    private readonly tracer: Tracer,
    private readonly log: Log,
  ) {
    const { page, zones } = config
    this.pageBytes = page.sizeBytes
    this.policy = config.policy
    this.reports = new RateLimit(config.policy.failures.interval, config.policy.failures.burst)
    const ranges = zones.flatMap((zone) => zone.present.map(({ start, end }) => this.toPfns(start, end)))
    const lists = zones.length * listsPerZone(page.maxOrder)
    this.frames = new PageFrames(ranges, page.maxOrder, page.pageblockOrder, lists)
    this.zones = zones.map(({ name, start, end, presentPages }, index) => ({
      name,
      source: `zone:${name}`,
      start,
      end,
      lists: new ZoneLists(this.frames, index),
      managed: 0,
      pcp: null,
      present: presentPages,
      cmaPages: 0,
      watermarks: { min: 0, low: 0, high: 0 },
      reserve: zones.map(() => 0),
    }))
    const at = (name: ZoneName): number => zones.findIndex((zone) => zone.name === name)
    const normal = at('Normal') >= 0 ? at('Normal') : zones.length - 1
    const orNormal = (name: ZoneName): number => (at(name) >= 0 ? at(name) : normal)
    this.zoneFor = { dma: orNormal('DMA'), dma32: orNormal('DMA32'), highmem: orNormal('HighMem'), normal }
    this.sparedZone = at('DMA32') >= 0 ? at('Normal') : -1
  }

  /** memblock_free_all: hands [start, end), in bytes, to the allocator; ascending calls give the kernel's order of blocks. */
  releaseBootMemory(start: Bytes, end: Bytes): void {
    const range = this.toPfns(start, end)
    for (const zone of this.zones) {
      const first = Math.max(range.start, zone.start)
      const last = Math.min(range.end, zone.end)
      if (first >= last) continue
      zone.managed += last - first
      this.freeAscending(zone, first, last)
    }
  }

  /** free_area() of old: pages of [start, end), in bytes, that boot held go to the allocator one by one, through the list of `type`. */
  giveBackBootMemory(start: Bytes, end: Bytes, type: MigrateType): void {
    const range = this.toPfns(start, end)
    for (let pfn = range.start; pfn < range.end; pfn++) {
      const index = this.frames.indexOf(pfn)
      if (index < 0) continue
      const zone = this.zoneOf(pfn)
      zone.managed++
      if (zone.pcp) zone.pcp.free(index, type)
      else zone.lists.free(index, 0, false)
    }
  }

  /** cma_activate_area: the pageblocks of an area are its own from now on, and free. */
  activateCma(start: Pfn, pages: Pages): void {
    const { pageblockOrder } = this.frames
    const zone = this.zoneOf(start)
    for (let pfn = start; pfn < start + pages; pfn += 1 << pageblockOrder) {
      const index = this.frames.indexOf(pfn)
      this.frames.blockType[index >> pageblockOrder] = Cma
      this.freeBlock(zone, index, pageblockOrder)
    }
    zone.managed += pages
    zone.cmaPages += pages
  }

  /** init_per_zone_wmark_min, once all memory is managed. */
  setWatermarks(isolated: boolean): void {
    const marks = this.policy.watermarks(this.zones, this.pageBytes, isolated)
    const reserves = lowmemReserves(this.zones)
    this.zones.forEach((zone, index) => {
      zone.watermarks = marks[index]!
      zone.reserve = reserves[index]!
      this.setAsideReserve(zone)
    })
  }

  /** alloc_pages: first page frame of a block of 2^`order` pages, -1 when there is none; says so in the log unless told not to. */
  alloc(gfp: number, order: Order): Pfn {
    if (order > this.frames.maxOrder) {
      this.refuse(gfp, order, 'order')
      this.warnOrder(gfp)
      return -1
    }
    const request = { gfp, order, type: typeOf(gfp), highest: this.highestZone(gfp) }
    let index = this.fromFreeLists(request, 'low')
    if (index < 0) index = this.slowPath(request)
    if (index < 0) {
      this.refuse(gfp, order, 'watermark')
      this.reportFailure(gfp, order)
      return -1
    }
    const pfn = this.frames.pfnOf(index)
    if (this.tracer.tellsPages)
      this.tracer.emit('mm_page_alloc', { pfn, order, gfp_flags: gfp, migratetype: request.type })
    return pfn
  }

  /** __free_pages */
  free(pfn: Pfn, order: Order): void {
    if (this.tracer.tellsPages) this.tracer.emit('mm_page_free', { pfn, order })
    const zone = this.zoneOf(pfn)
    const index = this.frames.indexOf(pfn)
    if (order === 0 && zone.pcp) zone.pcp.free(index, zone.lists.typeOf(index))
    else zone.lists.free(index, order, false)
  }

  /** Gives back a run of pages that were taken one by one or as a range. */
  freeRange(pfn: Pfn, pages: Pages): void {
    const zone = this.zoneOf(pfn)
    const index = this.frames.indexOf(pfn)
    if (!zone.pcp) return zone.lists.freeRange(index, index + pages)
    for (let at = index; at < index + pages; at++) zone.pcp.free(at, zone.lists.typeOf(at))
  }

  /** setup_per_cpu_pageset: from now on single pages go through the per-CPU lists, where this kernel's are modelled. */
  setUpPerCpu(): void {
    for (const zone of this.zones) zone.pcp = this.perCpu(zone)
  }

  /** drain_all_pages */
  drain(): void {
    for (const zone of this.zones) zone.pcp?.drain()
  }

  zoneOf(pfn: Pfn): Zone {
    for (const zone of this.zones) if (pfn >= zone.start && pfn < zone.end) return zone
    throw new Error(`page frame ${pfn} is in no zone`)
  }

  /** NR_FREE_PAGES and NR_FREE_CMA_PAGES of all zones. */
  freePages(): { total: Pages; cma: Pages } {
    let total = 0
    let cma = 0
    for (const zone of this.zones) {
      total += zone.lists.nrFree
      cma += zone.lists.nrFreeCma
    }
    return { total, cma }
  }

  /** Free pages as a watermark sees them that no area page may pass. */
  countedFree(zone: Zone): Pages {
    return zone.lists.nrFree - (this.policy.cmaCountsAsFree ? 0 : zone.lists.nrFreeCma)
  }

  get countsCmaAsFree(): boolean {
    return this.policy.cmaCountsAsFree
  }

  /** totalram_pages */
  managedPages(): Pages {
    return this.zones.reduce((sum, zone) => sum + zone.managed, 0)
  }

  /** has_managed_dma */
  hasManagedDma(): boolean {
    return this.zones.some((zone) => zone.name === 'DMA' && zone.managed > 0)
  }

  isHighmem(pfn: Pfn): boolean {
    return this.zones.some((zone) => zone.name === 'HighMem' && pfn >= zone.start && pfn < zone.end)
  }

  /** split_page, and the tail given back: keeps `pages` of a block. */
  trim(pfn: Pfn, order: Order, pages: Pages): void {
    if (pages < 1 << order) this.freeRange(pfn + pages, (1 << order) - pages)
  }

  /** gfp_zone: index of the highest zone that the flags allow. */
  private highestZone(gfp: number): number {
    const { dma, dma32, highmem, normal } = this.zoneFor
    if (gfp & gfpFlags.__GFP_DMA) return dma
    if (gfp & gfpFlags.__GFP_DMA32) return dma32
    if (gfp & gfpFlags.__GFP_HIGHMEM) return gfp & gfpFlags.__GFP_MOVABLE ? this.zones.length - 1 : highmem
    return normal
  }

  /** __alloc_pages_slowpath */
  private slowPath(request: Request): number {
    let index = this.fromFreeLists(request, 'min')
    if (index >= 0 || !gfpFlags.allowsBlocking(request.gfp)) return index
    if (request.order > 0) index = this.afterCompaction(request)
    if (index < 0) index = this.afterReclaim(request)
    return index < 0 ? this.afterKilling(request) : index
  }

  private afterCompaction(request: Request): number {
    for (const zone of this.zones.slice(0, request.highest + 1).reverse()) {
      if (!this.hasPages(zone, request, zone.watermarks.min) || !this.compact(zone, request.order)) continue
      const index = this.fromFreeLists(request, 'min')
      if (index >= 0) return index
    }
    return -1
  }

  /** __alloc_pages_may_oom: small requests that may not fail wait until memory is freed, or nobody is left to free it. */
  private afterKilling(request: Request): number {
    const { gfp, order } = request
    if (!this.outOfMemory || gfp & gfpFlags.__GFP_NORETRY || order > COSTLY_ORDER) return -1
    for (;;) {
      const index = this.fromFreeLists(request, 'min')
      const passesWatermark = this.passesMin(request)
      if (index >= 0 || !this.outOfMemory({ gfp, order, passesWatermark })) return index
    }
  }

  /** __alloc_pages_direct_reclaim: zones above their watermark count as progress, and what per-CPU lists hold is tried then. */
  private afterReclaim(request: Request): number {
    if (!this.zones.some((zone) => zone.pcp) || !this.passesMin(request)) return -1
    this.drain()
    return this.fromFreeLists(request, 'min')
  }

  private passesMin(request: Request): boolean {
    return this.zones.slice(0, request.highest + 1).some((zone) => this.hasPages(zone, request, zone.watermarks.min))
  }

  /** get_page_from_freelist, from the highest zone down; with ALLOC_NOFRAGMENT first where a lower zone could serve instead. */
  private fromFreeLists(request: Request, mark: 'low' | 'min'): number {
    if (request.highest === this.sparedZone) {
      const index = this.tryZones(request, mark, true)
      if (index >= 0) return index
    }
    return this.tryZones(request, mark, false)
  }

  private tryZones(request: Request, mark: 'low' | 'min', noFragment: boolean): number {
    for (let i = request.highest; i >= 0; i--) {
      const zone = this.zones[i]!
      if (zone.managed === 0 || !this.watermarkOk(zone, request, this.markFor(zone, request, mark))) continue
      const index =
        request.order === 0 && zone.pcp
          ? zone.pcp.take(request.type, () => this.rmqueue(zone, request, noFragment))
          : this.rmqueue(zone, request, noFragment)
      if (index >= 0) return index
    }
    return -1
  }

  /** zone_batchsize: a thousandth of the zone, at most 512 KiB, a quarter of that, one less than a power of two. */
  private perCpu({ present, lists }: Zone): PerCpuPages | null {
    if (!this.policy.plainPcp) return null
    const quarter = Math.floor(Math.min(Math.floor(present / 1024), (512 * KiB) / this.pageBytes) / 4)
    const batch = 2 ** Math.floor(Math.log2(Math.max(1, quarter) * 1.5)) - 1
    return new PerCpuPages(Math.max(1, batch), (index) => lists.free(index, 0, false))
  }

  /** The watermark, less what the flags may dip into (ALLOC_MIN_RESERVE, ALLOC_NON_BLOCK). */
  private markFor(zone: Zone, { gfp }: Request, mark: 'low' | 'min'): Pages {
    if (mark === 'low') return zone.watermarks.low
    let min = zone.watermarks.min
    if (!(gfp & gfpFlags.__GFP_HIGH)) return min
    min -= min >> 1
    return gfpFlags.allowsBlocking(gfp) ? min : min - (min >> 2)
  }

  /** __zone_watermark_ok */
  private watermarkOk(zone: Zone, request: Request, mark: Pages): boolean {
    if (!this.hasPages(zone, request, mark)) return false
    if (request.order === 0) return true
    return zone.lists.hasOrder(request.order, this.typesFor(request))
  }

  /** Its first half: enough pages in all, without what the request may not use. */
  private hasPages(zone: Zone, request: Request, mark: Pages): boolean {
    const unusable = this.usesCma(request) || this.policy.cmaCountsAsFree ? 0 : zone.lists.nrFreeCma
    return zone.lists.nrFree - (1 << request.order) + 1 - unusable > mark + zone.reserve[request.highest]!
  }

  private usesCma({ type }: Request): boolean {
    return type === Movable
  }

  private typesFor(request: Request): number {
    const reserve = this.policy.reserveBlocks > 0 ? 1 << HighAtomic : 0
    return this.usesCma(request) ? PLAIN_TYPES | reserve | (1 << Cma) : PLAIN_TYPES | reserve
  }

  /** __rmqueue: CMA first when it holds most of what is free, then the type's own lists, CMA, and other types. */
  private rmqueue(zone: Zone, request: Request, noFragment: boolean): number {
    const { order, type } = request
    const { lists } = zone
    const cma = this.usesCma(request)
    if (cma && this.policy.balancesCma && lists.nrFreeCma > lists.nrFree / 2) {
      const index = lists.take(order, Cma)
      if (index >= 0) return index
    }
    let index = lists.take(order, type)
    if (this.policy.takesLargest) {
      if (index < 0) index = lists.takeLargest(order, type)
      return index < 0 && this.policy.reserveBlocks ? lists.take(order, HighAtomic) : index
    }
    if (index < 0 && cma) index = lists.take(order, Cma)
    if (index < 0) index = lists.claim(order, type, noFragment)
    if (index < 0 && !noFragment) index = lists.steal(order, type)
    return index
  }

  /** Tells the stream what each zone refused a failed request for. */
  private refuse(gfp: number, order: Order, why: 'order' | 'watermark'): void {
    if (!this.tracer.enabled) return
    if (why === 'order') {
      this.tracer.emit('alloc_pages', { order, gfp_flags: gfp, max_order: this.frames.maxOrder, why })
      return
    }
    const highest = this.highestZone(gfp)
    for (const zone of this.zones.slice(0, highest + 1)) {
      if (zone.managed === 0) continue
      const { nrFree, nrFreeCma } = zone.lists
      const largest = this.largestFree(zone)
      this.tracer.emit('zone_watermark_ok', {
        zone: zone.name,
        order,
        gfp_flags: gfp,
        nr_free: nrFree,
        nr_free_cma: nrFreeCma,
        mark: zone.watermarks.min,
        reserve: zone.reserve[highest]!,
        largest_order: largest,
        ok: false,
      })
    }
  }

  /** Largest order of a free block outside CMA; -1 when there is none. */
  private largestFree(zone: Zone): Order {
    for (let order = this.frames.maxOrder; order >= 0; order--)
      if (zone.lists.hasOrder(order, PLAIN_TYPES)) return order
    return -1
  }

  /** warn_alloc */
  private reportFailure(gfp: number, order: Order): void {
    if (gfp & gfpFlags.__GFP_NOWARN) return
    if (gfp & gfpFlags.__GFP_DMA && !this.hasManagedDma()) return
    if (!this.reports.allows(this.tracer.time)) return
    this.log.print('warn', `init: page allocation failure: order:${order}, ${this.policy.failures.mode(gfp)}`)
  }

  /** WARN_ON_ONCE of a block larger than the largest. */
  private warnOrder(gfp: number): void {
    const warning = this.policy.failures.orderWarning
    if (warning === null || this.warnedOrder || gfp & gfpFlags.__GFP_NOWARN) return
    this.warnedOrder = true
    this.log.print('warn', warning)
  }

  /** setup_zone_migrate_reserve: the first free pageblocks of a zone serve only when nothing else does. */
  private setAsideReserve(zone: Zone): void {
    const { pageblockOrder, blockType } = this.frames
    const size = 1 << pageblockOrder
    let left = Math.min(this.policy.reserveBlocks, Math.ceil(zone.watermarks.min / size))
    for (let pfn = Math.ceil(zone.start / size) * size; pfn + size <= zone.end && left > 0; pfn += size) {
      const index = this.frames.indexOf(pfn)
      if (index < 0 || blockType[index >> pageblockOrder] !== Movable || zone.lists.orderAt(index) !== pageblockOrder)
        continue
      zone.lists.setBlockType(index, HighAtomic)
      left--
    }
  }

  private freeAscending(zone: Zone, first: Pfn, end: Pfn): void {
    const { maxOrder } = this.frames
    for (let pfn = first; pfn < end;) {
      let order = pfn === 0 ? maxOrder : Math.min(maxOrder, 31 - Math.clz32(pfn & -pfn))
      while (pfn + (1 << order) > end) order--
      zone.lists.free(this.frames.indexOf(pfn), order, !this.policy.highestFirst)
      pfn += 1 << order
    }
  }

  /** Frees a block that may be larger than the largest order. */
  private freeBlock(zone: Zone, index: number, order: Order): void {
    const step = Math.min(order, this.frames.maxOrder)
    for (let at = index; at < index + (1 << order); at += 1 << step) zone.lists.free(at, step, false)
  }

  private toPfns(start: Bytes, end: Bytes): { start: Pfn; end: Pfn } {
    return { start: Math.ceil(start / this.pageBytes), end: Math.floor(end / this.pageBytes) }
  }
}

/** gfp_migratetype */
function typeOf(gfp: number): MigrateType {
  if (gfp & gfpFlags.__GFP_MOVABLE) return Movable
  return gfp & gfpFlags.__GFP_RECLAIMABLE ? Reclaimable : Unmovable
}
