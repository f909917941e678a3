import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { spreadOver, type Spread } from '../lab/tasks/spread.ts'
import type { Job, Outcome } from '../sizing/index.ts'
import { sha256 } from '../workload/digest.ts'
import { parseYaml } from '../workload/parse.ts'
import { sweepPlanJsonSchema, sweepPlanSchema, type SweepPlan } from '../workload/sweep-plan.ts'
import { requireBoard } from './board.ts'
import { InputError, UsageError } from './errors.ts'
import { growFile, makeOutputFolder, readNamedText, readText, writeOutput, type GrowingFile } from './files.ts'
import { addBoardOptions, jobsOption, type BoardFlags } from './options.ts'
import { asInputError } from './run.ts'
import { table } from './table.ts'
import { printJson, progressLine, type Terminal } from './terminal.ts'
import { readWorkloads } from './workloads.ts'

type Flags = BoardFlags & { output: string; jobs: number; engine: string; json?: true }

/** One board, kernel and workload. */
interface Combination {
  board: string
  kernel: string | null
  workload: string
  job: Job
  /** Of all that the runs depend on but their seeds. */
  digest: string
}

/** A line of `rows.ndjson`. */
interface Row extends Omit<Combination, 'job'>, Outcome {}

/**
 * `sweep PLAN`: a folder with `rows.ndjson` (a line a run, as they are done), `results.csv` and `results.json`. Runs that the folder has
 * already are not made again. 1 when a run does not boot.
 */
export function configure(command: Command, terminal: Terminal): void {
  addBoardOptions(command.argument('[plan]', 'boards, kernels, workloads and seeds, as YAML'))
    .option('-o, --output <dir>', 'where results go, and what was done before lies', 'sweep')
    .addOption(jobsOption())
    .option('--engine <name>', 'where runs are made: local', 'local')
    .option('--schema', "print the plan's JSON Schema")
    .option('--json', 'print the results on standard output')
    .action(async (file: string | undefined, flags: Flags & { schema?: true }) => {
      if (flags.schema) return printJson(terminal, sweepPlanJsonSchema())
      if (file === undefined) throw new UsageError('name a plan; --schema prints what it may say')
      if (flags.engine !== 'local')
        throw new UsageError(`--engine ${flags.engine} is not known; runs are made on this machine: local`)
      const plan = readPlan(file)
      const combinations = combine(plan, dirname(file), flags, terminal)
      makeOutputFolder(flags.output)
      const rows = await run(combinations, plan, flags, terminal)
      const results = summaries(rows)
      writeResults(flags.output, rows, results)
      if (flags.json) printJson(terminal, { name: plan.name, results })
      else terminal.out(inWords(results) + `\nwrote ${join(flags.output, 'results.csv')} and results.json\n`)
      if (rows.some(({ booted }) => !booted)) terminal.exitCode = 1
    })
}

function readPlan(file: string): SweepPlan {
  const { source, data } = parseYaml(file, readNamedText(file), sweepPlanSchema)
  if (data === null) throw new InputError(source.diagnostics)
  return data
}

function combine(plan: SweepPlan, folder: string, flags: Flags, terminal: Terminal): Combination[] {
  const boards = plan.boards.map((name) => ({ name, ...requireBoard(join(folder, name), flags, terminal) }))
  const workloads = plan.workloads.map((names) => {
    const files = [names].flat()
    return { name: files.join('+'), parsed: readWorkloads(files.map((each) => join(folder, each))) }
  })
  return boards.flatMap(({ name, board }) =>
    (plan.kernels ?? [null]).flatMap((kernel) =>
      workloads.map(({ name: workload, parsed }) => {
        const job: Job = { board, machine: kernel === null ? {} : { kernel }, workloads: parsed }
        return { board: name, kernel, workload, job, digest: sha256(JSON.stringify(job)) }
      }),
    ),
  )
}

/** All rows in the plan's order: those that the folder has, and the others, which it then has too. */
async function run(
  combinations: readonly Combination[],
  { seeds }: SweepPlan,
  flags: Flags,
  terminal: Terminal,
): Promise<Row[]> {
  const path = join(flags.output, 'rows.ndjson')
  const known = rowsOf(readText(path, 'regular') ?? '')
  const wanted = combinations.flatMap((combination) =>
    Array.from({ length: seeds.count }, (_, n) => ({ combination, seed: seeds.first + n })),
  )
  const missing = wanted.filter(({ combination, seed }) => !known.has(keyOf(combination.digest, seed)))
  const file = growFile(path)
  file.write([...known.values()].map((row) => `${JSON.stringify(row)}\n`).join(''), true)
  const progress = progressLine(terminal)
  const spread = spreadOver(
    terminal.threads && flags.jobs > 1 ? await terminal.threads() : noThreads,
    terminal.threads ? flags.jobs : 1,
  )
  let done = wanted.length - missing.length
  const hear = (outcome: Outcome, at: number): void => {
    const { combination } = missing[at]!
    keep(file, known, combination, outcome)
    progress.show({ fraction: ++done / wanted.length, note: `${done} of ${wanted.length} runs` })
  }
  await makeRuns(spread, missing, hear, () => file.close())
  progress.clear()
  return wanted.map(({ combination, seed }) => known.get(keyOf(combination.digest, seed))!)
}

const noThreads = (): never => {
  throw new Error('no threads were asked for')
}

async function makeRuns(
  spread: Spread,
  missing: readonly { combination: Combination; seed: number }[],
  hear: (outcome: Outcome, at: number) => void,
  close: () => void,
): Promise<void> {
  const runs = missing.map(({ combination: { job }, seed }) => ({ job, seed }))
  try {
    await asInputError('', () => spread.runAll(runs, hear))
  } finally {
    close()
    spread.close()
  }
}

function keep(file: GrowingFile, known: Map<string, Row>, { job: _, ...names }: Combination, outcome: Outcome): void {
  const row: Row = { ...names, ...outcome }
  known.set(keyOf(row.digest, row.seed), row)
  file.write(`${JSON.stringify(row)}\n`, true)
}

const keyOf = (digest: string, seed: number): string => `${digest} ${seed}`

/** A line that a sweep was stopped in is no row. */
function rowsOf(text: string): Map<string, Row> {
  const rows = new Map<string, Row>()
  for (const line of text.split('\n')) {
    try {
      const row = JSON.parse(line) as Row
      if (typeof row.digest === 'string' && row.areas) rows.set(keyOf(row.digest, row.seed), row)
    } catch {
      continue
    }
  }
  return rows
}

type Summary = ReturnType<typeof summaries>[number]

/** A row a combination, over its seeds. */
function summaries(rows: readonly Row[]) {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.digest)
    if (group) group.push(row)
    else groups.set(row.digest, [row])
  }
  return [...groups.values()].map((group) => {
    const { board, kernel, workload } = group[0]!
    const names = [...new Set(group.flatMap(({ areas }) => Object.keys(areas)))]
    const most = (name: string): number => Math.max(...group.map(({ areas }) => areas[name]?.peakUsed ?? 0))
    return {
      board,
      kernel,
      workload,
      runs: group.length,
      bad: group.filter((row) => !row.booted || row.failures + row.fallbacks > 0).length,
      failures: group.reduce((sum, row) => sum + row.failures, 0),
      fallbacks: group.reduce((sum, row) => sum + row.fallbacks, 0),
      starved: group.filter((row) => row.starved).length,
      peaks: Object.fromEntries(names.map((name) => [name, most(name)])),
    }
  })
}

function writeResults(folder: string, rows: readonly Row[], results: readonly Summary[]): void {
  const quoted = (value: unknown): string => `"${String(value ?? '').replaceAll('"', '""')}"`
  const line = (row: Row): string => {
    const { board, kernel, workload, seed, booted, starved, calls, failures, fallbacks } = row
    return [
      quoted(board),
      quoted(kernel),
      quoted(workload),
      seed,
      Number(booted),
      calls,
      failures,
      fallbacks,
      Number(starved),
    ].join(',')
  }
  const titles = 'board,kernel,workload,seed,booted,calls,failures,fallbacks,starved'
  writeOutput(join(folder, 'results.csv'), [titles, ...rows.map(line)].join('\n') + '\n')
  writeOutput(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
}

const inWords = (results: readonly Summary[]): string =>
  table([
    ['board', 'kernel', 'workload', 'runs', 'bad', 'failures', 'fall-backs', 'starved'],
    ...results.map(({ board, kernel, workload, runs, bad, failures, fallbacks, starved }) => [
      board,
      kernel ?? '',
      workload,
      ...[runs, bad, failures, fallbacks, starved].map(String),
    ]),
  ])
