/**
 * Watermarks and reserves of the zones: init_per_zone_wmark_min, __setup_per_zone_wmarks and setup_per_zone_lowmem_reserve of
 * mm/page_alloc.c. Left out: the boost after a fall-back, and what an administrator sets in /proc/sys/vm.
 */
import { KiB, MiB, type Bytes, type Pages } from '@shared/units.ts'
import type { ZoneName } from './profile.ts'

export interface Watermarks {
  min: Pages
  low: Pages
  high: Pages
}

/** sysctl_lowmem_reserve_ratio */
const RESERVE_RATIO: Record<ZoneName, number> = { DMA: 256, DMA32: 256, Normal: 32, HighMem: 0, Movable: 0 }
const isHigh = (name: ZoneName): boolean => name === 'HighMem' || name === 'Movable'

/** Zones from low to high, with the pages that each manages. */
type ManagedZones = readonly { name: ZoneName; managed: Pages }[]

export function zoneWatermarks(zones: ManagedZones, pageBytes: Bytes): Watermarks[] {
  return spread(zones, pageBytes, minFreeKbytes(zones, pageBytes))
}

/** Memory from which huge pages are on, in bytes that the page allocator manages (hugepage_init). */
const HUGE_PAGES_FROM = 512 * MiB
/** Pageblocks to keep free in each zone for every huge page to find one: two, and one for each type to fall back to each other. */
const HUGE_PAGE_BLOCKS = 2 + 3 * 3

/** set_recommended_min_free_kbytes() of mm/khugepaged.c: with transparent huge pages, whole pageblocks stay free, up to 5 % of memory. */
export const zoneWatermarksForHugePages =
  (pageblockPages: Pages) =>
  (zones: ManagedZones, pageBytes: Bytes): Watermarks[] => {
    const plain = minFreeKbytes(zones, pageBytes)
    if (zones.reduce((sum, zone) => sum + zone.managed, 0) * pageBytes < HUGE_PAGES_FROM)
      return spread(zones, pageBytes, plain)
    const before = spread(zones, pageBytes, plain)
    const usable = zones.reduce((sum, { name, managed }, n) => sum + (isHigh(name) ? 0 : managed - before[n]!.high), 0)
    const populated = zones.filter(({ name, managed }) => !isHigh(name) && managed > 0).length
    const recommended = Math.min(pageblockPages * HUGE_PAGE_BLOCKS * populated, Math.floor(usable / 20))
    return spread(zones, pageBytes, Math.max(plain, (recommended * pageBytes) / KiB))
  }

/** calculate_min_free_kbytes() */
function minFreeKbytes(zones: ManagedZones, pageBytes: Bytes): number {
  const lowmem = lowmemOf(zones)
  return Math.min(262144, Math.max(128, Math.floor(Math.sqrt(((lowmem * pageBytes) / KiB) * 16))))
}

const lowmemOf = (zones: ManagedZones): Pages =>
  zones.reduce((sum, zone) => sum + (isHigh(zone.name) ? 0 : zone.managed), 0)

/** __setup_per_zone_wmarks() */
function spread(zones: ManagedZones, pageBytes: Bytes, minFree: number): Watermarks[] {
  const lowmem = lowmemOf(zones)
  const pagesMin = Math.floor((minFree * KiB) / pageBytes)
  return zones.map(({ name, managed }) => {
    const share = lowmem === 0 ? 0 : Math.floor((pagesMin * managed) / lowmem)
    const min = isHigh(name) ? Math.min(128, Math.max(32, Math.floor(managed / 1024))) : share
    const step = Math.max(share >> 2, Math.floor(managed / 1000))
    return { min, low: min + step, high: min + 2 * step }
  })
}

/** min_free_kbytes before anything has computed it. */
const MIN_FREE_KBYTES = 1024

/**
 * The same before 3.8: shares of the pages that are present. Where boot `isolated` a range, watermarks were set before, and the high
 * ones of that time are left out of the sum.
 */
export function zoneWatermarks2012(
  zones: readonly { name: ZoneName; present: Pages }[],
  pageBytes: Bytes,
  isolated: boolean,
): Watermarks[] {
  const marks = (kbytes: number): Watermarks[] => {
    const pagesMin = Math.floor((kbytes * 1024) / pageBytes)
    const lowmem = zones.reduce((sum, zone) => sum + (isHigh(zone.name) ? 0 : zone.present), 0)
    return zones.map(({ name, present }) => {
      const share = Math.floor((pagesMin * present) / lowmem)
      const min = isHigh(name) ? Math.min(128, Math.max(32, Math.floor(present / 1024))) : share
      return { min, low: min + (share >> 2), high: min + (share >> 1) }
    })
  }
  const before = isolated ? marks(MIN_FREE_KBYTES) : zones.map(() => ({ high: 0 }))
  const usable = zones.reduce((sum, { name, present }, n) => sum + (isHigh(name) ? 0 : present - before[n]!.high), 0)
  return marks(Math.min(65536, Math.max(128, Math.floor(Math.sqrt(((usable * pageBytes) / 1024) * 16)))))
}

/** lowmem_reserve: what zone `i` keeps from requests that could use zone `j` as well, as [i][j]. */
export function lowmemReserves(zones: readonly { name: ZoneName; managed: Pages }[]): Pages[][] {
  return zones.map((zone, i) =>
    zones.map((_, j) => {
      const ratio = RESERVE_RATIO[zone.name]
      if (j <= i || ratio === 0 || zone.managed === 0) return 0
      const above = zones.slice(i + 1, j + 1).reduce((sum, other) => sum + other.managed, 0)
      return Math.floor(above / ratio)
    }),
  )
}
