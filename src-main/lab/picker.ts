import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { FolderListing } from '@shared/api.ts'
import { Refusal, type PickPurpose } from './api.ts'
import { isInside, realPath, type Grants } from './grants.ts'

/**
 * The lab's own file picker, for a window that has no system dialogs. It walks folders below the user's home and the folder the host was
 * started in, shows names only, and grants what the user ends up choosing.
 */
export interface Picker {
  list(folder: string | null): FolderListing
  pick(purpose: PickPurpose, path: string): { path: string }
}

/** `start`: where the user is at the beginning; null: in the first root. */
export function createPicker(roots: string[], grants: Grants, start: () => string | null): Picker {
  const real = roots.map(realPath)
  let last: string | null = null
  const reach = (path: string): string => {
    const whole = realPath(path)
    if (!real.some((root) => isInside(root, whole)) && !grants.allows(whole))
      throw new Refusal('forbidden', `${path} is outside of your home folder`)
    return whole
  }
  return {
    list(folder) {
      const whole = reach(folder ?? last ?? start() ?? real[0] ?? '/')
      if (!existsSync(whole) || !statSync(whole).isDirectory())
        throw new Refusal('notFound', `${whole} is not a folder`)
      last = whole
      const parent = dirname(whole)
      return {
        folder: whole,
        parent: real.some((root) => isInside(root, parent)) ? parent : null,
        entries: entriesOf(whole),
      }
    },
    pick(purpose, path) {
      const whole = reach(resolve(path))
      if (purpose !== 'saveProject' && purpose !== 'exportFolder' && !existsSync(whole))
        throw new Refusal('notFound', `${path} does not exist`)
      grants.allow(whole)
      return { path: whole }
    },
  }
}

function entriesOf(folder: string): FolderListing['entries'] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') || (entry.isFile() && entry.name.startsWith('.config')))
    .map((entry) => ({ name: entry.name, kind: kindOf(folder, entry) }))
    .sort((a, b) => Number(b.kind === 'folder') - Number(a.kind === 'folder') || a.name.localeCompare(b.name))
}

function kindOf(
  folder: string,
  entry: { name: string; isDirectory(): boolean; isSymbolicLink(): boolean },
): FolderListing['entries'][number]['kind'] {
  const isFolder =
    entry.isDirectory() ||
    (entry.isSymbolicLink() && statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory())
  return isFolder ? 'folder' : entry.name.endsWith('.dts') || entry.name.endsWith('.dtb') ? 'board' : 'file'
}
