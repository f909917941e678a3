/** What early boot decided, as a report: the `boot` part of the document that boots and replays answer with. */
import type { BootReport } from '@shared/run.ts'
import { bytesIn, type Pages } from '@shared/units.ts'
import type { EarlyBoot, ZoneSpan } from './early-boot.ts'
import type { Profile } from './profile.ts'
import { SLOT_BYTES } from './swiotlb.ts'

/** Everything of the report that early boot alone knows; atomic pools and what activation did to areas come from the booted kernel. */
export function earlyReport(boot: EarlyBoot): BootReport {
  return {
    kernel: kernelNumbers(boot),
    zones: boot.zones.map((zone) => zoneReport(boot, zone)),
    cma: cmaReport(boot),
    pools: [],
    swiotlb: swiotlbReport(boot),
    memory: boot.memblock.memory.regions.map((r) => ({ ...r })),
    reserved_memblock: boot.memblock.reserved.regions.map((r) => ({ ...r })),
    reserved: boot.reservedMem
      .filter((region) => !region.refused)
      .map(({ name, base, size, noMap, reusable, handler }) => ({
        node: name,
        base,
        end: base + size,
        size,
        no_map: noMap,
        reusable,
        handler,
      })),
    default_cma: boot.cma[boot.defaultCma]?.name ?? null,
    log: boot.log.lines.map((line) => ({ ...line })),
  }
}

function kernelNumbers(boot: EarlyBoot): Record<string, number> {
  const { page, cma } = boot.profile
  return {
    page_size: page.sizeBytes,
    pageblock_order: page.pageblockOrder,
    max_page_order: page.maxOrder,
    cma_min_align: (cma?.minAlignPages ?? 0) * page.sizeBytes,
    zone_dma_limit: boot.zoneDmaLimit,
    high_memory: boot.highMemory,
    totalcma: boot.cma.reduce((sum, area) => sum + area.size, 0) / page.sizeBytes,
    ...boot.numbers,
  }
}

/** Pages that a zone spans, and those of RAM as this kernel counts them. */
export function zonePages({ page, zones, earlyBoot }: Profile, zone: ZoneSpan): { spanned: Pages; present: Pages } {
  const spanned = (zone.end - zone.start) / page.sizeBytes
  const ram = bytesIn(zone.present) / page.sizeBytes
  const memmap = Math.ceil((spanned * earlyBoot.sizes.structPageBytes) / page.sizeBytes)
  return { spanned, present: zones.presentWithoutMemmap ? ram - memmap : ram }
}

function zoneReport(boot: EarlyBoot, zone: ZoneSpan): BootReport['zones'][number] {
  const { page, zones } = boot.profile
  const pages = (bytes: number) => bytes / page.sizeBytes
  const inZone = boot.cma.filter((area) => area.base >= zone.start && area.base < zone.end)
  return {
    name: zone.name,
    start: zone.start,
    end: zone.end,
    ...zonePages(boot.profile, zone),
    ...(zones.countsCma ? { cma: pages(inZone.reduce((sum, area) => sum + area.size, 0)) } : {}),
  }
}

function cmaReport(boot: EarlyBoot): BootReport['cma'] {
  return boot.cma.map((area, n) => ({
    name: area.name,
    base: area.base,
    pages: area.size / boot.profile.page.sizeBytes,
    order_per_bit: area.orderPerBit,
    default: n === boot.defaultCma ? 1 : 0,
    zone: boot.zones.find((zone) => area.base >= zone.start && area.base < zone.end)?.name ?? '-',
    size: area.size,
    from_node: area.fromNode,
  }))
}

function swiotlbReport({ swiotlb }: EarlyBoot): BootReport['swiotlb'] {
  if (!swiotlb) return []
  const { start, slots, areas, force } = swiotlb
  return [
    {
      name: 'default',
      start,
      end: start + slots * SLOT_BYTES,
      nslabs: slots,
      nareas: areas,
      area_nslabs: Math.floor(slots / areas),
      force: force ? 1 : 0,
      for_alloc: 0,
    },
  ]
}
