import type { AreaSeries, RunResult } from './run.ts'
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
}

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
    row('calls', 'count', (run) => run.totals.calls, false),
    row('bytes bounced', 'bytes', (run) => run.totals.bytesBounced),
    row('bytes cleaned', 'bytes', (run) => run.totals.bytesCleaned),
    row('bytes invalidated', 'bytes', (run) => run.totals.bytesInvalidated),
    ...areas.flatMap((name) => [
      row(`${areaLabel(name)}: size`, 'bytes', (run) => area(run, name)?.bytes ?? null, false),
      row(`${areaLabel(name)}: peak in use`, 'bytes', (run) => area(run, name)?.peakUsed ?? null, false),
      row(`${areaLabel(name)}: failures`, 'count', (run) => area(run, name)?.failures ?? null),
    ]),
  ]
  return [...rows.filter(({ same }) => !same), ...rows.filter(({ same }) => same)]
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
