// `npm test`: everything that must hold, from lint to the browser; the last line says how many tests passed, failed and were skipped.
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import { installDebianPackages } from './debian.mjs'
import { installDependencies } from './install.mjs'
import { finish, requireNode, run, say } from './steps.mjs'

const totals = { passed: 0, failed: 0, skipped: 0 }
const reports = mkdtempSync(join(tmpdir(), 'carveout-test-'))
/** @type {string[]} */
const broken = []

/** Runs one step to its end, whatever the others did, and keeps its name when it fails. */
async function step(/** @type {string} */ name, /** @type {() => Promise<boolean>} */ body) {
  const start = Date.now()
  const fine = await body().catch((/** @type {unknown} */ error) => {
    say(String(error))
    return false
  })
  say(`${fine ? '✓' : '✗'} ${name} (${Math.round((Date.now() - start) / 1000)} s)`)
  if (!fine) broken.push(name)
}

/** A program of node_modules. */
const tool = async (/** @type {string} */ script, /** @type {string[]} */ ...args) =>
  (await run(process.execPath, [`node_modules/${script}`, ...args])).code === 0

/** A project of Vitest; its tests go into the totals, and a file that could not even be loaded counts as a failed test. */
async function vitest(/** @type {string} */ project) {
  const file = join(reports, `${project}.json`)
  const fine = await tool(
    'vitest/vitest.mjs',
    'run',
    '--config',
    'tests/vitest.config.ts',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  )
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'))
    const unloaded = report.testResults.filter(
      (/** @type {{status: string, assertionResults: unknown[]}} */ r) =>
        r.status === 'failed' && r.assertionResults.length === 0,
    )
    totals.passed += report.numPassedTests
    totals.failed += report.numFailedTests + unloaded.length
    totals.skipped += report.numPendingTests + report.numTodoTests
  } catch {
    totals.failed += 1
  }
  return fine
}

await finish(async () => {
  requireNode()
  await installDependencies()
  await installDebianPackages()
  await step('lint', () => tool('eslint/bin/eslint.js', '.'))
  await step('format', () => tool('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'))
  await step('types', () => tool('vue-tsc/bin/vue-tsc.js', '--noEmit'))
  await step('build', () => build().then(() => true))
  await step('unit tests and recordings', () => vitest('unit'))
  await step('browser tests', () => vitest('e2e'))
  if (broken.length > 0) say(`Failed: ${broken.join(', ')}`)
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`)
  process.exitCode = broken.length > 0 || totals.failed > 0 ? 1 : 0
})
