/** Zones as free_area_init() of mm/mm_init.c lays them out from the limits that an architecture names. */
import { alignDown, alignUp, type AddressRange, type Bytes } from '@shared/units.ts'
import type { EarlyBoot, ZoneSpan } from './early-boot.ts'
import type { ZoneName } from './profile.ts'

/** Widths of the log's columns: `  %-8s [mem %#018Lx-%#018Lx]`. */
const NAME_WIDTH = 8
const ADDRESS_DIGITS = 16

/**
 * Lays out the zones of `limits` (end of each, exclusive; a limit below the one before makes an empty zone) and prints their ranges.
 * The zones with RAM go to `boot.zones`.
 */
export function freeAreaInit(boot: EarlyBoot, limits: readonly { name: ZoneName; end: Bytes }[]): void {
  const { memblock, log } = boot
  const page = boot.profile.page.sizeBytes
  boot.kernelPages = memblock.freeRanges().reduce((sum, r) => sum + Math.floor((r.end - r.start) / page), 0)
  log.print('info', 'Zone ranges:')
  let start = memblock.startOfDram
  for (const limit of limits) {
    const end = Math.max(limit.end, start)
    const range = end === start ? 'empty' : `[mem 0x${hex(start)}-0x${hex(end - 1)}]`
    log.print('info', `  ${limit.name.padEnd(NAME_WIDTH)} ${range}`)
    const zone = spanOf(boot, limit.name, start, end)
    if (zone.present.length) boot.zones.push(zone)
    start = end
  }
}

const hex = (address: Bytes): string => address.toString(16).padStart(ADDRESS_DIGITS, '0')

/**
 * The zone's part of the node's RAM: its span reaches from the first to the last possible page, holes included. Of a range of RAM
 * only whole pages count, also where a no-map region cuts it.
 */
function spanOf({ memblock, profile }: EarlyBoot, name: ZoneName, low: Bytes, high: Bytes): ZoneSpan {
  const clamp = (address: Bytes) => Math.min(Math.max(address, low), high)
  const whole = (address: Bytes) => alignDown(address, profile.page.sizeBytes)
  const zone: ZoneSpan = {
    name,
    start: clamp(memblock.startOfDram),
    end: clamp(whole(memblock.endOfDram)),
    present: [],
  }
  zone.present = memblock.memory.regions
    .map((r): AddressRange => ({
      start: Math.max(alignUp(r.base, profile.page.sizeBytes), zone.start),
      end: Math.min(whole(r.base + r.size), zone.end),
    }))
    .filter((r) => r.end > r.start)
  return zone
}
