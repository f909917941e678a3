import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { Recent } from '@shared/project.ts'
import { jsonFile } from './json-file.ts'

/** Projects opened before, newest first. `open` names what was open when the lab was last used: a folder, a board file, or `example:ID`. */
const recentsSchema = z.object({
  open: z.string().nullable(),
  projects: z.array(z.object({ folder: z.string(), openedAt: z.number() })),
})
const maxRecents = 20

export interface Recents {
  list(): Recent[]
  lastOpen(): string | null
  opened(path: string, folder: string | null): void
  closed(): void
  forget(folder: string): void
}

export function createRecents(stateFolder: string, now: () => number): Recents {
  const file = jsonFile(join(stateFolder, 'recents.json'), recentsSchema, { open: null, projects: [] })
  const change = (edit: (value: z.output<typeof recentsSchema>) => z.output<typeof recentsSchema>) =>
    file.write(edit(file.read()))
  return {
    list: () => file.read().projects.map((p) => ({ ...p, name: basename(p.folder), missing: !existsSync(p.folder) })),
    lastOpen: () => file.read().open,
    opened: (path, folder) =>
      change(({ projects }) => ({
        open: path,
        projects:
          folder === null
            ? projects
            : [{ folder, openedAt: now() }, ...projects.filter((p) => p.folder !== folder)].slice(0, maxRecents),
      })),
    closed: () => change((value) => ({ ...value, open: null })),
    forget: (folder) => change((value) => ({ ...value, projects: value.projects.filter((p) => p.folder !== folder) })),
  }
}
