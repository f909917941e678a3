import type { Command } from 'commander'
import type { AreaSeries, DeviceTotals, Incident, RunResult } from '@shared/run.ts'
import { formatBytes } from '@shared/units.ts'
import { BadInput } from '../lab/tasks.ts'
import { runFully, RunInputError, type RunInput } from '../workload/run.ts'
import { requireBoard, sorted } from './board.ts'
import { InputError } from './errors.ts'
import { makeOutputFolder, writeOutput } from './files.ts'
import {
  addBoardArgument,
  addMachineOptions,
  addWorkloadOption,
  machineFrom,
  parseNatural,
  type BoardFlags,
  type MachineFlags,
} from './options.ts'
import { jsonOf, traceTo, writeRecording } from './recording.ts'
import { table } from './table.ts'
import { progressLine, type Terminal } from './terminal.ts'
import { readWorkloads } from './workloads.ts'

type Flags = BoardFlags &
  MachineFlags & { workload: string[] } & {
    seed: number
    record?: string
    script?: string
    trace?: string
    json?: true
  }

/** Incidents that are listed for a person; `--json` and `--record` have all. */
const MOST_LISTED = 20

/** `run BOARD -w WORKLOAD`: the workload on the simulated kernel. 1 when the board does not boot. */
export function configure(command: Command, terminal: Terminal): void {
  addWorkloadOption(addMachineOptions(addBoardArgument(command)))
    .option('--seed <n>', 'the same seed gives the same run', parseNatural, 1)
    .option('--record <dir>', 'keep the result and every failed call there, for explain')
    .option('--script <file>', 'write the calls in the command language, for a real kernel')
    .option('--trace <file>', 'write the events as ftrace text, for import, trace-cmd and Perfetto')
    .option('--json', 'print the result on standard output')
    .action(async (file: string, flags: Flags) => {
      const input = runInput(file, flags, terminal)
      if (flags.record !== undefined) makeOutputFolder(flags.record)
      const progress = progressLine(terminal)
      const signal = terminal.interruptible()
      const trace = traceTo(flags.trace)
      const hooks = { onProgress: progress.show, signal, ...(trace.sink ? { onEvent: trace.sink } : {}) }
      const run = await asInputError(file, () => runFully({ ...input, script: flags.script !== undefined }, hooks))
      trace.close()
      progress.clear()
      if (flags.script !== undefined) writeOutput(flags.script, run.script!)
      if (flags.record !== undefined) writeRecording(flags.record, { board: file, ...flags }, run.result, run.recorded)
      terminal.out(flags.json ? jsonOf(run.result) : inWords(run.result))
      if (!run.result.booted) terminal.exitCode = 1
    })
}

/** Board, machine and workloads of a command line. */
export function runInput(
  file: string,
  flags: BoardFlags & MachineFlags & { workload: string[] } & { seed: number },
  terminal: Terminal,
): RunInput {
  const { board } = requireBoard(file, flags, terminal)
  return { board, machine: machineFrom(flags), workloads: readWorkloads(flags.workload), seed: flags.seed }
}

/** What a run finds wrong with its inputs, as an error of the command line. */
export async function asInputError<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RunInputError || error instanceof BadInput)
      throw new InputError(sorted(error.diagnostics, file))
    throw error
  }
}

function inWords(run: RunResult): string {
  const { inputs, totals } = run
  const head = `${inputs.board}: ${inputs.workloads.join(', ')}\nLinux ${inputs.kernel} on ${inputs.arch}, seed ${inputs.seed}, ${run.duration / 1e6} s\n`
  if (!run.booted) return `${head}\nThe kernel does not come up: ${run.panic}\n`
  const counts = `${totals.calls} calls, ${totals.failures} failures, ${totals.fallbacks} fall-backs; ${formatBytes(totals.bytesBounced)} bounced, ${formatBytes(totals.bytesCleaned)} cleaned`
  const starved = totals.starvedBytes ? `; the rest of the system missed ${formatBytes(totals.starvedBytes)}` : ''
  return [head, `${counts}${starved}\n`, areaTable(run.areas), deviceTable(run.devices), incidentTable(run)]
    .filter(Boolean)
    .join('\n')
}

const titled = (titles: string[], rows: string[][]): string => (rows.length ? table([titles, ...rows]) : '')

const areaTable = (areas: AreaSeries[]): string =>
  titled(
    ['area', 'size', 'peak', 'wanted', 'largest request', 'least free run', 'failures', 'fall-backs'],
    areas
      .filter((area) => area.peakWanted > 0)
      .map((area) => [
        area.name,
        ...[area.bytes, area.peakUsed, area.peakWanted, area.largestRequest, area.smallestLargestFree].map(formatBytes),
        String(area.failures),
        String(area.fallbacks),
      ]),
  )

const deviceTable = (devices: DeviceTotals[]): string =>
  titled(
    ['device', 'stream', 'calls', 'peak', 'bounced', 'failures', 'fall-backs'],
    devices.flatMap((device) =>
      device.streams.map((stream, i) => {
        const own = i ? ['', ''] : [formatBytes(device.peakBytes), formatBytes(device.bytesBounced)]
        return [
          i ? '' : device.device,
          stream.stream,
          String(stream.calls),
          ...own,
          String(stream.failures),
          String(stream.fallbacks),
        ]
      }),
    ),
  )

function incidentTable({ incidents, totals }: RunResult): string {
  if (!incidents.length) return ''
  const rows = incidents
    .slice(0, MOST_LISTED)
    .map((each: Incident) => [
      String(each.call),
      `${(each.time / 1e6).toFixed(3)} s`,
      each.kind,
      each.stream,
      formatBytes(each.bytes),
      each.reason,
    ])
  const wrong = totals.failures + totals.fallbacks
  const more = wrong > MOST_LISTED ? `… and ${wrong - MOST_LISTED} more\n` : ''
  return titled(['call', 'time', '', 'stream', 'size', 'why'], rows) + more
}
