import { randomUUID } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { ProjectFile } from '@shared/project.ts'
import { jsonFile, writeWhole } from './json-file.ts'

/**
 * Unsaved texts, kept beside the project's results so that they outlive a crash: a file a window, so that two windows on one project do not
 * write over each other's. What a window left behind is taken over by the next one that opens the project, and offered again unless the
 * file has come to hold the same text.
 */
const draftsSchema = z.object({
  savedAt: z.number(),
  texts: z.record(z.string(), z.string()),
})
type Texts = z.output<typeof draftsSchema>
const none: Texts = { savedAt: 0, texts: {} }

export interface Drafts {
  find(path: string, textOnDisk: string): ProjectFile['draft']
  /** Drafts of files that are not on disk (yet). */
  paths(): string[]
  keep(texts: Record<string, string>): void
  /** The window is gone, or has opened something else: what it kept is there for the next one. */
  release(): void
}

/** Files of the windows of this host; those of another one are its own until it writes them again. */
const held = new Set<string>()

export function createDrafts(labFolder: string, now: () => number): Drafts {
  const folder = join(labFolder, 'drafts')
  const name = `${randomUUID()}.json`
  const file = jsonFile(join(folder, name), draftsSchema, none)
  held.add(name)
  const left = leftBehind(folder)
  let own = newestOf(left.map(({ content }) => content))
  if (left.length) {
    if (Object.keys(own.texts).length) file.write(own)
    // an older text of the same file waits for its turn
    for (const { path, content } of left)
      if (Object.entries(content.texts).every(([of, text]) => own.texts[of] === text)) rmSync(path, { force: true })
  }
  return {
    find(path, textOnDisk) {
      const text = own.texts[path]
      return text === undefined || text === textOnDisk ? null : { text, savedAt: own.savedAt }
    },
    paths: () => Object.keys(own.texts),
    keep(texts) {
      const before = Object.keys(own.texts).length
      own = { savedAt: now(), texts }
      if (Object.keys(texts).length) {
        keepOutOfVersionControl(labFolder)
        file.write(own)
      } else if (before) rmSync(join(folder, name), { force: true })
    },
    release: () => void held.delete(name),
  }
}

/** What windows that are gone have kept; a damaged file is left alone. */
function leftBehind(folder: string): { path: string; content: Texts }[] {
  return namesIn(folder)
    .filter((name) => name.endsWith('.json') && !held.has(name))
    .map((name) => ({ path: join(folder, name), content: jsonFile(join(folder, name), draftsSchema, none).read() }))
    .filter(({ content }) => content !== none)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const newestOf = (all: Texts[]): Texts =>
  [...all]
    .sort((a, b) => a.savedAt - b.savedAt)
    .reduce((sum, each) => ({ savedAt: each.savedAt, texts: { ...sum.texts, ...each.texts } }), none)

/** `.carveout/` is the lab's own: results and drafts are not the project's sources. */
export const keepOutOfVersionControl = (labFolder: string): void => writeWhole(join(labFolder, '.gitignore'), '*\n')
