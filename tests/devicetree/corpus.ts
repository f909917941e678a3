import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { deviceTreeSources, hasProgram, kernelSource } from './kernel-source.ts'

/**
 * `npm run corpus`: every devicetree file of the kernel through `cpp | dtc` and through `carveout dtc --list`, compared byte by byte.
 * Files that dtc rejects are listed, not counted. Arguments: `--only REGEX`, `--symbols` (with `-@`).
 */
const includes = 'scripts/dtc/include-prefixes'
const cli = resolve('out/main/cli.js')

interface Job {
  source: string
  ours: string
  theirs: string
}

function main(args: string[]): void {
  const root = kernelSource()
  const missing = [...(root ? [] : ['linux-source-6.12']), ...['dtc', 'cpp'].filter((name) => !hasProgram(name))]
  if (!root || missing.length > 0) return console.log(`corpus: not measured, missing: ${missing.join(', ')}`)
  const only = args.includes('--only') ? new RegExp(args[args.indexOf('--only') + 1] ?? '') : /./
  const flags = args.includes('--symbols') ? ['-@'] : []
  const folder = mkdtempSync(join(tmpdir(), 'carveout-corpus-'))
  const jobs = deviceTreeSources(root)
    .filter((source) => only.test(source))
    .map((source): Job => {
      const name = source.replaceAll('/', '_')
      return { source, ours: join(folder, `${name}.ours.dtb`), theirs: join(folder, `${name}.theirs.dtb`) }
    })
  const theirsMs = timed(() => runTools(jobs, root, folder, flags))
  const oursMs = timed(() => runOurs(jobs, root, folder, flags))
  report(jobs, theirsMs, oursMs)
  rmSync(folder, { recursive: true })
}

function timed(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

/** One shell for all, so that the tools are timed and not our way of starting them. */
function runTools(jobs: Job[], root: string, folder: string, flags: string[]): void {
  const lines = jobs.map(
    ({ source, theirs }) =>
      `cpp -nostdinc -undef -x assembler-with-cpp -I ${includes} ${source} 2>/dev/null | dtc -q ${flags.join(' ')} -i ${dirname(source)} -o ${theirs} - 2>/dev/null || rm -f ${theirs}`,
  )
  const script = join(folder, 'tools.sh')
  writeFileSync(script, lines.join('\n') + '\n')
  execFileSync('sh', [script], { cwd: root, stdio: 'inherit' })
}

function runOurs(jobs: Job[], root: string, folder: string, flags: string[]): void {
  const list = join(folder, 'list')
  writeFileSync(list, jobs.map(({ source, ours }) => `${source}\t${ours}\t${includes}\n`).join(''))
  const { stderr } = spawnSync(process.execPath, [cli, 'dtc', ...flags, '--list', list], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  process.stderr.write(stderr)
}

function report(jobs: Job[], theirsMs: number, oursMs: number): void {
  const counts = { matched: 0, mismatched: 0, failed: 0 }
  const rejected = jobs.filter(({ theirs }) => !existsSync(theirs))
  for (const { source, ours, theirs } of jobs) {
    if (!existsSync(theirs)) continue
    const outcome = !existsSync(ours)
      ? 'failed'
      : readFileSync(ours).equals(readFileSync(theirs))
        ? 'matched'
        : 'mismatched'
    counts[outcome]++
    if (outcome !== 'matched') console.log(`${outcome}: ${source}`)
  }
  for (const { source, ours } of rejected)
    console.log(`rejected by dtc${existsSync(ours) ? '' : ' and by us'}: ${source}`)
  const seconds = (ms: number): string => (ms / 1000).toFixed(1) + ' s'
  console.log(
    `matched ${counts.matched}, mismatched ${counts.mismatched}, failed ${counts.failed}; rejected by dtc ${rejected.length}`,
  )
  console.log(
    `cpp | dtc ${seconds(theirsMs)}, carveout dtc --list ${seconds(oursMs)}: ${(theirsMs / oursMs).toFixed(2)} times as fast`,
  )
  if (counts.mismatched + counts.failed > 0) process.exitCode = 1
}

main(process.argv.slice(2))
