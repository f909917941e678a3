import type { Comparison } from '@shared/comparison.ts'
import type { AreaSeries, RunResult } from '@shared/run.ts'
import { areaLabel } from '../run/series.ts'

export interface ComparisonRow {
  name: string
  unit: 'bytes' | 'count'
  /** One a variant; null where the variant has no such thing. */
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
    const values = runs.map(of)
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
