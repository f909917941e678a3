import type { Knob, KnobEvidence, KnobResult, RiskPoint } from '@shared/sizing.ts'
import { alignDown, alignUp, formatBytes, type Bytes } from '@shared/units.ts'
import { interval, runsToProve, upperBound } from './binomial.ts'
import { knobOutcome, type Outcome } from './outcome.ts'

/** Runs of the workloads with a knob at a size, on these seeds, in their order. */
export type Evaluate = (bytes: Bytes, seeds: number[]) => Promise<Outcome[]>

export interface SearchOptions {
  runs: number
  risk: number
  confidence: number
  firstSeed: number
  /** No candidate is larger. */
  limit: Bytes
}

/** A failing size is left after this many runs: enough for its place on the risk curve. */
const CURVE_RUNS = 24
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

  evidence(firstSeed: number): KnobEvidence {
    const all = this.outcomes.map((outcome) => knobOutcome(outcome, this.knob))
    const most = (pick: (area: (typeof all)[number]) => number): number =>
      all.reduce((value, area) => Math.max(value, pick(area)), 0)
    return {
      peakUsed: most((area) => area.peakUsed),
      peakWanted: most((area) => area.peakWanted),
      largestRequest: most((area) => area.largestRequest),
      smallestLargestFree: all.reduce((value, area) => Math.min(value, area.smallestLargestFree), this.bytes),
      seeds: { first: firstSeed, count: this.runs },
    }
  }
}

/**
 * The smallest size of one knob at which runs go wrong no more often than accepted. Every candidate meets the same seeds, so that two
 * sizes differ by nothing but the size. Sizes grow from what was wanted at most until one passes, then the gap to the last one that
 * failed is halved until it is one granule.
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
  }

  async run(): Promise<KnobResult> {
    const today = await this.tryToday()
    const wanted = Math.max(...today.outcomes.map((outcome) => knobOutcome(outcome, this.knob).peakWanted), 0)
    if (wanted === 0) return this.result(null, 'unused', 'no request of these workloads reaches it')
    const passing = await this.firstPassing(wanted)
    if (!passing) return this.helpless()
    return this.judged(await this.narrow(passing.low, passing.candidate))
  }

  /** The board as it is: what is wanted shows there, or at one granule where there is nothing yet, or at the first size that boots. */
  private async tryToday(): Promise<Candidate> {
    const { granule, current } = this.knob
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
    const known = this.candidates.get(bytes)
    if (known) return known
    const candidate = new Candidate(bytes, this.knob)
    this.candidates.set(bytes, candidate)
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

  private passes(candidate: Candidate): boolean {
    return !candidate.tooLarge && candidate.bad <= this.allowed
  }

  private judged(best: Candidate): KnobResult {
    const { risk, confidence } = this.options
    const { bytes, bad, runs } = best
    const seen = `${bad} of ${runs} runs went wrong with ${formatBytes(bytes)}`
    if (upperBound(bad, runs, confidence) > risk) {
      const more = runsToProve(scaled(bad, runs, risk), risk, confidence) - runs
      return this.result(
        best,
        'open',
        `${seen}; that is not enough evidence for a risk of ${percent(risk)}, ${more} more runs are needed`,
        more,
      )
    }
    const current = this.knob.current
    const state = bytes === current ? 'fits' : bytes > current ? 'grow' : 'shrink'
    return this.result(best, state, `${seen}: a risk of at most ${percent(risk)} at ${percent(confidence)} confidence`)
  }

  private helpless(): KnobResult {
    const largest = [...this.candidates.values()].reduce((a, b) => (b.bytes > a.bytes ? b : a))
    const why = largest.tooLarge
      ? `with ${formatBytes(largest.bytes)} the board does not boot or the rest of the system runs out of memory`
      : `even with ${formatBytes(largest.bytes)}, ${largest.bad} of ${largest.runs} runs go wrong: its size is not the cause`
    return this.result(null, 'helpless', why)
  }

  private result(best: Candidate | null, state: KnobResult['state'], reason: string, runsNeeded = 0): KnobResult {
    const sorted = [...this.candidates.values()].sort((a, b) => a.bytes - b.bytes)
    const shown = best ?? sorted.at(-1)!
    return {
      knob: this.knob,
      recommended: best?.bytes ?? null,
      state,
      runsNeeded,
      reason,
      curve: sorted.map((candidate) => candidate.point(this.options.confidence)),
      evidence: shown.evidence(this.options.firstSeed),
    }
  }
}

/** Bad runs that a candidate may have among all its runs: what the proof allows; with too few runs for a proof, what the risk says. */
function allowedBad({ runs, risk, confidence }: SearchOptions): number {
  let bad = 0
  while (bad < runs && upperBound(bad + 1, runs, confidence) <= risk) bad++
  return upperBound(0, runs, confidence) <= risk ? bad : Math.floor(runs * risk)
}

/** Bad runs to expect by the time the proof stands, if they go on as they did. */
function scaled(bad: number, runs: number, risk: number): number {
  return bad === 0 || bad / runs >= risk ? bad : Math.ceil((bad / runs) * runsToProve(bad, risk, 0.95))
}

export const percent = (value: number): string => `${Number((value * 100).toPrecision(3))} %`
