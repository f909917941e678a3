/** A kernel seen from outside: the report of its boot, and its state at one moment. */
import type { LabDeclared } from '@shared/board.ts'
import type { BootReport } from '@shared/run.ts'
import type { Bytes } from '@shared/units.ts'
import type { OwnedCarveout } from './carveout-owners.ts'
import type { DeviceProbe } from './device-add.ts'
import type { KernelState } from './kernel.ts'
import { earlyReport } from './report.ts'
import type { AtomicPoolState, Rooms } from './rooms.ts'
import type { SwiotlbPool } from './swiotlb.ts'

/** Early boot's part, and what the initcalls and the devices made of it. */
export function bootReport(rooms: Rooms, probe: DeviceProbe): BootReport {
  const early = earlyReport(rooms.early)
  const zones = early.zones.map((zone) => ({
    ...zone,
    managed: rooms.pages.zones.find((each) => each.name === zone.name)?.managed,
  }))
  const pools = (rooms.pools?.state() ?? []).map(({ name, sizeBytes, availBytes, chunks }) => ({
    name,
    size: sizeBytes,
    avail: availBytes,
    chunks,
  }))
  const window = windowReport(rooms)
  const declared = rooms.early.board.lab.declared.filter(({ removed }) => removed)
  const carveouts = [...rooms.carveouts.all.map(carveoutReport), ...declared.map(declaredReport)]
  return {
    ...early,
    ...(window ? { window } : {}),
    ...(carveouts.length ? { carveouts } : {}),
    zones,
    pools,
    swiotlb: [...early.swiotlb, ...[...probe.restricted.values()].map(swiotlbReport)],
  }
}

const carveoutReport = ({
  sizeBytes: size,
  name,
  owner,
  devices,
  base,
  allocator,
  isolated,
  removed,
}: OwnedCarveout): NonNullable<BootReport['carveouts']>[number] => ({
  name,
  owner,
  devices: [...devices],
  base,
  size,
  allocator,
  isolated,
  removed,
})

/** Memory that board code declares is its device's alone. */
const declaredReport = ({
  name,
  device,
  base,
  sizeBytes,
  removed,
}: LabDeclared): NonNullable<BootReport['carveouts']>[number] => ({
  name,
  owner: device,
  devices: [device],
  base: base ?? 0,
  size: sizeBytes,
  allocator: 'bitmap',
  isolated: true,
  removed,
})

function swiotlbReport(pool: SwiotlbPool): BootReport['swiotlb'][number] {
  return {
    name: pool.name,
    start: pool.start,
    end: pool.end,
    nslabs: pool.slots,
    nareas: pool.areas,
    area_nslabs: pool.areaSlots,
    force: pool.forceBounce ? 1 : 0,
    for_alloc: pool.forAlloc ? 1 : 0,
  }
}

/** Bytes, or the pages of a pool that lists them one by one. */
function poolState(
  { sizeBytes, usedPages, regions, availBytes, address }: AtomicPoolState,
  pageBytes: Bytes,
): KernelState['dma_pools'][string] {
  if (usedPages === undefined || !regions) return sizeBytes
  return { vaddr: address ?? 0, size: sizeBytes, used_pages: usedPages, free_pages: availBytes / pageBytes, regions }
}

/** The consistent window of 2012, where the kernel has the code for one. */
function windowReport(rooms: Rooms): BootReport['window'] {
  const head = rooms.arm?.window
  return head ? { base: head.start, size: head.end - head.start, ready: rooms.arm!.windowReady } : undefined
}

/** What a `dump` of the command language records; keys as the recordings spell them. */
export function kernelState(rooms: Rooms, probe: DeviceProbe): KernelState {
  const pageBytes = rooms.profile.page.sizeBytes
  const state: KernelState = { cma: {}, cma_stat: {}, dma_pools: {}, pools: {}, swiotlb: {}, zones: [] }
  for (const area of rooms.cma.areas) {
    state.cma[area.name] = {
      base_pfn: area.basePfn,
      count: area.count,
      order_per_bit: area.orderPerBit,
      used: area.usedPages(),
      ...(rooms.profile.recorded.areaFacts ? { maxchunk: area.largestFree() } : {}),
      set_runs: area.bitmap.setRuns(),
    }
    state.cma_stat[area.name] = { ...area.stat }
  }
  for (const pool of rooms.pools?.state() ?? []) {
    const { name, sizeBytes, availBytes } = pool
    state.dma_pools[name] = poolState(pool, pageBytes)
    state.pools[name] = { available: availBytes, size: sizeBytes }
  }
  for (const pool of [rooms.bounce.defaultPool, ...probe.restricted.values()])
    if (pool)
      state.swiotlb[pool.name] = {
        io_tlb_nslabs: pool.slots,
        io_tlb_used: pool.usedSlots,
        io_tlb_used_hiwater: pool.hiwaterSlots,
      }
  for (const { name, start, end, managed, lists, watermarks } of rooms.pages.zones)
    if (managed > 0)
      state.zones.push({
        name,
        range: { start: start * pageBytes, end: end * pageBytes },
        managed,
        free: lists.nrFree,
        free_cma: lists.nrFreeCma,
        ...watermarks,
      })
  if (probe.bouncing.length)
    state.dmabounce = Object.fromEntries(probe.bouncing.map(({ name, dmabounce }) => [name, dmabounce!.counters()]))
  const head = rooms.arm?.windowReady ? rooms.arm.window : null
  if (head) {
    const regions = head
      .regions()
      .map(({ start, end }) => ({ off: start - head.start, pages: (end - start) / pageBytes }))
    state.window = { base: head.start, size: head.end - head.start, regions }
  }
  return state
}
