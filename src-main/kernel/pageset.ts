/** Sizes of the per-CPU lists (zone_batchsize, zone_highsize and zone_set_pageset_high_and_batch of mm/page_alloc.c). */
import { KiB, MiB, type Bytes, type Order, type Pages } from '@shared/units.ts'
import { Isolate, Movable, Unmovable, type MigrateType } from './frames.ts'
import { PerCpuPages, type PerCpuLists } from './pcp.ts'
import { TunedPerCpuPages } from './pcp-tuned.ts'
import type { PressureProfile } from './profile.ts'
import { hasPages, type Zone } from './zone.ts'

/** A zone's lists together hold at most this part of it (MIN_PERCPU_PAGELIST_HIGH_FRACTION). */
const HIGH_FRACTION = 8

/** The lists of old. */
export function plainPageset({ lists, present }: Zone, pageBytes: Bytes): PerCpuLists {
  return new PerCpuPages(batchOf(present, (512 * KiB) / pageBytes), {
    give: (index, type) => lists.free(index, 0, false, lists.typeOf(index) === Isolate ? Isolate : type),
    typeOf: (index) => lists.typeOf(index),
  })
}

/** The lists of one of `cpus` processors, with what boot has `freed` into them; `highest` is the index of the last zone. */
export function tunedPageset(
  zone: Zone,
  highest: number,
  pageBytes: Bytes,
  cpus: number,
  hugeOrder: Order | null,
  freed: PressureProfile['freedByBoot'],
): PerCpuLists {
  const { lists, managed } = zone
  const batch = batchOf(managed, MiB / pageBytes)
  const share = (pages: Pages): Pages => Math.max(Math.floor(pages / cpus), batch << 2)
  const sizes = {
    batch,
    highMin: share(zone.watermarks.low),
    highMax: share(Math.floor(managed / HIGH_FRACTION)),
    hugeOrder,
  }
  const question = { order: 0, type: Unmovable, highest } as const
  const isAboveHigh = (): boolean => hasPages(zone, question, zone.watermarks.high + zone.boost)
  const pcp = new TunedPerCpuPages(sizes, zone, isAboveHigh, (index, order) => lists.free(index, order, false))
  const prime = (bytes: Bytes, type: MigrateType): void => {
    const indices: number[] = []
    for (let left = Math.min(bytes / pageBytes, sizes.highMax / 2); left >= 1; left--) {
      const index = lists.take(0, Movable)
      if (index >= 0) indices.push(index)
    }
    pcp.prime(indices, type)
  }
  prime(freed.movable, Movable)
  prime(freed.unmovable, Unmovable)
  return pcp
}

/** The batch of the zone that serves the kernel itself. */
export function kernelBatch(zones: readonly Zone[], pageBytes: Bytes): Pages {
  const own = zones.findLast(({ name, managed }) => name !== 'HighMem' && name !== 'Movable' && managed > 0)
  return own ? batchOf(own.managed, MiB / pageBytes) : 0
}

/** zone_batchsize: a thousandth of the zone, at most `most`, a quarter of that, one less than a power of two. */
function batchOf(pages: Pages, most: Pages): Pages {
  const quarter = Math.floor(Math.min(Math.floor(pages / 1024), most) / 4)
  return Math.max(1, 2 ** Math.floor(Math.log2(Math.max(1, quarter) * 1.5)) - 1)
}
