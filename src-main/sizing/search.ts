import type { Knob, KnobEvidence, RiskPoint } from '@shared/sizing.ts'
import { alignDown, alignUp, type Bytes } from '@shared/units.ts'
import { interval, upperBound } from './binomial.ts'
import { knobOutcome, type AreaOutcome, type Outcome } from './outcome.ts'

/** Runs of the workloads with a knob at a size, on these seeds, in their order. */
export type Evaluate = (bytes: Bytes, seeds: number[]) => Promise<Outcome[]>

export interface SearchOptions {
  /** Runs that a candidate is screened with at most. */
  runs: number
  risk: number
  confidence: number
  firstSeed: number
  /** No candidate is larger. */
  limit: Bytes
  /** Runs of the board as it is; they count for the size of today. */
  today: readonly Outcome[]
}

/** What a search found; `best` is null when no size passed, or none is needed. */
export interface Found {
  state: 'found' | 'unused' | 'helpless'
  best: Candidate | null
  /** Ascending. */
  candidates: Candidate[]
}

/** A failing size is left after this many runs: enough for its place on the risk curve. */
const CURVE_RUNS = 12
const BATCH = 12
/** A search that needs more candidates than this is going nowhere. */
const MOST_CANDIDATES = 40

/** One size and what its runs said so far. */
export class Candidate {
  readonly outcomes: Outcome[] = []
  bad = 0
  tooLarge = false

  constructor(
    readonly bytes: Bytes,
    private readonly knob: Knob,
  ) {}

  add(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      this.outcomes.push(outcome)
      if (!outcome.booted || outcome.starved) this.tooLarge = true
      if (!outcome.booted || knobOutcome(outcome, this.knob).bad > 0) this.bad++
    }
  }

  get runs(): number {
    return this.outcomes.length
  }

  point(confidence: number): RiskPoint {
    const { bytes, runs, bad, tooLarge } = this
    return { bytes, runs, bad, ...interval(bad, runs, confidence), tooLarge }
  }

  /** The largest value over all runs. */
  most(pick: (area: AreaOutcome) => number): number {
    return this.outcomes.reduce((value, outcome) => Math.max(value, pick(knobOutcome(outcome, this.knob))), 0)
  }

  evidence(firstSeed: number): KnobEvidence {
    const free = this.outcomes.map((outcome) => knobOutcome(outcome, this.knob).smallestLargestFree)
    return {
      peakUsed: this.most((area) => area.peakUsed),
      peakWanted: this.most((area) => area.peakWanted),
      largestRequest: this.most((area) => area.largestRequest),
      smallestLargestFree: free.reduce((least, bytes) => Math.min(least, bytes), this.bytes),
      seeds: { first: firstSeed, count: this.runs },
    }
  }
}

/**
 * The smallest size of one knob at which runs go wrong no more often than accepted, as far as a screening shows; the proof is the
 * verification's. Every candidate meets the same seeds, so that two sizes differ by nothing but the size. Sizes grow from what was
 * wanted at most until one passes, then the gap to the last one that failed is halved until it is one granule.
 */
export class KnobSearch {
  private readonly candidates = new Map<Bytes, Candidate>()
  private readonly allowed: number

  constructor(
    private readonly knob: Knob,
    private readonly options: SearchOptions,
    private readonly evaluate: Evaluate,
  ) {
    this.allowed = allowedBad(options)
    if (options.today.some(({ booted }) => booted)) this.candidate(knob.current).add(options.today)
  }

  async run(): Promise<Found> {
    const today = await this.tryToday()
    const wanted = today.most((area) => area.peakWanted)
    if (wanted === 0) return this.found('unused', null)
    if (keepsDefault(this.knob) && this.passes(today)) return this.found('found', today)
    const passing = await this.firstPassing(wanted)
    return passing
      ? this.found('found', await this.narrow(passing.low, passing.candidate))
      : this.found('helpless', null)
  }

  private found(state: Found['state'], best: Candidate | null): Found {
    return { state, best, candidates: [...this.candidates.values()].sort((a, b) => a.bytes - b.bytes) }
  }

  /** The board as it is; where it does not boot, the first smaller size that does; where there is nothing yet, one granule. */
  private async tryToday(): Promise<Candidate> {
    const { granule, current } = this.knob
    const known = this.candidates.get(current)
    if (known && (current > 0 || known.most((area) => area.peakWanted) > 0)) return known
    for (let bytes = Math.max(alignUp(current, granule), granule); ; bytes = alignDown(bytes / 2, granule)) {
      const candidate = await this.try(bytes)
      if (candidate.outcomes.some((outcome) => outcome.booted) || bytes <= granule) return candidate
    }
  }

  private async firstPassing(wanted: Bytes): Promise<{ low: Bytes; candidate: Candidate } | null> {
    let low = 0
    for (const factor of [1, 1.125, 1.25, 1.5, 2, 3, 4, 8]) {
      const bytes = Math.min(alignUp(wanted * factor, this.knob.granule), this.options.limit)
      if (bytes <= low) break
      const candidate = await this.try(bytes)
      if (this.passes(candidate)) return { low, candidate }
      if (candidate.tooLarge) break
      low = bytes
    }
    return null
  }

  private async narrow(failing: Bytes, passing: Candidate): Promise<Candidate> {
    let low = failing
    let best = passing
    while (best.bytes - low > this.knob.granule && this.candidates.size < MOST_CANDIDATES) {
      const candidate = await this.try(alignDown((low + best.bytes) / 2, this.knob.granule))
      if (this.passes(candidate)) best = candidate
      else low = candidate.bytes
    }
    return best
  }

  /** Runs a candidate until it is refuted or all runs are made. */
  private async try(bytes: Bytes): Promise<Candidate> {
    const candidate = this.candidate(bytes)
    const { runs, firstSeed } = this.options
    while (
      candidate.runs < runs &&
      !candidate.tooLarge &&
      (candidate.bad <= this.allowed || candidate.runs < CURVE_RUNS)
    ) {
      const count = Math.min(BATCH, runs - candidate.runs)
      candidate.add(
        await this.evaluate(
          bytes,
          Array.from({ length: count }, (_, i) => firstSeed + candidate.runs + i),
        ),
      )
    }
    return candidate
  }

  private candidate(bytes: Bytes): Candidate {
    const known = this.candidates.get(bytes)
    if (known) return known
    const candidate = new Candidate(bytes, this.knob)
    this.candidates.set(bytes, candidate)
    return candidate
  }

  private passes(candidate: Candidate): boolean {
    return !candidate.tooLarge && candidate.bad <= this.allowed
  }
}

/** What the kernel takes for its own pools serves drivers that no workload names: a default that suffices is not made smaller. */
const keepsDefault = ({ kind, source }: Knob): boolean =>
  source === 'default' && (kind === 'pool' || kind === 'swiotlb')

/** Bad runs that a candidate may have among all its runs: what the proof allows; with too few runs for a proof, what the risk says. */
export function allowedBad({ runs, risk, confidence }: Pick<SearchOptions, 'runs' | 'risk' | 'confidence'>): number {
  let bad = 0
  while (bad < runs && upperBound(bad + 1, runs, confidence) <= risk) bad++
  return upperBound(0, runs, confidence) <= risk ? bad : Math.floor(runs * risk)
}

export const percent = (value: number): string => `${Number((value * 100).toPrecision(3))} %`
