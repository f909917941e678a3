import type { AreaKind, AreaSeries } from '@shared/run.ts'
import type { Bytes, Microseconds } from '@shared/units.ts'
import type { Hole } from './chain.ts'

/** Samples that a series has at most: more than any chart has pixels. */
const MOST_SAMPLES = 2000

/**
 * What happens in one area during a run: who holds what, the peaks, and a series of samples. Sizes are bytes, places are bytes from the
 * start of the area.
 */
export class AreaLog {
  /** Held pieces, ascending and apart. */
  private readonly starts: number[] = []
  private readonly ends: number[] = []
  private readonly holders: string[] = []
  private used = 0
  private wanted = 0
  private peakUsed = 0
  private peakWanted = 0
  private smallestLargestFree: number
  largestRequest = 0
  failures = 0
  fallbacks = 0
  private readonly columns: {
    time: number[]
    used: number[]
    free: number[]
    largestFree: number[]
    unusable: number[]
  } = {
    time: [],
    used: [],
    free: [],
    largestFree: [],
    unusable: [],
  }

  constructor(
    readonly name: string,
    readonly kind: AreaKind,
    readonly base: Bytes,
    /** Grows where the kernel grows it. */
    public bytes: Bytes,
    private readonly step: Microseconds,
  ) {
    this.smallestLargestFree = bytes
  }

  take(start: Bytes, bytes: Bytes, time: Microseconds, holder: string): void {
    let at = this.starts.length
    while (at > 0 && this.starts[at - 1]! > start) at--
    this.starts.splice(at, 0, start)
    this.ends.splice(at, 0, start + bytes)
    this.holders.splice(at, 0, holder)
    this.used += bytes
    this.want(bytes)
    this.peakUsed = Math.max(this.peakUsed, this.used)
    this.sample(time)
  }

  drop(start: Bytes, bytes: Bytes, time: Microseconds): void {
    const at = this.starts.indexOf(start)
    if (at < 0) return
    this.starts.splice(at, 1)
    this.ends.splice(at, 1)
    this.holders.splice(at, 1)
    this.used -= bytes
    this.unwant(bytes)
    this.sample(time)
  }

  /** A request that got nothing here still wants its bytes until its owner would have given them back. */
  want(bytes: Bytes): void {
    this.wanted += bytes
    this.peakWanted = Math.max(this.peakWanted, this.wanted)
    this.largestRequest = Math.max(this.largestRequest, bytes)
  }

  unwant(bytes: Bytes): void {
    this.wanted -= bytes
  }

  grow(bytes: Bytes): void {
    this.bytes = bytes
  }

  get usedBytes(): Bytes {
    return this.used
  }

  /** Free runs, ascending, each with who holds what comes after it. */
  holes(): Hole[] {
    const holes: Hole[] = []
    let from = 0
    this.starts.forEach((start, i) => {
      if (start > from) holes.push({ start: from, bytes: start - from, blockedBy: this.holders[i]! })
      from = Math.max(from, this.ends[i]!)
    })
    if (from < this.bytes) holes.push({ start: from, bytes: this.bytes - from, blockedBy: 'the end of the area' })
    return holes
  }

  /** Adds a sample; the last one of a step replaces the one before it, so that a series never grows beyond its size. */
  sample(time: Microseconds): void {
    const { columns } = this
    const last = columns.time.length - 1
    const at = last > 0 && time - columns.time[last - 1]! < this.step ? last : last + 1
    const { largest, unusable } = this.freeRuns()
    this.smallestLargestFree = Math.min(this.smallestLargestFree, largest)
    columns.time[at] = time
    columns.used[at] = this.used
    columns.free[at] = this.bytes - this.used
    columns.largestFree[at] = largest
    columns.unusable[at] = unusable
  }

  /** Largest hole, and what lies in holes that the largest request does not fit into. */
  private freeRuns(): { largest: Bytes; unusable: Bytes } {
    let largest = 0
    let unusable = 0
    let from = 0
    for (let i = 0; i <= this.starts.length; i++) {
      const hole = (this.starts[i] ?? this.bytes) - from
      if (hole > largest) largest = hole
      if (hole < this.largestRequest) unusable += Math.max(hole, 0)
      from = this.ends[i] ?? from
    }
    return { largest, unusable }
  }

  series(): AreaSeries {
    const { columns } = this
    return {
      name: this.name,
      kind: this.kind,
      base: this.base,
      bytes: this.bytes,
      time: Float64Array.from(columns.time),
      used: Float64Array.from(columns.used),
      free: Float64Array.from(columns.free),
      largestFree: Float64Array.from(columns.largestFree),
      unusable: Float64Array.from(columns.unusable),
      peakUsed: this.peakUsed,
      peakWanted: this.peakWanted,
      smallestLargestFree: this.smallestLargestFree,
      largestRequest: this.largestRequest,
      failures: this.failures,
      fallbacks: this.fallbacks,
    }
  }
}

export const stepOf = (duration: Microseconds): Microseconds => Math.max(1, duration / MOST_SAMPLES)
