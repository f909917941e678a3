/**
 * mm/page_alloc.c: which zone a request is served from, how hard it tries, and what a failure says. Left out: NUMA, reclaim of pages
 * (the model holds no clean page cache), the OOM killer's choice, high-order atomic reserves.
 */
import { type AddressRange, type Bytes, type Order, type Pages, type Pfn } from '@shared/units.ts'
import { AllocReports } from './alloc-report.ts'
import type { CompactResult } from './compaction.ts'
import { Cma, FREE_TYPES, HighAtomic, Movable, PageFrames, Reclaimable, Unmovable, type MigrateType } from './frames.ts'
import * as gfpFlags from './gfp.ts'
import type { Log } from './log.ts'
import { plainPageset, tunedPageset } from './pageset.ts'
import type { PageAllocProfile, PageProfile, ZoneName } from './profile.ts'
import { Rmqueue } from './rmqueue.ts'
import type { Tracer } from './tracer.ts'
import { lowmemReserves } from './watermarks.ts'
import { boostWatermark, hasPages, PLAIN_TYPES, PLAIN_TYPES_AND_RESERVE, watermarkOk, type Zone } from './zone.ts'
import { listsPerZone, ZoneLists } from './zone-lists.ts'

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

/** What helps a request that found nothing: kswapd and compaction. */
export interface Helpers {
  /** wakeup_kswapd */
  wake: (order: Order, highest: number, gfp: number) => void
  /** cond_resched: the daemons that were woken run. */
  run: () => void
  /** try_to_compact_pages */
  compact: (order: Order, type: MigrateType, highest: number, async: boolean) => CompactResult
  /** compaction_defer_reset */
  compacted: (zone: Zone, order: Order) => void
}

/** PAGE_ALLOC_COSTLY_ORDER */
const COSTLY_ORDER = 3

export class PageAllocator {
  readonly zones: Zone[]
  readonly frames: PageFrames
  readonly pageBytes: Bytes
  /** Null: nothing helps. */
  helpers: Helpers | null = null
  /** Called when nothing else helps: true when memory was freed and the request shall try again; set by the OOM killer's room. */
  outOfMemory: ((request: OutOfMemory) => boolean) | null = null
  private readonly policy: PageAllocProfile
  private readonly reports: AllocReports
  private readonly buddy: Rmqueue
  /** Index of the zone for a request; one that the kernel is not built with counts as Normal. */
  private readonly zoneFor: { dma: number; dma32: number; highmem: number; normal: number }
  /** Of each pageblock, the pages that boot does not hold. */
  private readonly usable: Int32Array
  /** Requests up to this zone shall not fragment it where a lower one could serve; -1: none does. */
  private readonly sparedZone: number
  /** page_group_by_mobility_disabled turned round. Where memory has fewer pageblocks than types, no request counts as movable, and none lends from areas. */
  private readonly groupsByMobility: boolean

  constructor(
    config: PageAllocatorConfig,
    private readonly tracer: Tracer,
    log: Log,
  ) {
    const { page, zones } = config
    this.pageBytes = page.sizeBytes
    this.policy = config.policy
    this.buddy = new Rmqueue(config.policy)
    this.reports = new AllocReports(config.policy.failures, page.maxOrder, tracer, log)
    const ranges = zones.flatMap((zone) => zone.present.map(({ start, end }) => this.toPfns(start, end)))
    const lists = zones.length * listsPerZone(page.maxOrder)
    this.frames = new PageFrames(ranges, page.maxOrder, page.pageblockOrder, lists)
    this.usable = new Int32Array(this.frames.blockType.length)
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
      boost: 0,
      wakesKswapd: false,
      belowHigh: false,
      reclaimActive: false,
      cmaCountsAsFree: config.policy.cmaCountsAsFree,
      plainTypes: config.policy.reserveBlocks > 0 ? PLAIN_TYPES_AND_RESERVE : PLAIN_TYPES,
    }))
    const at = (name: ZoneName): number => zones.findIndex((zone) => zone.name === name)
    const normal = at('Normal') >= 0 ? at('Normal') : zones.length - 1
    const orNormal = (name: ZoneName): number => (at(name) >= 0 ? at(name) : normal)
    this.zoneFor = { dma: orNormal('DMA'), dma32: orNormal('DMA32'), highmem: orNormal('HighMem'), normal }
    this.sparedZone = at('DMA32') >= 0 ? at('Normal') : -1
    const present = zones.reduce((sum, { presentPages }) => sum + presentPages, 0)
    this.groupsByMobility = present >= 2 ** page.pageblockOrder * FREE_TYPES
  }

  /** memblock_free_all: hands [start, end), in bytes, to the allocator; ascending calls give the kernel's order of blocks. */
  releaseBootMemory(start: Bytes, end: Bytes): void {
    const range = this.toPfns(start, end)
    for (const zone of this.zones) {
      const first = Math.max(range.start, zone.start)
      const last = Math.min(range.end, zone.end)
      if (first >= last) continue
      zone.managed += last - first
      this.unreserve(this.frames.indexOf(first), last - first)
      this.freeAscending(zone, first, last)
    }
  }

  /** free_area() of old: pages of [start, end), in bytes, that boot held go to the allocator one by one. */
  giveBackBootMemory(start: Bytes, end: Bytes): void {
    const range = this.toPfns(start, end)
    for (let pfn = range.start; pfn < range.end; pfn++) {
      const index = this.frames.indexOf(pfn)
      if (index < 0) continue
      const zone = this.zoneOf(pfn)
      zone.managed++
      this.unreserve(index, 1)
      if (zone.pcp) zone.pcp.free(index, 0, zone.lists.typeOf(index))
      else zone.lists.free(index, 0, false)
    }
  }

  /** cma_activate_area: the pageblocks of an area are its own from now on, and free. */
  activateCma(start: Pfn, pages: Pages): void {
    const { pageblockOrder } = this.frames
    const zone = this.zoneOf(start)
    for (let pfn = start; pfn < start + pages; pfn += 1 << pageblockOrder) {
      const index = this.frames.indexOf(pfn)
      zone.lists.clearBlock(index)
      this.frames.blockType[index >> pageblockOrder] = Cma
      this.unreserve(index, 1 << pageblockOrder)
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
      this.reports.tooLarge(gfp, order)
      return -1
    }
    const request = { gfp, order, type: this.typeOf(gfp), highest: this.highestZone(gfp) }
    let index = this.fromFreeLists(request, 'low')
    if (index < 0) index = this.slowPath(request)
    if (index < 0) {
      this.reports.failed(gfp, order, request.highest, this.zones)
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
    if (zone.pcp?.serves(order)) zone.pcp.free(index, order, zone.lists.typeOf(index))
    else zone.lists.free(index, order, false)
  }

  /** Gives back a run of pages that were taken one by one or as a range; lists that tune themselves are passed by, for speed. */
  freeRange(pfn: Pfn, pages: Pages): void {
    const zone = this.zoneOf(pfn)
    const index = this.frames.indexOf(pfn)
    if (!zone.pcp || this.policy.pressure) return zone.lists.freeRange(index, index + pages)
    for (let at = index; at < index + pages; at++) zone.pcp.free(at, 0, zone.lists.typeOf(at))
  }

  /** setup_per_cpu_pageset of old: from now on single pages go through the per-CPU lists. */
  setUpPerCpu(): void {
    if (!this.policy.pressure) for (const zone of this.zones) zone.pcp = plainPageset(zone, this.pageBytes)
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
    const { gfp, order, type, highest } = request
    const { helpers } = this
    if (gfp & gfpFlags.__GFP_KSWAPD_RECLAIM) helpers?.wake(order, highest, gfp)
    let index = this.fromFreeLists(request, 'min')
    if (index >= 0 || !gfpFlags.allowsBlocking(gfp)) return index
    if (helpers) {
      const costly = order > COSTLY_ORDER
      if (costly || (order > 0 && type !== Movable)) {
        const { index, result } = this.afterCompaction(request, helpers, true)
        if (index >= 0 || (costly && gfp & gfpFlags.__GFP_NORETRY && (result === 'skipped' || result === 'deferred')))
          return index
      }
      index = this.fromFreeLists(request, 'min')
      // __perform_reclaim finds nothing, but gives way to the daemons before it looks
      if (index < 0) helpers.run()
      if (index < 0 && order > 0)
        index = this.afterCompaction(request, helpers, costly && (gfp & gfpFlags.__GFP_NORETRY) !== 0).index
      if (index < 0 && !(gfp & gfpFlags.__GFP_NORETRY) && !costly) index = this.fromFreeLists(request, 'min')
    } else index = this.afterReclaim(request)
    return index < 0 ? this.afterKilling(request) : index
  }

  /** __alloc_pages_direct_compact */
  private afterCompaction(
    request: Request,
    helpers: Helpers,
    async: boolean,
  ): { index: number; result: CompactResult } {
    const { order, type, highest } = request
    const result = helpers.compact(order, type, highest, async)
    if (result === 'skipped') return { index: -1, result }
    const index = this.fromFreeLists(request, 'min')
    if (index < 0) helpers.run()
    else helpers.compacted(this.zoneOf(this.frames.pfnOf(index)), order)
    return { index, result }
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

  /** __alloc_pages_direct_reclaim of old: zones above their watermark count as progress, and what per-CPU lists hold is tried then. */
  private afterReclaim(request: Request): number {
    if (!this.zones.some((zone) => zone.pcp) || !this.passesMin(request)) return -1
    this.drain()
    return this.fromFreeLists(request, 'min')
  }

  private passesMin(request: Request): boolean {
    return this.zones.slice(0, request.highest + 1).some((zone) => hasPages(zone, request, zone.watermarks.min))
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
      if (zone.managed === 0 || !this.passesWatermark(zone, request, mark)) continue
      const index = this.rmqueue(zone, request, noFragment)
      if (index >= 0) return index
    }
    return -1
  }

  /** A zone that is found below its high watermark gets pages back from the per-CPU lists before others. */
  private passesWatermark(zone: Zone, request: Request, mark: 'low' | 'min'): boolean {
    if (this.policy.pressure && !zone.belowHigh) {
      if (watermarkOk(zone, request, zone.watermarks.high + zone.boost)) return true
      zone.belowHigh = true
    }
    return watermarkOk(zone, request, this.markFor(zone, request, mark))
  }

  /** The watermark, less what the flags may dip into (ALLOC_MIN_RESERVE, ALLOC_NON_BLOCK); no boost keeps single pages from those. */
  private markFor(zone: Zone, { gfp, order }: Request, mark: 'low' | 'min'): Pages {
    if (mark === 'low') return zone.watermarks.low + zone.boost
    if (!(gfp & gfpFlags.__GFP_HIGH)) return zone.watermarks.min + zone.boost
    let min = zone.watermarks.min + (order === 0 ? 0 : zone.boost)
    min -= min >> 1
    return gfpFlags.allowsBlocking(gfp) ? min : min - (min >> 2)
  }

  private rmqueue(zone: Zone, request: Request, noFragment: boolean): number {
    const { order, type, gfp } = request
    const buddy = this.buddy.from(zone.lists, order, type, noFragment)
    const index = zone.pcp?.serves(order) ? zone.pcp.take(order, type, buddy) : buddy.next()
    if (zone.wakesKswapd && gfp & gfpFlags.__GFP_KSWAPD_RECLAIM) {
      zone.wakesKswapd = false
      this.helpers?.wake(0, this.zones.indexOf(zone), 0)
    }
    return index
  }

  /** setup_per_cpu_pageset, of one of `cpus` processors, with what boot has left in its lists. */
  startPerCpu(cpus: number): void {
    const { pressure } = this.policy
    if (!pressure) return
    const populated = this.zones.filter((zone) => zone.managed > 0)
    // boot's own pages and those of its processes came from the highest zones that serve them
    const lowmem = populated.findLast(({ name }) => name !== 'HighMem' && name !== 'Movable')
    for (const zone of populated) {
      const freed = {
        unmovable: zone === lowmem ? pressure.freedByBoot.unmovable : 0,
        movable: zone === populated.at(-1) ? pressure.freedByBoot.movable : 0,
      }
      zone.pcp = tunedPageset(zone, this.zones.length - 1, this.pageBytes, cpus, pressure.hugeOrder, freed)
      zone.lists.fellBack = () => boostWatermark(zone, 1 << this.frames.pageblockOrder)
    }
  }

  /** setup_zone_migrate_reserve: the first pageblocks of which boot holds nothing serve only when nothing else does. */
  private setAsideReserve(zone: Zone): void {
    const { pageblockOrder, blockType } = this.frames
    const size = 1 << pageblockOrder
    let left = Math.min(this.policy.reserveBlocks, Math.ceil(zone.watermarks.min / size))
    for (let pfn = Math.ceil(zone.start / size) * size; pfn < zone.end && left > 0; pfn += size) {
      const index = this.frames.indexOf(pfn)
      if (index < 0) continue
      const block = index >> pageblockOrder
      if (this.usable[block]! < Math.min(size, zone.end - pfn)) continue
      if (blockType[block] === Movable) zone.lists.setBlockType(index, HighAtomic)
      if (blockType[block] === HighAtomic) left--
    }
  }

  /** ClearPageReserved */
  private unreserve(index: number, count: Pages): void {
    const { pageblockOrder } = this.frames
    for (let at = index; at < index + count;) {
      const next = Math.min(index + count, ((at >> pageblockOrder) + 1) << pageblockOrder)
      this.usable[at >> pageblockOrder]! += next - at
      at = next
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

  /** gfp_migratetype */
  private typeOf(gfp: number): MigrateType {
    if (!this.groupsByMobility) return Unmovable
    if (gfp & gfpFlags.__GFP_MOVABLE) return Movable
    return gfp & gfpFlags.__GFP_RECLAIMABLE ? Reclaimable : Unmovable
  }

  private toPfns(start: Bytes, end: Bytes): { start: Pfn; end: Pfn } {
    return { start: Math.ceil(start / this.pageBytes), end: Math.floor(end / this.pageBytes) }
  }
}
