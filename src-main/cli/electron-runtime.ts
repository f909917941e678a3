import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Electron's package holds no runtime; it fetches one from outside the npm registry when it is first wanted. That is tried here, once a
 * day, for a bounded time, so that a network that swallows the request costs one wait and not one a start.
 */
const FETCH_SECONDS = 60
const RETRY_MILLISECONDS = 24 * 60 * 60 * 1000

/** Path of Electron's executable, null where it cannot be had. `say` hears what takes time. */
export function electronRuntime(appFolder: string, say: (text: string) => void, now = Date.now()): string | null {
  const packageFolder = join(appFolder, 'node_modules/electron')
  if (!existsSync(join(packageFolder, 'install.js'))) return null
  return installed(packageFolder) ?? (fetch(packageFolder, say, now) ? installed(packageFolder) : null)
}

function installed(packageFolder: string): string | null {
  const pathFile = join(packageFolder, 'path.txt')
  if (!existsSync(pathFile)) return null
  const executable = join(packageFolder, 'dist', readFileSync(pathFile, 'utf8'))
  return existsSync(executable) ? executable : null
}

function fetch(packageFolder: string, say: (text: string) => void, now: number): boolean {
  const failed = join(packageFolder, '.fetch-failed')
  if (existsSync(failed) && now - statSync(failed).mtimeMs < RETRY_MILLISECONDS) return false
  say(`Fetching Electron's runtime, once (at most ${FETCH_SECONDS} s) …`)
  const { status } = spawnSync(process.execPath, [join(packageFolder, 'install.js')], {
    stdio: 'ignore',
    timeout: FETCH_SECONDS * 1000,
  })
  if (status !== 0) writeFileSync(failed, '')
  return status === 0
}
