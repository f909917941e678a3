import fc from 'fast-check'
import { properties } from './properties.ts'

/**
 * `npm run fuzz`: the properties over and over. `--minutes N` (10 unless said), `--only REGEX`, `--seed N` to repeat a finding.
 * Exit code 1 with the smallest input that breaks a property.
 */
function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}

const end = Date.now() + Number(option('minutes') ?? 10) * 60_000
const only = new RegExp(option('only') ?? '.')
const chosen = Object.entries(properties).filter(([name]) => only.test(name))
let seed = Number(option('seed') ?? Date.now() % 1_000_000)
let runs = 0
for (; Date.now() < end && process.exitCode !== 1; seed++) {
  for (const [name, property] of chosen) {
    const result = fc.check(property, { seed, numRuns: 500 })
    runs += result.numRuns
    if (!result.failed) continue
    console.log(`${name}: broken with --seed ${seed}\n${fc.defaultReportMessage(result)}`)
    process.exitCode = 1
  }
}
console.log(`${runs} runs of ${chosen.length} properties`)
