import type { RunResult } from './run.ts'
import type { Bytes, Microseconds } from './units.ts'

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
  differing: number
  /** The first of them; null: all variants fail and fall back alike. */
  first: Divergence | null
}
