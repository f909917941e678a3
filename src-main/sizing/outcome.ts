import type { RunResult } from '@shared/run.ts'
import type { Knob } from '@shared/sizing.ts'
import type { Bytes } from '@shared/units.ts'

/** What the sizing needs to know of one run: plain data, small enough to come back from workers by the thousand. */
export interface Outcome {
  seed: number
  booted: boolean
  /** The rest of the system did not get the memory that it wanted. */
  starved: boolean
  calls: number
  failures: number
  fallbacks: number
  areas: Record<string, AreaOutcome>
}

export interface AreaOutcome {
  bytes: Bytes
  /** Calls that failed or went elsewhere for want of it. */
  bad: number
  peakUsed: Bytes
  peakWanted: Bytes
  largestRequest: Bytes
  smallestLargestFree: Bytes
}

/** `seed` is the run's own. */
export function outcomeOf(run: RunResult): Outcome {
  const areas = run.areas.map((area): [string, AreaOutcome] => [
    area.name,
    {
      bytes: area.bytes,
      bad: area.failures + area.fallbacks,
      peakUsed: area.peakUsed,
      peakWanted: area.peakWanted,
      largestRequest: area.largestRequest,
      smallestLargestFree: area.smallestLargestFree,
    },
  ])
  return {
    seed: run.inputs.seed,
    booted: run.booted,
    starved: run.totals.starvedBytes > 0,
    calls: run.totals.calls,
    failures: run.totals.failures,
    fallbacks: run.totals.fallbacks,
    areas: Object.fromEntries(areas),
  }
}

const NOTHING: AreaOutcome = { bytes: 0, bad: 0, peakUsed: 0, peakWanted: 0, largestRequest: 0, smallestLargestFree: 0 }

/** The areas that a knob sizes, taken together: the worst of them counts. */
export function knobOutcome(outcome: Outcome, knob: Knob): AreaOutcome {
  const areas = knob.areas.map((name) => outcome.areas[name] ?? NOTHING)
  const most = (pick: (area: AreaOutcome) => number): number => Math.max(...areas.map(pick))
  return {
    bytes: most((area) => area.bytes),
    bad: areas.reduce((sum, area) => sum + area.bad, 0),
    peakUsed: most((area) => area.peakUsed),
    peakWanted: most((area) => area.peakWanted),
    largestRequest: most((area) => area.largestRequest),
    smallestLargestFree: Math.min(...areas.map((area) => area.smallestLargestFree)),
  }
}
