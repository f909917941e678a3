import { join } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import type { SizingResult } from '@shared/sizing.ts'
import { formatBytes } from '@shared/units.ts'
import { spreadOver } from '../lab/tasks/spread.ts'
import { reportFiles } from '../report/index.ts'
import { applySettings, size, type SizeInput } from '../sizing/index.ts'
import { runWorkload } from '../workload/run.ts'
import { requireBoard, type BoardReading } from './board.ts'
import { makeOutputFolder, readText, writeOutput } from './files.ts'
import {
  addBoardArgument,
  addMachineOptions,
  addWorkloadOption,
  jobsOption,
  machineFrom,
  parseCount,
  parseNatural,
  type BoardFlags,
  type MachineFlags,
} from './options.ts'
import { asInputError } from './run.ts'
import { table } from './table.ts'
import { printJson, progressLine, type Terminal } from './terminal.ts'
import { readWorkloads } from './workloads.ts'

type Flags = BoardFlags &
  MachineFlags & { workload: string[] } & {
    seed: number
    runs: number
    risk: number
    confidence: number
    jobs: number
    output?: string
    json?: true
  }

/** `size BOARD -w WORKLOAD…`: how large each area, pool and bounce buffer has to be. 1 when no set of sizes holds. */
export function configure(command: Command, terminal: Terminal): void {
  addWorkloadOption(addMachineOptions(addBoardArgument(command)))
    .option('--runs <n>', 'runs that the proof may take; 299 prove 1 % at 95 %', parseCount, 300)
    .option('--seed <n>', 'the first seed', parseNatural, 1)
    .option('--risk <share>', 'probability of a bad run that is accepted', parseShare, 0.01)
    .option('--confidence <share>', 'how sure to be of it', parseShare, 0.95)
    .addOption(jobsOption())
    .option('-o, --output <dir>', 'write overlay, patch, command line, Kconfig fragment and reports there')
    .option('--json', 'print the result on standard output')
    .action(async (file: string, flags: Flags) => {
      const reading = requireBoard(file, flags, terminal)
      const { seed, runs, risk, confidence } = flags
      const input = {
        board: reading.board,
        machine: machineFrom(flags),
        workloads: readWorkloads(flags.workload),
        seed,
        runs,
        risk,
        confidence,
      }
      if (flags.output !== undefined) makeOutputFolder(flags.output)
      const progress = progressLine(terminal)
      const signal = terminal.interruptible()
      const spread = terminal.threads && flags.jobs > 1 ? spreadOver(await terminal.threads(), flags.jobs) : null
      const hooks = { onProgress: progress.show, signal, runMany: spread?.runMany }
      const result = await asInputError(file, () => size(input, hooks)).finally(() => spread?.close())
      progress.clear()
      const written = flags.output === undefined ? [] : await writeReports(flags.output, file, reading, input, result)
      if (flags.json) printJson(terminal, result)
      else terminal.out(inWords(result) + written.map((path) => `wrote ${path}\n`).join(''))
      if (result.verdict === 'fails') terminal.exitCode = 1
    })
}

async function writeReports(
  folder: string,
  entry: string,
  { board, tree }: BoardReading,
  input: SizeInput,
  result: SizingResult,
): Promise<string[]> {
  const settings = result.knobs.flatMap(({ knob, recommended }) =>
    recommended === null ? [] : [{ knob, bytes: recommended }],
  )
  const before = await runWorkload(input)
  const after = settings.length
    ? await runWorkload({ ...input, ...applySettings(board, input.machine, settings) })
    : null
  const { cmdline } = result.inputs
  const files = reportFiles({
    board,
    tree,
    entry,
    source: (path) => readText(path, 'regular'),
    cmdline,
    result,
    before,
    after,
  })
  return files.map(({ name, text }) => {
    const path = join(folder, name)
    writeOutput(path, text)
    return path
  })
}

function inWords(result: SizingResult): string {
  const { inputs } = result
  const rows = result.knobs.map(({ knob, recommended, state, reason }) => [
    knob.id,
    formatBytes(knob.current),
    recommended === null ? '-' : formatBytes(recommended),
    state,
    knob.nodePath ?? `${knob.parameter}=`,
    reason,
  ])
  return `${inputs.board}: ${inputs.workloads.join(', ')}\n${result.summary}\n\n${table([['what', 'today', 'recommended', '', 'set by', 'why'], ...rows])}`
}

function parseShare(text: string): number {
  const share = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text)
  if (!(share > 0 && share < 1)) throw new InvalidArgumentError('Write a share between 0 and 1, such as 0.01 or 1%.')
  return share
}
