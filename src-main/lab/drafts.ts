import { join } from 'node:path'
import { z } from 'zod'
import type { ProjectFile } from '@shared/project.ts'
import { jsonFile, writeWhole } from './json-file.ts'

/**
 * Unsaved texts, kept beside the project's results so that they outlive a crash. A draft is offered again when the project is next opened,
 * unless the file has come to hold the same text.
 */
const draftsSchema = z.object({
  savedAt: z.number(),
  texts: z.record(z.string(), z.string()),
})

export interface Drafts {
  find(path: string, textOnDisk: string): ProjectFile['draft']
  /** Drafts of files that are not on disk (yet). */
  paths(): string[]
  keep(texts: Record<string, string>): void
}

export function createDrafts(labFolder: string, now: () => number): Drafts {
  const file = jsonFile(join(labFolder, 'drafts.json'), draftsSchema, { savedAt: 0, texts: {} })
  return {
    find(path, textOnDisk) {
      const { savedAt, texts } = file.read()
      const text = texts[path]
      return text === undefined || text === textOnDisk ? null : { text, savedAt }
    },
    paths: () => Object.keys(file.read().texts),
    keep(texts) {
      if (Object.keys(texts).length === 0 && Object.keys(file.read().texts).length === 0) return
      keepOutOfVersionControl(labFolder)
      file.write({ savedAt: now(), texts })
    },
  }
}

/** `.carveout/` is the lab's own: results and drafts are not the project's sources. */
export const keepOutOfVersionControl = (labFolder: string): void => writeWhole(join(labFolder, '.gitignore'), '*\n')
