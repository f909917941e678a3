import type { Board, Machine } from '@shared/board.ts'
import type { Knob, SizingResult } from '@shared/sizing.ts'
import { bytesIn, formatBytes } from '@shared/units.ts'
import type { ParsedWorkload } from '../workload/parse.ts'
import { runWorkload } from '../workload/run.ts'
import { judge, type Sized } from './judge.ts'
import { knobsOf } from './knobs.ts'
import { outcomeOf, type Outcome } from './outcome.ts'
import { KnobSearch } from './search.ts'
import { applySettings, type Setting } from './settings.ts'
import { Verifier } from './verify.ts'

export { applySettings } from './settings.ts'
export type { Outcome } from './outcome.ts'

export interface SizeInput {
  board: Board
  machine: Machine
  workloads: readonly ParsedWorkload[]
  seed: number
  /** Runs that the proof may take; 299 without a bad one prove 1 % at 95 %. */
  runs: number
  /** Probability of a bad run that is accepted; 0.01. */
  risk?: number
  confidence?: number
}

/** What one run needs; plain data, so that it can be sent to a worker. */
export interface Job {
  board: Board
  machine: Machine
  workloads: readonly ParsedWorkload[]
}
/** Runs a job on each seed, in order of the seeds. May spread them over workers. */
export type RunMany = (job: Job, seeds: readonly number[]) => Promise<Outcome[]>

export interface SizeHooks {
  runMany?: RunMany
  onProgress?: (progress: { fraction: number; note: string }) => void
  signal?: AbortSignal
}

/** Candidates are screened with this many runs: enough to find the size, not to prove it. */
const SCREENING_RUNS = 48

/**
 * Sizes every area, pool and bounce buffer that the workloads use, one after the other, and verifies the set on fresh seeds.
 * Throws what runWorkload throws on bad input, and the signal's reason when it is aborted.
 */
export async function size(input: SizeInput, hooks: SizeHooks = {}): Promise<SizingResult> {
  const sizing = new Sizing(input, hooks)
  const first = await runWorkload({ ...input, detail: 'totals' })
  const knobs = knobsOf(input.board, input.machine, first.boot, first.inputs.arch)
  const today = await sizing.today()
  const sized: Sized[] = []
  for (const [i, knob] of knobs.entries())
    sized.push({ knob, found: await sizing.search(knob, today, i / knobs.length) })
  const settings = sized.flatMap(({ knob, found }): Setting[] =>
    found.best ? [{ knob, bytes: found.best.bytes }] : [],
  )
  const verified = await sizing.verify(settings)
  return {
    format: 1,
    inputs: { ...first.inputs, ...sizing.odds },
    ...judge(sized, verified, { ...sizing.odds, booted: first.booted, panic: first.panic }),
  }
}

const inThisThread: RunMany = async (job, seeds) => {
  const outcomes: Outcome[] = []
  for (const seed of seeds) outcomes.push(outcomeOf(await runWorkload({ ...job, seed, detail: 'totals' })))
  return outcomes
}

/** One sizing under way: the sizes found so far, and how far it is. */
class Sizing {
  readonly odds: { runs: number; risk: number; confidence: number }
  private readonly runMany: RunMany
  private readonly found: Setting[] = []

  constructor(
    private readonly input: SizeInput,
    private readonly hooks: SizeHooks,
  ) {
    this.runMany = hooks.runMany ?? inThisThread
    this.odds = { runs: input.runs, risk: input.risk ?? 0.01, confidence: input.confidence ?? 0.95 }
  }

  private get screeningRuns(): number {
    return Math.min(SCREENING_RUNS, this.input.runs)
  }

  /** The board as it is. */
  today(): Promise<Outcome[]> {
    return this.evaluate([], seedsFrom(this.input.seed, this.screeningRuns), 0, 'the board as it is')
  }

  /** Searches one knob, with what was found for the others before it. */
  async search(knob: Knob, today: readonly Outcome[], start: number): Promise<Sized['found']> {
    let done = 0
    const evaluate = (bytes: number, seeds: readonly number[]): Promise<Outcome[]> => {
      done += seeds.length
      const share = 1 - Math.exp(-done / (4 * this.screeningRuns))
      return this.evaluate(
        [...this.found, { knob, bytes }],
        seeds,
        0.05 + 0.55 * (start + share / 5),
        `${knob.id} ${formatBytes(bytes)}`,
      )
    }
    const limit = Math.max(knob.current, Math.floor(this.ramBytes() * 0.9))
    const options = { ...this.odds, runs: this.screeningRuns, firstSeed: this.input.seed, limit, today }
    const found = await new KnobSearch(knob, options, evaluate).run()
    if (found.best) this.found.push({ knob, bytes: found.best.bytes })
    return found
  }

  verify(settings: Setting[]): ReturnType<Verifier['run']> {
    const evaluate = (seeds: readonly number[], done: number): Promise<Outcome[]> =>
      this.evaluate(
        settings,
        seeds,
        0.6 + 0.4 * Math.min(1, done / this.input.runs),
        'all sizes together, on fresh seeds',
      )
    return new Verifier(settings, { ...this.odds, firstSeed: this.input.seed + this.screeningRuns }, evaluate).run()
  }

  private async evaluate(
    settings: readonly Setting[],
    seeds: readonly number[],
    fraction: number,
    note: string,
  ): Promise<Outcome[]> {
    this.hooks.signal?.throwIfAborted()
    this.hooks.onProgress?.({ fraction, note })
    const { board, machine, workloads } = this.input
    return this.runMany({ ...applySettings(board, machine, settings), workloads }, seeds)
  }

  private ramBytes(): number {
    const banks = this.input.machine.memory ?? this.input.board.memory
    const described = bytesIn(banks)
    return described || (this.input.machine.memBytes ?? 0)
  }
}

const seedsFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i)
