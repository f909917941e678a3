import { z } from 'zod'
import { ARCHITECTURES, CMA_MODES } from './board.ts'

/**
 * What a project is to both sides of the contract: a folder with one board file, workloads beside it, and a `carveout.json` that names
 * what the files themselves cannot (include folders, the machine). Paths inside a project are relative to its folder, with `/`.
 */
const bytes = z.number().nonnegative()
const range = z.object({ start: bytes, end: bytes })

/** What boot loader, firmware and user say beside the board file; `Machine` of board.ts. */
export const machineSchema = z.object({
  kernel: z.string().optional(),
  arch: z.enum(ARCHITECTURES).optional(),
  memBytes: bytes.optional(),
  memory: z.array(range).optional(),
  cpus: z.number().int().positive().optional(),
  config: z.string().optional(),
  /** A `.config` that the host reads into `config`; relative to the project, or absolute. */
  configFile: z.string().optional(),
  cmdline: z.string().optional(),
  kernelImage: range.optional(),
  initrd: range.optional(),
  dtb: range.optional(),
  cma: z.enum(CMA_MODES).optional(),
  carveoutApi: z.boolean().optional(),
  forceCma: z.array(z.string()).optional(),
})

const settingsFields = {
  /** The entry board file; default: the first `.dts` of the folder. */
  board: z.string().optional(),
  /** Folders searched by `#include <…>`, relative to the project or absolute. */
  includeDirs: z.array(z.string()),
  /** `-D NAME=V` of the preprocessor. */
  defines: z.record(z.string(), z.string()),
  machine: machineSchema,
  /** Workload files that Run and Size use; default: every workload of the folder. */
  workloads: z.array(z.string()).optional(),
  seed: z.number().int().nonnegative(),
}
/** `carveout.json`: everything in it has a default. */
export const projectSettingsSchema = z.object({
  ...settingsFields,
  includeDirs: settingsFields.includeDirs.default([]),
  defines: settingsFields.defines.default({}),
  machine: settingsFields.machine.default({}),
  seed: settingsFields.seed.default(1),
})
export type ProjectSettings = z.infer<typeof projectSettingsSchema>
/** What is to be changed of them; what is left out stays as it is (a default would overwrite it). */
export const projectSettingsChangeSchema = z.object(settingsFields).partial()

export const projectFileSchema = z.object({
  path: z.string(),
  kind: z.enum(['board', 'overlay', 'include', 'workload', 'other']),
  /** As it is on disk. */
  text: z.string(),
  /** SHA-256 of `text`; a save that names an older digest is refused as a conflict. Null: not on disk (yet), only a draft. */
  digest: z.string().nullable(),
  /** Unsaved text found from an earlier session; null when there is none or it equals the file. */
  draft: z.object({ text: z.string(), savedAt: z.number() }).nullable(),
})
export type ProjectFile = z.infer<typeof projectFileSchema>

export const projectSchema = z.object({
  /** Absolute folder; for an example the folder it ships in. */
  folder: z.string(),
  name: z.string(),
  /** Examples are read-only: saving asks for a folder of one's own. */
  example: z.string().nullable(),
  settings: projectSettingsSchema,
  files: z.array(projectFileSchema),
})
export type Project = z.infer<typeof projectSchema>

export const exampleSchema = z.object({
  id: z.string(),
  title: z.string(),
  summary: z.string(),
})
export type Example = z.infer<typeof exampleSchema>

export const recentSchema = z.object({
  folder: z.string(),
  name: z.string(),
  openedAt: z.number(),
  missing: z.boolean(),
})
export type Recent = z.infer<typeof recentSchema>

const preferenceFields = {
  theme: z.enum(['system', 'dark', 'light']),
  /** Editor text, in pixels. */
  fontSizePixels: z.number().int().min(9).max(28),
}
/** What the user may choose; kept by the host across sessions. */
export const preferencesSchema = z.object({
  theme: preferenceFields.theme.default('system'),
  fontSizePixels: preferenceFields.fontSizePixels.default(13),
})
export type Preferences = z.infer<typeof preferencesSchema>
export const preferencesChangeSchema = z.object(preferenceFields).partial()

/** Everything that decides what a board, as it stands in the editors, boots to. */
export const boardInputSchema = z.object({
  /** Entry board file inside the project. */
  entry: z.string(),
  /** Unsaved texts by project path; they take the place of the files on disk. */
  drafts: z.record(z.string(), z.string()).default({}),
  machine: machineSchema.default({}),
})
export type BoardInput = z.input<typeof boardInputSchema>
