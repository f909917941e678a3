import { z } from 'zod'
import type { Comparison } from './comparison.ts'
import type { Diagnostic } from './diagnostics.ts'
import { languageQuestions, type LanguageAnswers, type LanguageQuestion } from './language.ts'
import type { BoardAnalysis } from './layout.ts'
import {
  boardInputSchema,
  exampleSchema,
  preferencesChangeSchema,
  preferencesSchema,
  projectSchema,
  projectSettingsChangeSchema,
  projectSettingsSchema,
  recentSchema,
} from './project.ts'
import type { Explanation, RunResult } from './run.ts'
import type { SizingResult } from './sizing.ts'
import type { ShownRun, TourCheck, TourInfo } from './tour.ts'
import type { Packed } from './wire.ts'

/**
 * THE contract between the window and its host, whichever carries it (Electron IPC, a WebSocket). `requests` names every method that can be
 * called; parameters are checked against their schema before anything else happens. `streams` names everything the host says unasked.
 * Values that the engine made cross as they are (`made<T>()`): the host is trusted by its window, the window is not trusted by its host.
 * Live requests carry a `revision` that the reply repeats, so that a late answer never replaces a newer one.
 */
const made = <T>() => z.custom<T>(() => true)
const nothing = z.object({})
const revision = z.number().int().nonnegative()
const id = z.string().regex(/^[A-Za-z0-9._-]{1,80}$/)
const method = <P extends z.ZodType, R extends z.ZodType>(params: P, result: R) => ({ params, result })

/** What a job runs on. Workload paths are inside the project; `drafts` holds their unsaved text too. */
const workInput = boardInputSchema.extend({
  workloads: z.array(z.string()).min(1),
  seed: z.number().int().nonnegative(),
})
const textFile = z.object({ name: z.string(), text: z.string() })
/** Text, or a picture that the window has drawn. */
const savedFile = z.object({ name: z.string(), text: z.string().or(z.instanceof(Uint8Array)) })
const pickPurpose = z.enum(['openProject', 'saveProject', 'includeFolder', 'exportFolder', 'configFile'])

export const exportKinds = [
  'overlay',
  'patch',
  'bootargs',
  'kconfig',
  'html',
  'markdown',
  'csv',
  'perfetto',
  'json',
  'svg',
] as const
export type ExportKind = (typeof exportKinds)[number]

export interface HostInfo {
  shell: 'electron' | 'browser'
  version: string
  /** Kernel releases that can be picked, newest first. */
  kernels: string[]
  /** Electron shows the system's dialogs; in a browser the lab lists the host's folders itself (`files.list`). */
  nativeDialogs: boolean
  /** Electron prints reports to PDF by itself; in a browser the page prints them, and its dialog makes the PDF. */
  printsPdf: boolean
}

export interface FolderListing {
  folder: string
  parent: string | null
  entries: { name: string; kind: 'folder' | 'board' | 'file' }[]
}

export interface WorkloadPreset {
  id: string
  title: string
  summary: string
  /** The workload file, ready to be written into a project. */
  text: string
}

export interface WorkloadCheck {
  diagnostics: Diagnostic[]
  /** What the file asks for, read back; null when it does not hold together. */
  summary: { title: string; streams: { name: string; device: string; text: string }[] } | null
}

/** One line of the project's history; the result itself is fetched by id. */
export interface HistoryEntry {
  id: string
  kind: 'run' | 'size' | 'compare'
  createdAt: number
  title: string
  /** `3 failures`, `fits`, `cam 112 MiB`. */
  verdict: string
  ok: boolean
}

/** One variant of a comparison: what differs from the board as it stands. */
export const variantSchema = boardInputSchema.extend({
  label: z.string(),
  /** Carve-out nodes served from CMA instead, by path. */
  forceCma: z.array(z.string()).optional(),
})

export const requests = {
  'host.info': method(nothing, made<HostInfo>()),
  'preferences.get': method(nothing, preferencesSchema),
  'preferences.set': method(preferencesChangeSchema, preferencesSchema),
  /** Unsaved changes are there: the shell asks before it closes the window. */
  'window.setDirty': method(z.object({ dirty: z.boolean() }), nothing),
  'window.setTitle': method(z.object({ title: z.string() }), nothing),

  /** The system's dialog; null when cancelled. What is picked may then be read or written. */
  'dialog.pick': method(
    z.object({ purpose: pickPurpose, suggestion: z.string().optional() }),
    z.object({ path: z.string().nullable() }),
  ),
  /** Folders of the host for the lab's own picker; without a folder, where the user last was. */
  'files.list': method(z.object({ folder: z.string().nullable() }), made<FolderListing>()),
  /** The user chose this in the lab's own picker. */
  'files.pick': method(z.object({ purpose: pickPurpose, path: z.string() }), z.object({ path: z.string() })),

  'project.examples': method(nothing, z.array(exampleSchema)),
  'project.openExample': method(z.object({ id }), projectSchema),
  /** A folder or a board file, picked before or among the recent ones. */
  'project.open': method(z.object({ path: z.string() }), projectSchema),
  /** What was open last time, or the first example. */
  'project.restore': method(nothing, projectSchema),
  'project.close': method(nothing, nothing),
  'project.recents': method(nothing, z.array(recentSchema)),
  'project.forget': method(z.object({ folder: z.string() }), nothing),
  'project.configure': method(projectSettingsChangeSchema, projectSettingsSchema),
  /** Text of a file that the board includes, as diagnostics name it. */
  'project.read': method(
    z.object({ path: z.string() }),
    z.object({ text: z.string(), digest: z.string(), writable: z.boolean() }),
  ),
  /** Replaces the file in one step. `digest` is the state the text grew from; code `conflict` when the file has changed since. */
  'project.save': method(
    z.object({ path: z.string(), text: z.string(), digest: z.string().nullable() }),
    z.object({ digest: z.string() }),
  ),
  'project.saveAs': method(z.object({ folder: z.string(), drafts: z.record(z.string(), z.string()) }), projectSchema),
  'project.delete': method(z.object({ path: z.string() }), nothing),
  /** Autosave: the unsaved texts as they stand; a path that is missing has none any more. */
  'project.keepDrafts': method(z.object({ drafts: z.record(z.string(), z.string()) }), nothing),

  'board.analyse': method(
    boardInputSchema.extend({ revision }),
    z.object({ revision, analysis: made<BoardAnalysis>() }),
  ),

  /** The memory map as an SVG file; refused while the board does not boot. */
  'board.picture': method(boardInputSchema, textFile),
  /** A question about a place of a file, as the editor asks it; lines and columns from 1. */
  'language.ask': method(
    boardInputSchema.extend({
      question: z.enum(languageQuestions),
      path: z.string(),
      line: z.number().int().positive().default(1),
      column: z.number().int().positive().default(1),
      newName: z.string().max(200).default(''),
    }),
    made<LanguageAnswers[LanguageQuestion]>(),
  ),

  /** A tour that ships with the lab; its steps open as the examples `TOUR.STEP`. */
  'tour.info': method(z.object({ tour: id }), made<TourInfo>()),
  /** Every run of a step, from its files as they stand in the editors. */
  'tour.show': method(boardInputSchema.extend({ tour: id, step: id }), made<ShownRun[]>()),
  /** Whether each step, as it ships, still shows what it says. */
  'tour.check': method(z.object({ tour: id }), made<TourCheck>()),

  'workload.schema': method(nothing, made<Record<string, unknown>>()),
  'workload.presets': method(nothing, made<WorkloadPreset[]>()),
  'workload.check': method(
    boardInputSchema.extend({ revision, path: z.string(), text: z.string() }),
    z.object({ revision, check: made<WorkloadCheck>() }),
  ),

  'run.start': method(workInput, z.object({ job: id })),
  /** Results cross as they are kept: a host never reads what may be large. */
  'run.result': method(z.object({ id }), made<Packed<RunResult>>()),
  'run.explain': method(z.object({ id, call: z.number().int() }), made<Explanation>()),
  'size.start': method(
    workInput.extend({ runs: z.number().int().min(1).max(100_000), risk: z.number().gt(0).lt(1).optional() }),
    z.object({ job: id }),
  ),
  'size.result': method(z.object({ id }), made<Packed<SizingResult>>()),
  'compare.start': method(
    z.object({
      variants: z.array(variantSchema).min(2).max(8),
      workloads: z.array(z.string()).min(1),
      seed: z.number().int().nonnegative(),
    }),
    z.object({ job: id }),
  ),
  'compare.result': method(z.object({ id }), made<Packed<Comparison>>()),
  'job.cancel': method(z.object({ job: id }), nothing),

  'history.list': method(nothing, made<HistoryEntry[]>()),
  'history.delete': method(z.object({ id }), nothing),

  /** Files made from a result of the history, as text; nothing is written. */
  'export.make': method(z.object({ id, kind: z.enum(exportKinds) }), z.object({ files: z.array(textFile) })),
  /** The HTML report of a result, printed into a folder that was picked; where the host prints. */
  'export.pdf': method(z.object({ id, folder: z.string() }), z.object({ paths: z.array(z.string()) })),
  /** Writes them into a folder that was picked. */
  'export.save': method(
    z.object({ folder: z.string(), files: z.array(savedFile).min(1) }),
    z.object({ paths: z.array(z.string()) }),
  ),
} as const

/** A job's life, told from start to end. After `done` the result is in the history under the job's id. */
export interface JobEvent {
  job: string
  kind: 'run' | 'size' | 'compare'
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  /** 0…1; what has been done of it. */
  fraction: number
  note: string
  /** For `failed`: what was wrong with the inputs, when that was it. */
  diagnostics?: Diagnostic[]
}

export const streams = {
  job: made<JobEvent>(),
  /** A worker ended by itself and was replaced, a draft could not be kept: shown to the user as it stands. */
  notice: z.object({ severity: z.enum(['error', 'warning', 'info']), text: z.string() }),
  /** A file of the project was changed by another program; digest null: it was deleted. */
  fileChanged: z.object({ path: z.string(), text: z.string(), digest: z.string().nullable() }),
  /** A menu of the shell was used: the id of a command of the palette; `project.open` may name what to open. */
  command: z.object({ id: z.string(), path: z.string().optional() }),
} as const

export type RequestName = keyof typeof requests
export type RequestParams<N extends RequestName> = z.input<(typeof requests)[N]['params']>
export type RequestResult<N extends RequestName> = z.output<(typeof requests)[N]['result']>
export type StreamName = keyof typeof streams
export type StreamEvent<N extends StreamName> = z.output<(typeof streams)[N]>

/**
 * badParams: the schema refused. notFound, conflict, forbidden (outside the project and what was picked), badInput (the user's file is
 * wrong; the message says where), cancelled, failed (anything else; the message is fit to be shown).
 */
export type FailureCode =
  'badParams' | 'unknownMethod' | 'notFound' | 'conflict' | 'forbidden' | 'badInput' | 'cancelled' | 'failed'
export type Failure = { ok: false; code: FailureCode; message: string }
export type Reply<T> = { ok: true; value: T } | Failure

/** What the window holds of its host. Never rejects: a lost connection is a Failure too. */
export interface Host {
  request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<Reply<RequestResult<N>>>
  /** Returns the function that ends the subscription. */
  subscribe<N extends StreamName>(name: N, listener: (event: StreamEvent<N>) => void): () => void
}

/** Frames of the WebSocket (encoded by wire.ts) and of the IPC channel (structured clone). */
export type ClientFrame = { id: number; name: string; params: unknown }
export type HostFrame = { id: number; reply: Reply<unknown> } | { stream: StreamName; event: unknown }

/** What the preload script of the desktop shell puts into the page as `window.carveout`: the contract's two directions, nothing else. */
export interface Bridge {
  request(name: string, params: unknown): Promise<Reply<unknown>>
  onEvent(listener: (stream: StreamName, event: unknown) => void): void
}

/** Where the browser host listens for the WebSocket; the token of the page's address (`#token=…`) is sent as the only subprotocol. */
export const socketPath = '/api'
