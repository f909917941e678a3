import type { Board, Machine } from '@shared/board.ts'
import type { RunResult } from '@shared/run.ts'
import type { Knob, KnobResult, SizingResult, Verification } from '@shared/sizing.ts'
import { formatBytes } from '@shared/units.ts'
import type { ParsedWorkload } from '../workload/parse.ts'
import { runWorkload } from '../workload/run.ts'
import { interval, upperBound } from './binomial.ts'
import { knobsOf } from './knobs.ts'
import { knobOutcome, outcomeOf, type Outcome } from './outcome.ts'
import { KnobSearch, percent } from './search.ts'
import { applySettings, type Setting } from './settings.ts'

export { applySettings, type Setting } from './settings.ts'
export type { Outcome } from './outcome.ts'

export interface SizeInput {
  board: Board
  machine: Machine
  workloads: ParsedWorkload[]
  seed: number
  /** Runs of a candidate at most. */
  runs: number
  risk?: number
  confidence?: number
}

/** What one run needs; plain data, so that it can be sent to a worker. */
export interface Job {
  board: Board
  machine: Machine
  workloads: ParsedWorkload[]
}
/** Runs a job on each seed, in order of the seeds. May spread them over workers. */
export type RunMany = (job: Job, seeds: number[]) => Promise<Outcome[]>

export interface SizeHooks {
  runMany?: RunMany
  onProgress?: (progress: { fraction: number; note: string }) => void
  signal?: AbortSignal
}

const MOST_ROUNDS = 6

/**
 * Sizes every area, pool and bounce buffer that the workloads use, one after the other, and verifies the set on fresh seeds.
 * Throws what runWorkload throws on bad input, and the signal's reason when it is aborted.
 */
export async function size(input: SizeInput, hooks: SizeHooks = {}): Promise<SizingResult> {
  return new Sizing(input, hooks).run()
}

const inThisThread: RunMany = async (job, seeds) => {
  const outcomes: Outcome[] = []
  for (const seed of seeds) outcomes.push(outcomeOf(await runWorkload({ ...job, seed, detail: 'totals' })))
  return outcomes
}

class Sizing {
  private readonly runMany: RunMany
  private readonly risk: number
  private readonly confidence: number
  private readonly settings: Setting[] = []

  constructor(
    private readonly input: SizeInput,
    private readonly hooks: SizeHooks,
  ) {
    this.runMany = hooks.runMany ?? inThisThread
    this.risk = input.risk ?? 0.01
    this.confidence = input.confidence ?? 0.95
  }

  async run(): Promise<SizingResult> {
    const { board, machine, seed } = this.input
    const today = await runWorkload({ ...this.input, detail: 'totals' })
    const knobs = knobsOf(board, machine, today.boot, today.inputs.arch)
    const results: KnobResult[] = []
    for (const [i, knob] of knobs.entries()) {
      const result = await this.search(knob, seed, i / (knobs.length + 1), 1 / (knobs.length + 1))
      results.push(result)
      if (result.recommended !== null) this.settings.push({ knob, bytes: result.recommended })
    }
    const verification = await this.verify(results, seed + this.input.runs)
    const { runs } = this.input
    const inputs = { ...today.inputs, runs, risk: this.risk, confidence: this.confidence }
    return { format: 1, inputs, knobs: results, verification, ...this.conclusion(today, results, verification) }
  }

  private search(knob: Knob, firstSeed: number, start: number, share: number): Promise<KnobResult> {
    const { runs } = this.input
    const { risk, confidence } = this
    let done = 0
    const evaluate = (bytes: number, seeds: number[]): Promise<Outcome[]> => {
      done += seeds.length
      const fraction = start + share * (1 - Math.exp(-done / (3 * runs)))
      return this.evaluate([...this.settings, { knob, bytes }], seeds, fraction, `${knob.id} ${formatBytes(bytes)}`)
    }
    const limit = Math.max(knob.current, Math.floor(this.ramBytes() * 0.9))
    return new KnobSearch(knob, { runs, risk, confidence, firstSeed, limit }, evaluate).run()
  }

  private async evaluate(settings: Setting[], seeds: number[], fraction: number, note: string): Promise<Outcome[]> {
    this.hooks.signal?.throwIfAborted()
    this.hooks.onProgress?.({ fraction, note })
    return this.runMany(
      { ...applySettings(this.input.board, this.input.machine, settings), workloads: this.input.workloads },
      seeds,
    )
  }

  private ramBytes(): number {
    const banks = this.input.machine.memory ?? this.input.board.memory
    const described = banks.reduce((sum, bank) => sum + bank.end - bank.start, 0)
    return described || (this.input.machine.memBytes ?? 0)
  }

  /** All sizes together, on seeds that the search has not seen; a knob that falls short there grows by a granule and all is run again. */
  private async verify(results: KnobResult[], firstSeed: number): Promise<Verification | null> {
    if (!this.settings.length) return null
    for (let round = 0; ; round++) {
      const first = firstSeed + round * this.input.runs
      const outcomes = await this.verifyOnce(first)
      const verification = this.verificationOf(outcomes, first)
      const short = this.settings.filter(({ knob }) => outcomes.some((outcome) => knobOutcome(outcome, knob).bad > 0))
      if (
        round === MOST_ROUNDS ||
        !short.length ||
        upperBound(verification.bad, verification.runs, this.confidence) <= this.risk
      )
        return verification
      for (const setting of short) this.grow(setting, results)
    }
  }

  private async verifyOnce(first: number): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    const { runs } = this.input
    while (outcomes.length < runs) {
      const seeds = Array.from({ length: Math.min(12, runs - outcomes.length) }, (_, i) => first + outcomes.length + i)
      outcomes.push(
        ...(await this.evaluate(this.settings, seeds, 1 - (1 - outcomes.length / runs) * 0.1, 'all sizes together')),
      )
    }
    return outcomes
  }

  private grow(setting: Setting, results: KnobResult[]): void {
    setting.bytes += setting.knob.granule
    const result = results.find(({ knob }) => knob.id === setting.knob.id)!
    result.recommended = setting.bytes
    if (result.state !== 'open')
      result.state =
        setting.bytes === setting.knob.current ? 'fits' : setting.bytes > setting.knob.current ? 'grow' : 'shrink'
    result.reason = `${formatBytes(setting.bytes)}: one step more than the search found, because fresh seeds asked for it`
  }

  /** A run counts as bad when one of the areas that were sized falls short in it; what no size can help is told apart. */
  private verificationOf(outcomes: Outcome[], first: number): Verification {
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
      ...interval(bad, outcomes.length, this.confidence),
      calls: sum((outcome) => outcome.calls),
      failures: sum((outcome) => outcome.failures),
      fallbacks: sum((outcome) => outcome.fallbacks),
    }
  }

  private conclusion(
    today: RunResult,
    results: KnobResult[],
    verification: Verification | null,
  ): Pick<SizingResult, 'verdict' | 'summary'> {
    const helpless = results.filter(({ state }) => state === 'helpless')
    if (helpless.length)
      return {
        verdict: 'fails',
        summary: `no size of ${helpless.map(({ knob }) => knob.id).join(', ')} helps: ${helpless[0]!.reason}`,
      }
    if (!verification)
      return {
        verdict: today.booted ? 'holds' : 'fails',
        summary: today.booted
          ? 'these workloads use none of the areas, pools or buffers that have a size'
          : `the board does not boot: ${today.panic}`,
      }
    const { bad, runs } = verification
    const seen = `${bad} of ${runs} fresh runs went wrong with the recommended sizes`
    if (upperBound(bad, runs, this.confidence) <= this.risk) {
      return {
        verdict: 'holds',
        summary: `${seen}: a risk of at most ${percent(this.risk)} at ${percent(this.confidence)} confidence`,
      }
    }
    const needed = Math.max(...results.map(({ runsNeeded }) => runsNeeded))
    const more = needed ? `; not enough evidence for a risk of ${percent(this.risk)}, make ${needed} more runs` : ''
    return { verdict: 'open', summary: seen + more }
  }
}
