/** A kernel seen from outside: the report of its boot, and its state at one moment. */
import type { BootReport } from '@shared/run.ts'
import type { DeviceProbe } from './device-add.ts'
import type { KernelState } from './kernel.ts'
import { earlyReport } from './report.ts'
import type { Rooms } from './rooms.ts'
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
  return { ...early, zones, pools, swiotlb: [...early.swiotlb, ...[...probe.restricted.values()].map(swiotlbReport)] }
}

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

/** What a `dump` of the command language records; keys as the recordings spell them. */
export function kernelState(rooms: Rooms, probe: DeviceProbe): KernelState {
  const pageBytes = rooms.profile.page.sizeBytes
  const state: KernelState = { cma: {}, cma_stat: {}, dma_pools: {}, pools: {}, swiotlb: {}, zones: [] }
  for (const area of rooms.cma.areas) {
    state.cma[area.name] = {
      count: area.count,
      used: area.usedPages(),
      maxchunk: area.largestFree(),
      set_runs: area.bitmap.setRuns(),
    }
    state.cma_stat[area.name] = { ...area.stat }
  }
  for (const { name, sizeBytes, availBytes } of rooms.pools?.state() ?? []) {
    state.dma_pools[name] = sizeBytes
    state.pools[name] = { available: availBytes, size: sizeBytes }
  }
  for (const pool of [rooms.bounce.defaultPool, ...probe.restricted.values()])
    if (pool)
      state.swiotlb[pool.name] = {
        io_tlb_nslabs: pool.slots,
        io_tlb_used: pool.usedSlots,
        io_tlb_used_hiwater: pool.hiwaterSlots,
      }
  for (const { name, start, end, managed, lists } of rooms.pages.zones)
    if (managed > 0)
      state.zones.push({
        name,
        range: { start: start * pageBytes, end: end * pageBytes },
        managed,
        free: lists.nrFree,
        free_cma: lists.nrFreeCma,
      })
  return state
}
