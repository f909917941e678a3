import type { ZoneSeries } from '@shared/run.ts'
import type { Bytes, Microseconds } from '@shared/units.ts'
import type { Kernel } from '../kernel/index.ts'
import { stepOf } from './area-log.ts'

/** Free memory of every zone during a run, sampled in steps that a chart can show. */
export class ZoneLog {
  private readonly zones: { zone: string; min: number; free: number[]; freeCma: number[] }[]
  private readonly time: number[] = []
  private readonly step: Microseconds
  private readonly pageBytes: Bytes

  constructor(
    private readonly kernel: Kernel,
    duration: Microseconds,
  ) {
    this.step = stepOf(duration)
    this.pageBytes = kernel.profile.page.sizeBytes
    this.zones = kernel.freeMemory().map(({ zone, min }) => ({ zone, min, free: [], freeCma: [] }))
    this.sample(0)
  }

  /** Before the next thing happens, at this time. */
  look(time: Microseconds): void {
    if (time - this.time.at(-1)! >= this.step) this.sample(time)
  }

  series(end: Microseconds): ZoneSeries[] {
    this.sample(end)
    const bytes = (pages: number[]): Float64Array => Float64Array.from(pages, (count) => count * this.pageBytes)
    return this.zones.map(({ zone, min, free, freeCma }) => ({
      zone,
      time: Float64Array.from(this.time),
      free: bytes(free),
      freeCma: bytes(freeCma),
      minBytes: min * this.pageBytes,
      countsCma: this.kernel.profile.pageAlloc.cmaCountsAsFree,
    }))
  }

  private sample(time: Microseconds): void {
    this.time.push(time)
    this.kernel.freeMemory().forEach(({ free, freeCma }, index) => {
      this.zones[index]!.free.push(free)
      this.zones[index]!.freeCma.push(freeCma)
    })
  }
}
