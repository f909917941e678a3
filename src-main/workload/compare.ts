import type { Board, Machine } from '@shared/board.ts'
import { mostDifferences, type CallOutcome, type Comparison, type Divergence } from '@shared/comparison.ts'
import type { RunResult } from '@shared/run.ts'
import { explainCall } from './explain.ts'
import { FateLog } from './fates.ts'
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
  variant: ComparedVariant
  run: RunResult
  recorded: RecordedCall[]
}

/**
 * Runs the same workloads on every variant and looks for the requests that went differently. A step of the workload's timeline is the
 * same request in every variant, whatever was allocated before it.
 * @throws RunInputError as a run does
 */
export async function compareRuns(work: ComparedWork, hooks: RunHooks = {}): Promise<Comparison> {
  const half = (before: number): RunHooks => ({
    ...hooks,
    onProgress: ({ fraction, note }) => hooks.onProgress?.({ fraction: before + fraction / 2, note }),
  })
  const fates = new FateLog(work.variants.length)
  const runs = await runAll(work, [], fates, half(0))
  const variants = runs.map(({ variant, run }) => ({ label: variant.label, run }))
  const { wrong, elsewhere } = fates.differing()
  const counts = { variants, differing: wrong.length, elsewhere: elsewhere.length }
  if (wrong.length + elsewhere.length === 0) return { ...counts, first: null, differences: [] }
  // calls in which nothing goes wrong are not kept: once more, now with an eye on those steps
  const wrongShown = wrong.slice(0, mostDifferences)
  const shown = [...wrongShown, ...elsewhere.slice(0, mostDifferences - wrongShown.length)].sort((a, b) => a - b)
  const watched = await runAll(work, shown, null, half(0.5))
  const at = new Map(shown.map((step) => [step, divergenceAt(watched, step)]))
  const first = await explained(at.get(wrong[0] ?? elsewhere[0]!) ?? null, wrong[0] ?? elsewhere[0]!, watched)
  return { ...counts, first, differences: [...at.values()].flatMap((each) => each ?? []) }
}

async function runAll(work: ComparedWork, watch: number[], fates: FateLog | null, hooks: RunHooks) {
  const { variants, workloads, seed } = work
  const runs: VariantRun[] = []
  for (const [index, variant] of variants.entries()) {
    const { label, board, machine } = variant
    const { result, recorded } = await runFully(
      { board, machine, workloads, seed, watch },
      {
        ...hooks,
        ...(fates ? { onCall: (call, outcome, fellBack) => fates.hear(index, call, outcome, fellBack) } : {}),
        onProgress: ({ fraction }) =>
          hooks.onProgress?.({ fraction: (index + fraction) / variants.length, note: label }),
      },
    )
    runs.push({ variant, run: result, recorded })
  }
  return runs
}

/** The first call of a step that did not go alike everywhere. */
function divergenceAt(runs: readonly VariantRun[], step: number): Divergence | null {
  const calls = runs.map(({ recorded }) => recorded.filter((call) => call.step === step))
  const longest = Math.max(...calls.map((made) => made.length))
  for (let nth = 0; nth < longest; nth++) {
    const made = calls.map((of) => of[nth])
    const outcomes = made.map((call, variant) => (call ? outcomeOf(call, runs[variant]!.run) : null))
    const call = made.find((one) => one !== undefined)
    const fates = new Set(outcomes.map((each) => each && `${each.errno} ${each.source} ${each.reason}`))
    if (!call || call.verb === 'buf' || fates.size === 1) continue
    return { time: call.time, device: call.device, stream: call.stream, verb: call.verb, bytes: call.bytes, outcomes }
  }
  return null
}

function outcomeOf({ call, ok, errno, source }: RecordedCall, { incidents }: RunResult): CallOutcome {
  return { ok, errno, source, reason: incidents.find((incident) => incident.call === call)?.reason ?? '' }
}

/** With what each variant's call went through, source by source. */
async function explained(
  first: Divergence | null,
  step: number,
  runs: readonly VariantRun[],
): Promise<Divergence | null> {
  if (!first) return null
  const outcomes = await Promise.all(
    first.outcomes.map(async (outcome, index) => {
      const { recorded, variant, run } = runs[index]!
      const call = recorded.find((each) => each.step === step && each.verb === first.verb && each.bytes === first.bytes)
      if (!outcome || !call) return outcome
      const { steps } = await explainCall(call, { board: variant.board, cmdline: run.inputs.cmdline })
      return { ...outcome, steps }
    }),
  )
  return { ...first, outcomes }
}
