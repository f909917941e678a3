import type { Verification } from '@shared/sizing.ts'
import { alignUp } from '@shared/units.ts'
import { interval } from './binomial.ts'
import { knobOutcome, type Outcome } from './outcome.ts'
import { allowedBad } from './search.ts'
import type { Setting } from './settings.ts'

export interface VerifyOptions {
  runs: number
  risk: number
  confidence: number
  /** The first seed that the search has not seen. */
  firstSeed: number
}

export interface Verified {
  /** Null when there is nothing to verify. */
  verification: Verification | null
  outcomes: Outcome[]
  /** Knobs that had to grow because fresh seeds asked for it. */
  grown: Set<string>
}

const BATCH = 12
/** A set of sizes that is refuted more often than this stays as it is, and the result says so. */
const MOST_ROUNDS = 12

/**
 * Runs all sizes together on seeds that the search has not seen: choosing the smallest size that passed is a biased choice, and only
 * fresh seeds prove it. A size that falls short grows, and everything is run again on seeds that are fresh again.
 */
export class Verifier {
  private readonly grown = new Set<string>()

  constructor(
    /** Grow in place. */
    private readonly settings: Setting[],
    private readonly options: VerifyOptions,
    private readonly evaluate: (seeds: readonly number[], done: number) => Promise<Outcome[]>,
  ) {}

  async run(): Promise<Verified> {
    if (!this.settings.length) return { verification: null, outcomes: [], grown: this.grown }
    let first = this.options.firstSeed
    for (let round = 0; ; round++) {
      const outcomes = await this.round(first)
      const short = this.tooSmall(outcomes)
      if (!short.length || round === MOST_ROUNDS)
        return { verification: this.summary(outcomes, first), outcomes, grown: this.grown }
      for (const setting of short) this.grow(setting, outcomes, round)
      first += outcomes.length
    }
  }

  /** Stops early where a size is refuted already. */
  private async round(first: number): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    const { runs } = this.options
    while (outcomes.length < runs && !this.tooSmall(outcomes).length) {
      const count = Math.min(BATCH, runs - outcomes.length)
      const seeds = Array.from({ length: count }, (_, i) => first + outcomes.length + i)
      outcomes.push(...(await this.evaluate(seeds, outcomes.length)))
    }
    return outcomes
  }

  private tooSmall(outcomes: readonly Outcome[]): Setting[] {
    const allowed = allowedBad(this.options)
    return this.settings.filter(
      ({ knob }) => outcomes.filter((outcome) => knobOutcome(outcome, knob).bad > 0).length > allowed,
    )
  }

  /** To what the runs that fell short wanted at most; where that is no more, by a granule, then by more: a twentieth of its size at most. */
  private grow(setting: Setting, outcomes: readonly Outcome[], round: number): void {
    const { granule } = setting.knob
    const wanted = Math.max(
      ...outcomes
        .map((outcome) => knobOutcome(outcome, setting.knob))
        .map(({ bad, peakWanted }) => (bad ? peakWanted : 0)),
    )
    const most = Math.max(1, Math.floor(setting.bytes / 20 / granule))
    setting.bytes = Math.max(alignUp(wanted, granule), setting.bytes + granule * Math.min(most, 2 ** round))
    this.grown.add(setting.knob.id)
  }

  /** A run counts as bad when one of the areas that were sized falls short in it. */
  private summary(outcomes: readonly Outcome[], first: number): Verification {
    const falls = (outcome: Outcome): boolean =>
      !outcome.booted || this.settings.some(({ knob }) => knobOutcome(outcome, knob).bad > 0)
    const bad = outcomes.filter(falls).length
    const sum = (pick: (outcome: Outcome) => number): number =>
      outcomes.reduce((total, outcome) => total + pick(outcome), 0)
    return {
      settings: this.settings.map(({ knob, bytes }) => ({ knob: knob.id, bytes })),
      seeds: { first, count: outcomes.length },
      runs: outcomes.length,
      bad,
      ...interval(bad, outcomes.length, this.options.confidence),
      calls: sum((outcome) => outcome.calls),
      failures: sum((outcome) => outcome.failures),
      fallbacks: sum((outcome) => outcome.fallbacks),
    }
  }
}
