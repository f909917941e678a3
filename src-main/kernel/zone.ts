/**
 * struct zone and the watermark checks of mm/page_alloc.c (__zone_watermark_ok, boost_watermark). Left out: reserves for atomic
 * blocks of more than a page, drift of per-CPU counters.
 */
import type { Order, Pages, Pfn } from '@shared/units.ts'
import { Cma, HighAtomic, Movable, Reclaimable, Unmovable, type MigrateType } from './frames.ts'
import type { PerCpuLists } from './pcp.ts'
import type { ZoneName } from './profile.ts'
import type { Watermarks } from './watermarks.ts'
import type { ZoneLists } from './zone-lists.ts'

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
  /** Null: everything goes to the buddy system at once. */
  pcp: PerCpuLists | null
  /** lowmem_reserve, by the highest zone that a request may use. */
  reserve: Pages[]
  /** watermark_boost: what every watermark is raised by, until kswapd has run. */
  boost: Pages
  /** ZONE_BOOSTED_WATERMARK: kswapd is to be woken for a boost. */
  wakesKswapd: boolean
  /** ZONE_BELOW_HIGH */
  belowHigh: boolean
  /** ZONE_RECLAIM_ACTIVE: kswapd is at work. */
  reclaimActive: boolean
  /** Free pages of areas pass the watermark of requests that cannot use them (before 3.7). */
  readonly cmaCountsAsFree: boolean
  /** Migratetypes, a bit each, that any request may take a block of. */
  readonly plainTypes: number
}

/** What a watermark is asked for. */
export interface WatermarkQuestion {
  order: Order
  type: MigrateType
  /** Index of the highest zone that the request may use. */
  highest: number
}

/** Migratetypes that a request may take from, a bit each; CMA's is added where the request may use it. */
export const PLAIN_TYPES = (1 << Unmovable) | (1 << Movable) | (1 << Reclaimable)
/** With the pageblocks that serve when nothing else does. */
export const PLAIN_TYPES_AND_RESERVE = PLAIN_TYPES | (1 << HighAtomic)

/** __zone_watermark_ok: enough pages in all, and a block of the order. */
export function watermarkOk(zone: Zone, question: WatermarkQuestion, mark: Pages): boolean {
  const { order, type } = question
  if (!hasPages(zone, question, mark)) return false
  return order === 0 || zone.lists.hasOrder(order, type === Movable ? zone.plainTypes | (1 << Cma) : zone.plainTypes)
}

/** Its first half: enough pages in all, without what the request may not use. */
export function hasPages(zone: Zone, { order, type, highest }: WatermarkQuestion, mark: Pages): boolean {
  const { lists } = zone
  const unusable = type === Movable || zone.cmaCountsAsFree ? 0 : lists.nrFreeCma
  return lists.nrFree - (1 << order) + 1 - unusable > mark + zone.reserve[highest]!
}

/** watermark_boost_factor: a boost is at most this much of the high watermark. */
const BOOST_FACTOR = 1.5

/** boost_watermark(): types have mixed in a pageblock, so kswapd shall free more. */
export function boostWatermark(zone: Zone, pageblockPages: Pages): void {
  const most = Math.floor(zone.watermarks.high * BOOST_FACTOR)
  if (pageblockPages * 4 > zone.managed || most === 0) return
  zone.boost = Math.min(zone.boost + pageblockPages, Math.max(pageblockPages, most))
  zone.wakesKswapd = true
}
