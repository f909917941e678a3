import type { ExportKind, WorkloadCheck, WorkloadPreset } from '@shared/api.ts'
import type { Machine } from '@shared/board.ts'
import type { Comparison } from '@shared/comparison.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import type { LanguageAnswers, LanguageQuestion } from '@shared/language.ts'
import type { BoardAnalysis } from '@shared/layout.ts'
import type { Explanation, RunResult } from '@shared/run.ts'
import type { SizingResult } from '@shared/sizing.ts'
import type { ShownRun, TourCheck } from '@shared/tour.ts'
import type { Verdict } from '@shared/verdict.ts'
import type { Packed } from '@shared/wire.ts'
import type { Worker } from 'node:worker_threads'
import type { Job, Outcome } from '../sizing/index.ts'
import type { LanguageAsk } from './language.ts'

/** What workers can be asked to do: plain data in, plain data out. The bodies stand in `tasks/`, one file a task. */
export interface BoardSources {
  /** Project folder; `entry`, `drafts` and relative include folders hang on it. */
  folder: string
  entry: string
  drafts: Record<string, string>
  includeFolders: string[]
  defines: Record<string, string>
  machine: Machine
  /** Folders and files that may be read at all. */
  readable: string[]
}

export interface WorkloadSource {
  path: string
  text: string
}

export interface Work {
  board: BoardSources
  workloads: WorkloadSource[]
  seed: number
}

export interface Variant {
  label: string
  board: BoardSources
  forceCma: string[]
}

/** A result as the history keeps it, and what it comes to in a few words. */
export interface Kept<T> extends Verdict {
  packed: Packed<T>
}

export interface Tasks {
  tourShow: { input: { board: BoardSources; tour: string; step: string; place: string }; output: ShownRun[] }
  tourCheck: { input: { folder: string; tour: string }; output: TourCheck }
  analyse: { input: BoardSources; output: BoardAnalysis }
  picture: { input: BoardSources; output: { name: string; text: string } }
  language: { input: { board: BoardSources; ask: LanguageAsk }; output: LanguageAnswers[LanguageQuestion] }
  workloadSchema: { input: null; output: Record<string, unknown> }
  workloadPresets: { input: null; output: WorkloadPreset[] }
  checkWorkload: { input: { board: BoardSources; path: string; text: string }; output: WorkloadCheck }
  run: { input: Work; output: Kept<RunResult> }
  explain: { input: Work & { call: number }; output: Explanation }
  size: { input: Work & { runs: number; risk: number | undefined }; output: Kept<SizingResult> }
  /** One run of a sizing. */
  outcome: { input: { job: Job; seed: number }; output: Outcome }
  compare: { input: { variants: Variant[]; workloads: WorkloadSource[]; seed: number }; output: Kept<Comparison> }
  export: {
    input: { work: Work | null; packed: Packed<unknown>; kind: ExportKind }
    output: { name: string; text: string }[]
  }
}
export type TaskName = keyof Tasks
export type TaskInput<N extends TaskName> = Tasks[N]['input']
export type TaskOutput<N extends TaskName> = Tasks[N]['output']

export interface Progress {
  fraction: number
  note: string
}

/** Body of a task, inside a worker. It may be ended at any moment; nothing it does outlives it. */
export type TaskBody<N extends TaskName> = (
  input: TaskInput<N>,
  onProgress: (progress: Progress) => void,
  /** Starts another thread of this kind. */
  spawn: () => Worker,
) => TaskOutput<N> | Promise<TaskOutput<N>>
export type TaskBodies = { [N in TaskName]: TaskBody<N> }

/** Thrown by a task when the user's files are wrong: all that is wrong with them. */
export class BadInput extends Error {
  readonly diagnostics: Diagnostic[]
  constructor(message: string, diagnostics: Diagnostic[]) {
    super(message)
    this.diagnostics = diagnostics
  }
}

/** Between host and worker. */
export type TaskRequest = { id: number; task: TaskName; input: unknown }
export type TaskMessage =
  | { id: number; progress: Progress }
  | { id: number; ok: true; value: unknown }
  | { id: number; ok: false; message: string; diagnostics: Diagnostic[] | null }
