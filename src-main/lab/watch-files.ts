import { existsSync, watch, type FSWatcher } from 'node:fs'
import { dirname, join } from 'node:path'
import type { StreamEvent } from '@shared/api.ts'
import { digestOf, readText } from './project-files.ts'

const restMilliseconds = 80

/**
 * Tells when files of a project change on disk, by whoever's hand; a burst of writes is told once. Folders are watched, because editors
 * replace files instead of writing into them. What cannot be watched is not: the lab then notices on the next save.
 */
export function watchFiles(
  folder: string,
  paths: string[],
  onChange: (change: StreamEvent<'fileChanged'>) => void,
): () => void {
  const known = new Set(paths)
  const timers = new Map<string, NodeJS.Timeout>()
  const look = (path: string) => {
    timers.delete(path)
    const text = readText(join(folder, path))
    if (text !== null) onChange({ path, text, digest: digestOf(text) })
    else if (!existsSync(join(folder, path))) onChange({ path, text: '', digest: null })
  }
  const watchers = [...new Set(paths.map(dirname))].flatMap((inside): FSWatcher[] => {
    try {
      const watcher = watch(join(folder, inside), { persistent: false }, (_event, name) => {
        const path = inside === '.' ? String(name) : `${inside}/${String(name)}`
        if (!known.has(path)) return
        clearTimeout(timers.get(path))
        timers.set(path, setTimeout(look, restMilliseconds, path))
      })
      return [watcher.on('error', () => watcher.close())]
    } catch {
      return []
    }
  })
  return () => {
    for (const watcher of watchers) watcher.close()
    for (const timer of timers.values()) clearTimeout(timer)
  }
}
