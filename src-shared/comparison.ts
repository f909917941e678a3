import { countOf } from './incidents.ts'
import { carvedOutBytes } from './carved-out.ts'
import type { AreaSeries, ExplanationStep, RunResult } from './run.ts'
import { formatBytes, type Bytes, type Microseconds } from './units.ts'
import { areaLabel, errnoText } from './words.ts'

/** What became of one call. */
export interface CallOutcome {
  ok: boolean
  errno: number
  /** What served it; null when nothing did. */
  source: string | null
  /** Why it failed or fell back; empty when it did neither. */
  reason: string
  /** What it went through, source by source; only of the first difference. */
  steps?: ExplanationStep[]
}

/** A request of the workload that went otherwise in one variant than in another. */
export interface Divergence {
  time: Microseconds
  device: string
  stream: string
  verb: string
  bytes: Bytes
  /** In the order of the variants; null where the call was not made, because one before it had failed. */
  outcomes: (CallOutcome | null)[]
}

export interface Comparison {
  /** In the order that was asked for. */
  variants: { label: string; run: RunResult }[]
  /** Requests whose failures or fall-backs differ between variants. */
  differing?: number
  /** The first of them; null: all variants fail and fall back alike. Absent in results of a version that did not look. */
  first?: Divergence | null
  /** Requests that all serve, but not from the same source. */
  elsewhere?: number
  /** Differences of either kind, call by call, ascending; at most `mostDifferences`. */
  differences?: Divergence[]
}

/** How many differences a comparison lists. */
export const mostDifferences = 100

export interface ComparisonRow {
  name: string
  unit: 'bytes' | 'count'
  /** One a variant; null where the variant has no such thing, or did not boot. */
  values: (number | null)[]
  lowerIsBetter: boolean
  same: boolean
}

/** What can be said of every run in one number, and of every area that any of them has; differences first, areas that nobody uses left out. */
export function comparisonRows({ variants }: Pick<Comparison, 'variants'>): ComparisonRow[] {
  const runs = variants.map((variant) => variant.run)
  const row = (
    name: string,
    unit: ComparisonRow['unit'],
    of: (run: RunResult) => number | null,
    lowerIsBetter = true,
  ) => {
    const values = runs.map((run) => (run.booted ? of(run) : null))
    return { name, unit, values, lowerIsBetter, same: values.every((value) => value === values[0]) }
  }
  const areas = [...new Set(runs.flatMap((run) => run.areas.filter(isUsed).map((area) => area.name)))]
  const area = (run: RunResult, name: string) => run.areas.find((candidate) => candidate.name === name)
  const rows = [
    row('failures', 'count', (run) => run.totals.failures),
    row('fall-backs', 'count', (run) => run.totals.fallbacks),
    row('lost to carve-outs', 'bytes', (run) => carvedOutBytes(run.boot)),
    row('calls', 'count', (run) => run.totals.calls, false),
    row('bytes bounced', 'bytes', (run) => run.totals.bytesBounced),
    // whoever serves more cleans more
    row('bytes cleaned', 'bytes', (run) => run.totals.bytesCleaned, false),
    row('bytes invalidated', 'bytes', (run) => run.totals.bytesInvalidated, false),
    ...areas.flatMap((name) => [
      row(`${areaLabel(name)}: size`, 'bytes', (run) => area(run, name)?.bytes ?? null, false),
      row(`${areaLabel(name)}: peak in use`, 'bytes', (run) => area(run, name)?.peakUsed ?? null, false),
      row(`${areaLabel(name)}: failures`, 'count', (run) => area(run, name)?.failures ?? null),
    ]),
  ]
  return [...rows.filter(({ same }) => !same), ...rows.filter(({ same }) => same)]
}

/** Warnings of fall-backs, by the device that would have printed them. */
export interface FallbackWarnings {
  device: string
  count: number
  bytes: Bytes
  /** The first of them, as the log has it. */
  text: string
}

/** What a run's log warns of when CMA or a carve-out could not serve and something else did: what a switch to it would have said. */
export function fallbackWarnings({
  incidents,
  log,
  linesLost = 0,
}: Pick<RunResult, 'incidents' | 'log' | 'linesLost'>): FallbackWarnings[] {
  const found = new Map<string, FallbackWarnings>()
  for (const incident of incidents) {
    const { kind, device, bytes, logLine } = incident
    const text = log[logLine]?.text ?? ''
    // of lines that are not kept the device's earlier ones tell
    const isTold = text.includes('CMA cannot serve') || (logLine < 0 && linesLost > 0 && found.has(device))
    if (kind !== 'fallback' || !isTold) continue
    const known = found.get(device) ?? { device, count: 0, bytes: 0, text }
    found.set(device, {
      ...known,
      count: known.count + countOf(incident),
      bytes: known.bytes + bytes * countOf(incident),
    })
  }
  return [...found.values()]
}

const isUsed = (area: AreaSeries): boolean => area.kind !== 'zone' && (area.peakUsed > 0 || area.failures > 0)

export const valueText = (value: number | null, unit: ComparisonRow['unit']): string =>
  value === null ? '—' : unit === 'bytes' ? formatBytes(value) : value.toLocaleString('en')

/** What became of a request in one variant, in words. */
export function outcomeText(outcome: CallOutcome | null): string {
  if (!outcome) return 'not made: a request before it had failed'
  if (!outcome.ok) return `failed, ${errnoText(outcome.errno)}`
  return `${outcome.reason ? 'fell back to' : 'served by'} ${outcome.source ?? 'another source'}`
}
