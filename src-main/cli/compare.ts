import { basename } from 'node:path'
import type { Command } from 'commander'
import type { CallOutcome, Comparison, Divergence } from '@shared/comparison.ts'
import type { BootReport, RunResult } from '@shared/run.ts'
import { formatBytes, type Bytes } from '@shared/units.ts'
import { findReserved, forceCma } from '../board/index.ts'
import { compareRuns, type ComparedVariant } from '../workload/compare.ts'
import { RunInputError } from '../workload/run.ts'
import { requireBoard } from './board.ts'
import { InputError, UsageError } from './errors.ts'
import {
  addBoardOptions,
  addMachineOptionsButKernel,
  collect,
  machineFrom,
  parseNatural,
  type BoardFlags,
  type MachineFlags,
} from './options.ts'
import { table } from './table.ts'
import { printJson, type Terminal } from './terminal.ts'
import { readWorkloads } from './workloads.ts'

interface CompareFlags extends BoardFlags, Omit<MachineFlags, 'kernel'> {
  kernel: string[]
  workload: string[]
  seed: number
  forceCma: string[]
  json?: true
}

/** `compare BOARD…`: the same workloads on several boards or kernels, or on a board whose carve-outs are CMA areas. */
export function configure(command: Command, terminal: Terminal): void {
  addMachineOptionsButKernel(addBoardOptions(command.argument('<boards...>', 'board files')))
    .requiredOption('-w, --workload <file>', 'workload to run, as often as wanted', collect, [])
    .option('--kernel <release>', 'kernel to compare, as often as wanted', collect, [])
    .option('--force-cma <node>', 'compare with this carve-out as a CMA area, as often as wanted', collect, [])
    .option('--seed <n>', 'seed of the runs', parseNatural, 1)
    .option('--json', 'print the comparison on standard output')
    .action(async (boards: string[], flags: CompareFlags) => {
      const comparison = await compare(boards, flags, terminal)
      if (flags.json) printJson(terminal, jsonOf(comparison))
      else terminal.out(textOf(comparison))
    })
}

async function compare(boards: string[], flags: CompareFlags, terminal: Terminal): Promise<Comparison> {
  const variants = variantsOf(boards, flags, terminal)
  if (variants.length < 2) {
    throw new UsageError('nothing to compare with: name another board, --kernel twice, or a carve-out with --force-cma')
  }
  try {
    const work = { variants, workloads: readWorkloads(flags.workload), seed: flags.seed }
    return await compareRuns(work, { signal: terminal.interruptible() })
  } catch (error) {
    throw error instanceof RunInputError ? new InputError(error.diagnostics) : error
  }
}

/** Every board with every kernel, and each of them again with its carve-outs in CMA. */
function variantsOf(files: string[], flags: CompareFlags, terminal: Terminal): ComparedVariant[] {
  const machine = machineFrom({ ...flags, kernel: undefined })
  const kernels = flags.kernel.length > 0 ? flags.kernel : [undefined]
  return files.flatMap((file) => {
    const { board } = requireBoard(file, flags, terminal)
    const forced = flags.forceCma.map((node) => {
      const found = findReserved(board, node)
      if (!found) throw new UsageError(`${file} has no reserved-memory node ${node}`)
      return found.path
    })
    return kernels.flatMap((kernel) => {
      const label = [files.length > 1 || !kernel ? basename(file) : '', kernel ?? ''].filter(Boolean).join(' ')
      const plain = { label, board, machine: { ...machine, ...(kernel ? { kernel } : {}) } }
      if (forced.length === 0) return [plain]
      return [plain, { ...plain, label: `${label}, in CMA`, board: forceCma(board, forced) }]
    })
  })
}

/** Series and maps stay out: they are a run's, and `run --json` has them. */
function jsonOf({ variants, differing, first }: Comparison) {
  return {
    variants: variants.map(({ label, run: result }) => ({
      label,
      booted: result.booted,
      panic: result.panic,
      inputs: result.inputs,
      totals: result.totals,
      carvedOutBytes: carvedOutBytes(result.boot),
      areas: result.areas.map(({ name, kind, bytes, peakUsed, failures }) => ({
        name,
        kind,
        bytes,
        peakUsed,
        failures,
      })),
      incidents: result.incidents,
    })),
    differing,
    first,
  }
}

const countRows = ['calls', 'allocations', 'mappings', 'failures', 'fallbacks'] as const
const byteRows = [
  ['bytesAllocated', 'allocated'],
  ['bytesBounced', 'bounced'],
  ['bytesCleaned', 'cleaned'],
  ['bytesInvalidated', 'invalidated'],
] as const

function textOf(comparison: Comparison): string {
  const results = comparison.variants.map(({ run }) => run)
  const row = (name: string, cell: (result: RunResult) => string) => [name, ...results.map(cell)]
  const areas = [...new Set(results.flatMap((result) => result.areas.map((area) => area.name)))]
  const rows = [
    ['', ...comparison.variants.map(({ label }) => label)],
    row('booted', ({ booted, panic }) => (booted ? 'yes' : `no: ${panic}`)),
    row('lost to carve-outs', ({ boot }) => formatBytes(carvedOutBytes(boot))),
    ...countRows.map((key) => row(key, ({ totals }) => String(totals[key]))),
    ...byteRows.map(([key, name]) => row(name, ({ totals }) => formatBytes(totals[key]))),
    ...areas.map((name) => row(`${name}, peak`, (result) => peakOf(result, name))),
  ]
  return `${table(rows)}\n${comparison.first ? textOfFirst(comparison.first, comparison) : 'The same calls fail and fall back.\n'}`
}

/** Memory that only the owners of carve-outs can use. */
const carvedOutBytes = ({ reserved }: BootReport): Bytes =>
  reserved.reduce((sum, { no_map, size }) => sum + (no_map ? size : 0), 0)

function peakOf({ areas }: RunResult, name: string): string {
  const area = areas.find((one) => one.name === name)
  return area ? `${formatBytes(area.peakUsed)} of ${formatBytes(area.bytes)}` : '–'
}

function textOfFirst(first: Divergence, { variants, differing = 0 }: Comparison): string {
  const { time, device, stream, verb, bytes, outcomes } = first
  const seconds = (time / 1e6).toFixed(3)
  const sides = outcomes.map((outcome, at) => `  ${variants[at]!.label}: ${outcomeText(outcome)}\n`)
  const more = differing > 1 ? `${differing - 1} more requests differ.\n` : ''
  return `First difference at ${seconds} s, ${device}, ${stream}: ${verb} of ${formatBytes(bytes)}\n${sides.join('')}${more}`
}

function outcomeText(outcome: CallOutcome | null): string {
  if (!outcome) return 'not made'
  const what = outcome.ok ? `served by ${outcome.source ?? 'nothing'}` : `failed with -${outcome.errno}`
  return outcome.reason ? `${what}: ${outcome.reason}` : what
}
