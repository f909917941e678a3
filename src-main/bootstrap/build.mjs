import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StepFailed, root, run, say } from './steps.mjs'

const inputs = [
  'src-main',
  'src-renderer',
  'src-shared',
  'resources',
  'electron.vite.config.ts',
  'package-lock.json',
  'package.json',
  'tsconfig.json',
]
const stamp = 'out/.inputs'

/** Builds when the last build was made from other files. Whether it was is told by every input's path, size and time of change. */
export async function build() {
  const now = fingerprint()
  if (existsSync(join(root, stamp)) && readFileSync(join(root, stamp), 'utf8') === now) return
  say('Building …')
  const { code, output } = await run(process.execPath, ['node_modules/electron-vite/bin/electron-vite.js', 'build'], {
    quiet: true,
  })
  if (code !== 0) throw new StepFailed(`${output.trim()}\nThe build failed.`)
  writeFileSync(join(root, stamp), now)
}

export function fingerprint(folder = root) {
  const hash = createHash('sha256')
  for (const path of inputs.flatMap((input) => filesUnder(folder, input))) {
    const { size, mtimeMs } = statSync(join(folder, path))
    hash.update(`${path}\0${size}\0${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

/** Paths of all files, sorted. @returns {string[]} */
function filesUnder(/** @type {string} */ folder, /** @type {string} */ path) {
  const at = join(folder, path)
  if (!existsSync(at)) return []
  if (!statSync(at).isDirectory()) return [path]
  return readdirSync(at)
    .sort()
    .flatMap((name) => filesUnder(folder, `${path}/${name}`))
}
