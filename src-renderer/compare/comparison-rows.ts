import type { ComparisonResult } from '@shared/api.ts'
import type { RunResult } from '@shared/run.ts'

export interface ComparisonRow {
  name: string
  unit: 'bytes' | 'count'
  /** One a variant; null where the variant has no such thing. */
  values: (number | null)[]
  lowerIsBetter: boolean
  same: boolean
}

/** What can be said of every run in one number, and of every area that any of them has. */
export function comparisonRows({ variants }: ComparisonResult): ComparisonRow[] {
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
  const areas = [
    ...new Set(runs.flatMap((run) => run.areas.filter((area) => area.kind !== 'zone').map((area) => area.name))),
  ]
  const area = (run: RunResult, name: string) => run.areas.find((candidate) => candidate.name === name)
  return [
    row('failures', 'count', (run) => run.totals.failures),
    row('fall-backs', 'count', (run) => run.totals.fallbacks),
    row('calls', 'count', (run) => run.totals.calls, false),
    row('bytes bounced', 'bytes', (run) => run.totals.bytesBounced),
    row('bytes cleaned', 'bytes', (run) => run.totals.bytesCleaned),
    row('bytes invalidated', 'bytes', (run) => run.totals.bytesInvalidated),
    ...areas.flatMap((name) => [
      row(`${name}: size`, 'bytes', (run) => area(run, name)?.bytes ?? null, false),
      row(`${name}: peak in use`, 'bytes', (run) => area(run, name)?.peakUsed ?? null, false),
      row(`${name}: failures`, 'count', (run) => area(run, name)?.failures ?? null),
    ]),
  ]
}
