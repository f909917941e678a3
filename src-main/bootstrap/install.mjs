import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StepFailed, root, run, say } from './steps.mjs'

/** @typedef {Record<string, {version?: string, optional?: boolean, devOptional?: boolean}>} Packages */

/**
 * Whether node_modules holds what package-lock.json names. npm keeps a list of what it installed last, written at the very end of an
 * installation, so one that was cut short counts as missing.
 */
export function dependenciesAreCurrent(folder = root) {
  const installedFile = join(folder, 'node_modules/.package-lock.json')
  if (!existsSync(installedFile)) return false
  const packagesOf = (/** @type {string} */ file) =>
    /** @type {Packages} */ (JSON.parse(readFileSync(file, 'utf8')).packages)
  const installed = packagesOf(installedFile)
  return Object.entries(packagesOf(join(folder, 'package-lock.json'))).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || (installed[path] ? installed[path].version === version : optional || devOptional),
  )
}

/** Installs exactly what package-lock.json names, running no package's own scripts. */
export async function installDependencies() {
  if (dependenciesAreCurrent()) return
  say('Installing packages (npm ci), once …')
  const [command, ...first] = npm()
  const { code, output } = await run(
    command,
    [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      quiet: true,
    },
  )
  if (code !== 0) throw new StepFailed(`${output.trim()}\nnpm ci failed: is the npm registry reachable?`)
}

/** The npm that started us, or the one of the path. @returns {[string, ...string[]]} */
function npm() {
  const script = process.env['npm_execpath']
  if (script?.endsWith('npm-cli.js')) return [process.execPath, script]
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm']
}
