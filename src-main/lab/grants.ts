import { realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, normalize, relative, resolve, sep } from 'node:path'
import { Refusal } from './api.ts'

/**
 * Which places of the disk the window may reach: what the user picked, and what an opened project makes of it. Links are followed before
 * the decision, so a link inside a project is no way out of it.
 */
export interface Grants {
  allow(path: string): void
  allows(path: string): boolean
  /** Throws `forbidden` unless the path lies in a granted place. */
  demand(path: string): void
  all(): string[]
}

export function createGrants(): Grants {
  const roots = new Set<string>()
  const allows = (path: string) => [...roots].some((root) => isInside(root, realPath(path)))
  return {
    allow: (path) => void roots.add(realPath(path)),
    allows,
    demand(path) {
      if (!allows(path)) throw new Refusal('forbidden', `${path} is outside the project and was not picked in a dialog`)
    },
    all: () => [...roots],
  }
}

export function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === '' || (!way.startsWith('..' + sep) && way !== '..' && !isAbsolute(way))
}

/** Links resolved; of a path that does not exist yet, as far as it does. */
export function realPath(path: string): string {
  const whole = resolve(path)
  try {
    return realpathSync(whole)
  } catch {
    const parent = dirname(whole)
    return parent === whole ? whole : join(realPath(parent), basename(whole))
  }
}

/** A path inside a folder as the window names it (`boards/a.dts`) as an absolute one; throws `forbidden` when it leads out. */
export function pathInside(folder: string, path: string): string {
  const whole = join(folder, normalize(path))
  if (isAbsolute(path) || !isInside(realPath(folder), realPath(whole)) || realPath(whole) === realPath(folder))
    throw new Refusal('forbidden', `${path} is not a file inside the project`)
  return whole
}
