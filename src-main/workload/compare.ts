import type { Board, Machine } from '@shared/board.ts'
import type { CallOutcome, Comparison, Divergence } from '@shared/comparison.ts'
import type { RunResult } from '@shared/run.ts'
import type { ParsedWorkload } from './parse.ts'
import type { RecordedCall } from './record.ts'
import { runFully, type RunHooks } from './run.ts'

/** One side of a comparison: what it boots, and what it is called. */
export interface ComparedVariant {
  label: string
  board: Board
  machine: Machine
}

export interface ComparedWork {
  variants: ComparedVariant[]
  workloads: readonly ParsedWorkload[]
  seed: number
}

interface VariantRun {
  label: string
  run: RunResult
  recorded: RecordedCall[]
}

/**
 * Runs the same workloads on every variant and looks for the first request that went differently. A step of the workload's timeline is the
 * same request in every variant, whatever was allocated before it.
 * @throws RunInputError as a run does
 */
export async function compareRuns(work: ComparedWork, hooks: RunHooks = {}): Promise<Comparison> {
  const half = (before: number): RunHooks => ({
    ...hooks,
    onProgress: ({ fraction, note }) => hooks.onProgress?.({ fraction: before + fraction / 2, note }),
  })
  const runs = await runAll(work, undefined, half(0))
  const steps = differingSteps(runs)
  const variants = runs.map(({ label, run }) => ({ label, run }))
  if (steps[0] === undefined) return { variants, differing: 0, first: null }
  // calls in which nothing goes wrong are not kept: once more, now with an eye on that step
  const watched = await runAll(work, steps[0], half(0.5))
  return { variants, differing: steps.length, first: divergenceAt(watched, steps[0]) }
}

async function runAll({ variants, workloads, seed }: ComparedWork, step: number | undefined, hooks: RunHooks) {
  const runs: VariantRun[] = []
  const watch = step === undefined ? [] : [step]
  for (const [index, { label, board, machine }] of variants.entries()) {
    const { result, recorded } = await runFully(
      { board, machine, workloads, seed, watch },
      {
        ...hooks,
        onProgress: ({ fraction }) =>
          hooks.onProgress?.({ fraction: (index + fraction) / variants.length, note: label }),
      },
    )
    runs.push({ label, run: result, recorded })
  }
  return runs
}

/** Steps of the timeline at which not all variants had the same trouble, ascending. */
function differingSteps(runs: VariantRun[]): number[] {
  const troubles = runs.map(({ recorded }) => {
    const bySteps = new Map<number, string>()
    for (const call of recorded) bySteps.set(call.step, `${bySteps.get(call.step) ?? ''}${call.verb} ${call.errno};`)
    return bySteps
  })
  const steps = new Set(troubles.flatMap((trouble) => [...trouble.keys()]))
  return [...steps]
    .filter((step) => new Set(troubles.map((trouble) => trouble.get(step))).size > 1)
    .sort((a, b) => a - b)
}

function divergenceAt(runs: VariantRun[], step: number): Divergence | null {
  const calls = runs.map(({ recorded }) => recorded.filter((call) => call.step === step))
  const longest = Math.max(...calls.map((made) => made.length))
  for (let nth = 0; nth < longest; nth++) {
    const made = calls.map((of) => of[nth])
    const outcomes = made.map((call, variant) => (call ? outcomeOf(call, runs[variant]!.run) : null))
    const call = made.find((one) => one !== undefined)
    if (!call || new Set(outcomes.map((outcome) => outcome && `${outcome.errno} ${outcome.reason}`)).size === 1)
      continue
    return { time: call.time, device: call.device, stream: call.stream, verb: call.verb, bytes: call.bytes, outcomes }
  }
  return null
}

function outcomeOf({ call, ok, errno, source }: RecordedCall, { incidents }: RunResult): CallOutcome {
  return { ok, errno, source, reason: incidents.find((incident) => incident.call === call)?.reason ?? '' }
}
