import type { Worker } from 'node:worker_threads'
import type { Board } from '@shared/board.ts'
import type { Comparison } from '@shared/comparison.ts'
import type { RunResult } from '@shared/run.ts'
import type { SizingResult } from '@shared/sizing.ts'
import { verdictOf, verdictOfComparison, verdictOfSizing, type Verdict } from '@shared/verdict.ts'
import { pack } from '@shared/wire.ts'
import { forceCma } from '../../board/index.ts'
import { size as sizeAreas } from '../../sizing/index.ts'
import { compareRuns } from '../../workload/compare.ts'
import { runWorkload } from '../../workload/run.ts'
import { requireBoard } from '../read-board.ts'
import type { Kept, Progress, TaskInput, Variant } from '../tasks.ts'
import { asBadInput, requireWorkloads, runInput } from './prepare.ts'
import { spreadOver } from './spread.ts'

type OnProgress = (progress: Progress) => void

/** The long tasks: one run, the runs of a sizing, the runs of a comparison. */
export const run = (work: TaskInput<'run'>, onProgress: OnProgress): Promise<Kept<RunResult>> =>
  asBadInput(async () => kept(await runWorkload(runInput(work), { onProgress }), verdictOf))

export const size = (
  { runs, risk, ...work }: TaskInput<'size'>,
  onProgress: OnProgress,
  spawn: () => Worker,
): Promise<Kept<SizingResult>> =>
  asBadInput(async () => {
    const { runMany, close } = spreadOver(spawn)
    try {
      return kept(await sizeAreas({ ...runInput(work), runs, risk }, { onProgress, runMany }), verdictOfSizing)
    } finally {
      close()
    }
  })

export const compare = (
  { variants, workloads, seed }: TaskInput<'compare'>,
  onProgress: OnProgress,
): Promise<Kept<Comparison>> =>
  asBadInput(async () => {
    const parsed = requireWorkloads(workloads)
    const compared = variants.map((variant) => ({
      label: variant.label,
      board: boardOf(variant),
      machine: variant.board.machine,
    }))
    return kept(await compareRuns({ variants: compared, workloads: parsed, seed }, { onProgress }), verdictOfComparison)
  })

const kept = <T>(result: T, judge: (result: T) => Verdict): Kept<T> => ({ packed: pack(result), ...judge(result) })

/** The board of a variant, with its carve-outs made CMA areas where that is asked for. */
const boardOf = ({ board: sources, forceCma: paths }: Variant): Board => forceCma(requireBoard(sources).board, paths)
