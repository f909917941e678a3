import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run, say } from './steps.mjs'

/**
 * What the tests need beside Node, by its Debian package: the browser they drive, the compiler they are held against, the kernel's boards.
 * Tests that miss theirs say so and are skipped.
 */
const wanted = [
  { name: 'chromium', present: () => onPath('chromium') },
  { name: 'device-tree-compiler', present: () => onPath('dtc') },
  { name: 'cpp', present: () => onPath('cpp') },
  { name: 'xz-utils', present: () => onPath('xz') },
  { name: 'linux-source-6.12', present: () => existsSync('/usr/src/linux-source-6.12.tar.xz') },
]

const onPath = (/** @type {string} */ program) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))

/** Installs what is missing where that is possible (Debian, as root); says what stays missing. */
export async function installDebianPackages() {
  const missing = wanted.filter((item) => !item.present()).map((item) => item.name)
  if (missing.length === 0) return
  if (onPath('apt-get') && process.getuid?.() === 0) await aptInstall(missing)
  const still = wanted.filter((item) => !item.present()).map((item) => item.name)
  if (still.length > 0) say(`Not installed: ${still.join(', ')}; the tests that need them are skipped.`)
}

async function aptInstall(/** @type {string[]} */ names) {
  say(`Installing ${names.join(', ')} (apt-get), once …`)
  const options = { quiet: true, timeoutSeconds: 900, env: { DEBIAN_FRONTEND: 'noninteractive' } }
  await run('apt-get', ['update'], options)
  const { code, output } = await run('apt-get', ['install', '-y', '--no-install-recommends', ...names], options)
  // one package that this release of Debian lacks must not keep the others away
  if (code !== 0 && names.length > 1) for (const name of names) await aptInstall([name])
  else if (code !== 0) say(output.trim().split('\n').at(-1) ?? '')
}
