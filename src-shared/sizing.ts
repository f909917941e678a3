import type { RunInputs } from './run.ts'
import type { Bytes } from './units.ts'

/**
 * The result of `carveout size`: for every size that the user can choose, how likely a run goes wrong for want of it, and which size
 * is recommended. A run goes wrong for an area when a call fails there, or falls back from it to another source.
 */
export interface SizingResult {
  format: 1
  inputs: RunInputs & {
    /** Runs made of a candidate at most. */
    runs: number
    /** Probability of a bad run that is accepted. */
    risk: number
    /** Of the statement that the risk is kept; 0.95. */
    confidence: number
  }
  knobs: KnobResult[]
  /** Runs with all recommended sizes together, on seeds that the search has not seen. Null when nothing could be recommended. */
  verification: Verification | null
  /** holds: proven at the stated risk. open: nothing speaks against it, more runs are needed. fails: no set of sizes was found. */
  verdict: 'holds' | 'open' | 'fails'
  /** One sentence for people. */
  summary: string
}

/**
 * One size that somebody sets. cma, declared, restricted: a node of /reserved-memory or the command line. pool: `coherent_pool=`.
 * swiotlb: `swiotlb=`.
 */
export interface Knob {
  /** `cma:cam`, `pool`, `swiotlb`: stable across runs. */
  id: string
  kind: 'cma' | 'declared' | 'restricted' | 'pool' | 'swiotlb'
  /** Names of the areas, as RunResult spells them. */
  areas: string[]
  /** Where it is set: a node of the board, the command line, or nowhere yet (a default of the kernel). */
  source: 'node' | 'cmdline' | 'default'
  /** The node that sets it; for a default of the kernel the node that the board would get. */
  nodePath: string | null
  /** `cma=`, `coherent_pool=`, `swiotlb=`; null for nodes. */
  parameter: string | null
  /** Sizes are multiples of it. */
  granule: Bytes
  /** As the board boots today; 0: not there. */
  current: Bytes
}

export interface KnobResult {
  knob: Knob
  /** Null when no size could be recommended; `reason` says why. */
  recommended: Bytes | null
  /** fits: the size of today is right. grow, shrink. open: not enough evidence. helpless: no size of it helps. unused: no call needs it. */
  state: 'fits' | 'grow' | 'shrink' | 'open' | 'helpless' | 'unused'
  /** Further runs that would settle an open one, if they all go as the ones before. */
  runsNeeded: number
  reason: string
  /** Ascending sizes. */
  curve: RiskPoint[]
  evidence: KnobEvidence
}

/** Of `runs` runs with this size, `bad` went wrong for want of it; low and high: exact 95 % interval of the probability. */
export interface RiskPoint {
  bytes: Bytes
  runs: number
  bad: number
  low: number
  high: number
  /** The board did not boot, or memory ran out elsewhere. */
  tooLarge: boolean
}

export interface KnobEvidence {
  /** Most that was in use at one time, over the runs with the recommended size. */
  peakUsed: Bytes
  /** Most that was wanted at one time, failed requests counted. */
  peakWanted: Bytes
  largestRequest: Bytes
  /** Smallest value that the largest free run ever had. */
  smallestLargestFree: Bytes
  /** First seed, and how many from there on. */
  seeds: { first: number; count: number }
}

export interface Verification {
  settings: { knob: string; bytes: Bytes }[]
  seeds: { first: number; count: number }
  runs: number
  bad: number
  low: number
  high: number
  /** Calls over all runs. */
  calls: number
  failures: number
  fallbacks: number
}
