import type { Incident, RunResult } from './run.ts'

/** How many calls a row of incidents stands for. */
export const countOf = ({ more = 0 }: Incident): number => 1 + more

/** How many calls had gone wrong by each moment, from the beginning of a run to its end. */
export function wrongSoFar({ incidents, duration }: Pick<RunResult, 'incidents' | 'duration'>): {
  time: Float64Array
  value: Float64Array
} {
  const time = Float64Array.from([0, ...incidents.map((each) => each.time), duration])
  const value = new Float64Array(time.length)
  incidents.forEach((incident, at) => (value[at + 1] = value[at]! + countOf(incident)))
  value[time.length - 1] = value[time.length - 2]!
  return { time, value }
}
