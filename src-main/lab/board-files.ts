import { readdirSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import type { FileAccess, FolderEntry } from '../devicetree/index.ts'
import { isInside, realPath } from './grants.ts'
import type { BoardSources } from './tasks.ts'

const maxFileBytes = 64 * 1024 * 1024

/**
 * The files of a board as the compiler asks for them: unsaved texts first, then the disk, and of that only what may be read. Files of the
 * project are named relative to its folder, all others absolutely; `seen` collects what was asked for and found.
 */
export function boardFiles(sources: BoardSources): FileAccess & { seen: Set<string> } {
  const seen = new Set<string>()
  const roots = sources.readable.map(realPath)
  const readBytes = (path: string): Uint8Array | null => {
    const draft = sources.drafts[projectPath(sources.folder, path)]
    if (draft !== undefined) {
      seen.add(path)
      return new TextEncoder().encode(draft)
    }
    const whole = realPath(isAbsolute(path) ? path : join(sources.folder, path))
    if (!roots.some((root) => isInside(root, whole))) return null
    try {
      const stat = statSync(whole)
      if (!stat.isFile() || stat.size > maxFileBytes) return null
      const bytes = readFileSync(whole)
      seen.add(path)
      return bytes
    } catch {
      return null
    }
  }
  return {
    seen,
    readBytes,
    list: (folder) => {
      const whole = realPath(isAbsolute(folder) ? folder : join(sources.folder, folder))
      return roots.some((root) => isInside(root, whole)) ? listFolder(whole) : null
    },
    readText: (path) => {
      const bytes = readBytes(path)
      return bytes && new TextDecoder().decode(bytes)
    },
  }
}

/** What is in a folder, links followed; null when it cannot be read. */
export function listFolder(path: string): FolderEntry[] | null {
  try {
    return readdirSync(path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFolder: entry.isSymbolicLink()
        ? (statSync(join(path, entry.name), { throwIfNoEntry: false })?.isDirectory() ?? false)
        : entry.isDirectory(),
    }))
  } catch {
    return null
  }
}

const projectPath = (folder: string, path: string): string => (isAbsolute(path) ? relative(folder, path) : path)
