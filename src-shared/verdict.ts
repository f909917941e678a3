import type { Comparison } from './comparison.ts'
import type { RunResult } from './run.ts'
import type { SizingResult } from './sizing.ts'

/** A result in a few words, for the status bar and the history. */
export interface Verdict {
  verdict: string
  ok: boolean
}

const count = (n: number, one: string, many: string) => `${n.toLocaleString('en')} ${n === 1 ? one : many}`

export function verdictOf(run: RunResult): Verdict {
  if (!run.booted) return { verdict: 'does not boot', ok: false }
  const { calls, failures, fallbacks } = run.totals
  if (calls === 0) return { verdict: 'no request was made', ok: true }
  const parts = [
    ...(failures ? [count(failures, 'failure', 'failures')] : []),
    ...(fallbacks ? [count(fallbacks, 'fall-back', 'fall-backs')] : []),
  ]
  return parts.length ? { verdict: parts.join(', '), ok: false } : { verdict: 'every request served', ok: true }
}

export const verdictOfComparison = ({ variants }: Pick<Comparison, 'variants'>): Verdict => ({
  verdict: variants.map(({ label, run }) => `${label}: ${verdictOf(run).verdict}`).join('; '),
  ok: variants.every(({ run }) => verdictOf(run).ok),
})

export const verdictOfSizing = ({ summary, verdict }: SizingResult): Verdict => ({
  verdict: summary,
  ok: verdict === 'holds',
})
