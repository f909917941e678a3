import { countOf } from '@shared/incidents.ts'
import type { AreaSeries, Incident, RunResult } from '@shared/run.ts'

/** Points of a line, thinned to what the pixels can show: of every bucket the smallest and the largest value, in their order. */
export function thin(
  time: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
  buckets: number,
): [number, number][] {
  const first = Math.max(0, lowerBound(time, from) - 1)
  const last = Math.min(time.length, lowerBound(time, to) + 1)
  if (last - first <= buckets * 2)
    return Array.from({ length: last - first }, (_, i) => [time[first + i]!, values[first + i]!])
  const points: [number, number][] = []
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = first + Math.floor(((last - first) * bucket) / buckets)
    const end = first + Math.floor(((last - first) * (bucket + 1)) / buckets)
    let low = start
    let high = start
    for (let i = start; i < end; i++) {
      if (values[i]! < values[low]!) low = i
      if (values[i]! > values[high]!) high = i
    }
    for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)])
      points.push([time[i]!, values[i]!])
  }
  return points
}

/** Index of the first sample at or after `at`. */
export function lowerBound(time: Float64Array, at: number): number {
  let low = 0
  let high = time.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (time[middle]! < at) low = middle + 1
    else high = middle
  }
  return low
}

/** The sample that holds at a moment: the last one not after it; -1 before the first. */
export const sampleAt = (time: Float64Array, at: number): number => {
  const index = lowerBound(time, at)
  return time[index] === at ? index : index - 1
}

/** The area that a region of the layout is, by where it lies. */
export const areaAt = (result: RunResult, base: number): AreaSeries | null =>
  result.areas.find((area) => area.kind !== 'zone' && area.base === base) ?? null

const burstMicroseconds = 50_000

/** What went wrong first, and what went wrong with the same area in the moments after: failures before fall-backs. */
export function firstBurst(incidents: Incident[]): Incident[] {
  const first = incidents.find((incident) => incident.kind === 'failure') ?? incidents[0]
  return first
    ? incidents.filter(
        ({ kind, area, time }) =>
          kind === first.kind && area === first.area && time >= first.time && time <= first.time + burstMicroseconds,
      )
    : []
}

/** What a size for a burst serves, in words. */
export function scopeOf({ length, 0: first }: Incident[]): string {
  const kind = first?.kind === 'fallback' ? 'fall-back' : 'failure'
  return length > 1 ? `for the first ${length} ${kind}s, which come together` : `for the first ${kind}`
}

/** Areas that a workload uses come first, the one with failures before all; zones last. */
export function areasInOrder(result: RunResult): AreaSeries[] {
  const weight = (area: AreaSeries) =>
    (area.kind === 'zone' ? 0 : 1e15) +
    (area.failures + area.fallbacks) * 1e18 +
    (area.peakUsed > 0 ? 1e12 : 0) +
    area.peakUsed
  return [...result.areas].sort((a, b) => weight(b) - weight(a))
}

export interface DeviceRow {
  device: string
  failures: number
  fallbacks: number
  incidents: Incident[]
}

/** One row a device that had anything go wrong, the worst first. */
export function deviceRows(result: RunResult): DeviceRow[] {
  const rows = new Map<string, DeviceRow>()
  for (const incident of result.incidents) {
    const row = rows.get(incident.device) ?? { device: incident.device, failures: 0, fallbacks: 0, incidents: [] }
    row[incident.kind === 'failure' ? 'failures' : 'fallbacks'] += countOf(incident)
    row.incidents.push(incident)
    rows.set(incident.device, row)
  }
  return [...rows.values()].sort((a, b) => b.failures - a.failures || b.fallbacks - a.fallbacks)
}

/** Incidents of one row, at most one a pixel: the marks that can be told apart. */
export function visibleMarks(incidents: Incident[], from: number, to: number, pixels: number): Incident[] {
  const marks: Incident[] = []
  const seen = new Int32Array(Math.ceil(pixels / 4) + 2).fill(-1)
  for (const incident of incidents) {
    if (incident.time < from || incident.time > to) continue
    const pixel = Math.round(((incident.time - from) / (to - from)) * (pixels / 4))
    const at = seen[pixel]!
    if (at < 0) seen[pixel] = marks.push(incident) - 1
    else if (incident.kind === 'failure') marks[at] = incident
  }
  return marks
}
