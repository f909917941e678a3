import { basename } from 'node:path'
import type { Command } from 'commander'
import type { Board, CmaMode, Machine } from '@shared/board.ts'
import { carvedOutBytes } from '@shared/carved-out.ts'
import { fallbackWarnings, type CallOutcome, type Comparison, type Divergence } from '@shared/comparison.ts'
import type { RunResult } from '@shared/run.ts'
import { formatBytes } from '@shared/units.ts'
import { findCarveout } from '../board/index.ts'
import { comparisonHtml, warningLines } from '../report/comparison.ts'
import { compareRuns, type ComparedVariant } from '../workload/compare.ts'
import { RunInputError } from '../workload/run.ts'
import { requireBoard } from './board.ts'
import { InputError, UsageError } from './errors.ts'
import { writeOutput } from './files.ts'
import {
  addBoardOptions,
  addSharedMachineOptions,
  addWorkloadOption,
  addRepeatable,
  machineFrom,
  parseCmaMode,
  parseNatural,
  type BoardFlags,
  type MachineFlags,
} from './options.ts'
import { table } from './table.ts'
import { printJson, type Terminal } from './terminal.ts'
import { readWorkloads } from './workloads.ts'

interface CompareFlags extends BoardFlags, Omit<MachineFlags, 'kernel' | 'cma' | 'carveoutApi' | 'forceCma'> {
  kernel: string[]
  cma: CmaMode[]
  workload: string[]
  seed: number
  forceCma: string[]
  carveoutApi?: true
  html?: string
  json?: true
}

/** Differences that are listed for a person; `--json` has more. */
const MOST_LISTED = 20

/** `compare BOARD…`: the same workloads on several boards, kernels, ways to have CMA, or ways to have carve-outs. */
export function configure(command: Command, terminal: Terminal): void {
  addWorkloadOption(addSharedMachineOptions(addBoardOptions(command.argument('<boards...>', 'board files'))))
  addRepeatable(command, '--kernel <release>', 'kernel to compare, as often as wanted')
  const howCma = 'CMA off, on or fall-back (on with the old code behind it), as often as wanted'
  addRepeatable(command, '--cma <mode>', howCma, parseCmaMode)
  addRepeatable(command, '--force-cma <node>', 'compare with this carve-out as a CMA area, as often as wanted')
  command
    .option('--carveout-api', 'compare with carve-outs asked for through the core carve-out API')
    .option('--seed <n>', 'seed of the runs', parseNatural, 1)
    .option('--html <file>', 'write the report, with the charts of all on one axis')
    .option('--json', 'print the comparison on standard output')
    .action(async (boards: string[], flags: CompareFlags) => {
      const comparison = await compare(boards, flags, terminal)
      if (flags.html !== undefined) writeOutput(flags.html, comparisonHtml(comparison))
      if (flags.json) printJson(terminal, jsonOf(comparison))
      else terminal.out(textOf(comparison))
    })
}

async function compare(boards: string[], flags: CompareFlags, terminal: Terminal): Promise<Comparison> {
  const variants = variantsOf(boards, flags, terminal)
  if (variants.length < 2) {
    throw new UsageError(
      'nothing to compare with: name another board, --kernel or --cma twice, a carve-out with --force-cma, or --carveout-api',
    )
  }
  try {
    const work = { variants, workloads: readWorkloads(flags.workload), seed: flags.seed }
    return await compareRuns(work, { signal: terminal.interruptible() })
  } catch (error) {
    throw error instanceof RunInputError ? new InputError(error.diagnostics) : error
  }
}

/** Every board with every kernel and every way to have CMA, and each of them again with its carve-outs otherwise. */
function variantsOf(files: string[], flags: CompareFlags, terminal: Terminal): ComparedVariant[] {
  const machine = machineFrom({ ...flags, kernel: undefined, cma: undefined, carveoutApi: undefined, forceCma: [] })
  return files.flatMap((file) => {
    const { board } = requireBoard(file, flags, terminal)
    const forced = flags.forceCma.map((node) => carveoutPath(board, node, file))
    return machines(machine, flags).flatMap(([name, given]): ComparedVariant[] => {
      const label = [files.length > 1 || !name ? basename(file) : '', name].filter(Boolean).join(' ')
      const plain = { label, board, machine: given }
      return [
        plain,
        ...(forced.length ? [{ ...plain, label: `${label}, in CMA`, machine: { ...given, forceCma: forced } }] : []),
        ...(flags.carveoutApi ? [{ ...plain, label: `${label}, API`, machine: { ...given, carveoutApi: true } }] : []),
      ]
    })
  })
}

function carveoutPath(board: Board, node: string, file: string): string {
  const path = findCarveout(board, node)
  if (path === null) throw new UsageError(`${file} has no reserved-memory node or carve-out ${node}`)
  return path
}

const modeLabels = { off: 'CMA off', on: 'CMA on', 'fall-back': 'CMA, fall-back' } as const

/** The machine in every variation that the flags ask for, each with what sets it apart. */
function machines(machine: Machine, { kernel, cma }: CompareFlags): [label: string, machine: Machine][] {
  const kernels = kernel.length > 0 ? kernel : [undefined]
  const ways = cma.length > 0 ? cma : [undefined]
  return kernels.flatMap((release) =>
    ways.map((mode): [string, Machine] => [
      [release ?? '', mode ? modeLabels[mode] : ''].filter(Boolean).join(' '),
      { ...machine, ...(release ? { kernel: release } : {}), ...(mode ? { cma: mode } : {}) },
    ]),
  )
}

/** Series and maps stay out: they are a run's, and `run --json` has them. */
function jsonOf({ variants, differing, elsewhere, first, differences }: Comparison) {
  return {
    variants: variants.map(({ label, run: result }) => ({
      label,
      booted: result.booted,
      panic: result.panic,
      inputs: result.inputs,
      totals: result.totals,
      devices: result.devices,
      carvedOutBytes: carvedOutBytes(result.boot),
      areas: result.areas.map(({ name, kind, bytes, peakUsed, failures, fallbacks }) => ({
        name,
        kind,
        bytes,
        peakUsed,
        failures,
        fallbacks,
      })),
      incidents: result.incidents,
      warnings: fallbackWarnings(result),
    })),
    differing,
    elsewhere,
    first,
    differences,
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
  const devices = [...new Set(results.flatMap((result) => result.devices.map(({ device }) => device)))]
  const rows = [
    ['', ...comparison.variants.map(({ label }) => label)],
    row('booted', ({ booted, panic }) => (booted ? 'yes' : `no: ${panic}`)),
    row('lost to carve-outs', ({ boot }) => formatBytes(carvedOutBytes(boot))),
    ...countRows.map((key) => row(key, ({ totals }) => String(totals[key]))),
    ...devices
      .map((name) => row(`fallbacks of ${name}`, (result) => fallbacksOf(result, name)))
      .filter(([, ...counts]) => counts.some((count) => count !== '0')),
    ...byteRows.map(([key, name]) => row(name, ({ totals }) => formatBytes(totals[key]))),
    ...areas.map((name) => row(`${name}, peak`, (result) => peakOf(result, name))),
  ]
  return [
    table(rows),
    ...(comparison.first
      ? [textOfFirst(comparison.first, comparison), textOfOthers(comparison)]
      : ['The same calls fail and fall back, served from the same sources.\n']),
    ...warningLines(comparison).map((line) => `${line}\n`),
  ]
    .filter(Boolean)
    .join('\n')
}

const fallbacksOf = ({ devices }: RunResult, name: string): string =>
  String(devices.find(({ device }) => device === name)?.fallbacks ?? 0)

function peakOf({ areas }: RunResult, name: string): string {
  const area = areas.find((one) => one.name === name)
  return area ? `${formatBytes(area.peakUsed)} of ${formatBytes(area.bytes)}` : '–'
}

/** With what each side went through, source by source. */
function textOfFirst(first: Divergence, { variants }: Comparison): string {
  const sides = first.outcomes.flatMap((outcome, at) => [
    `  ${variants[at]!.label}: ${outcomeText(outcome)}\n`,
    ...(outcome?.steps ?? [])
      .filter(({ outcome: fate }) => fate !== 'note')
      .map(({ room, text }) => `    ${room}: ${text}\n`),
  ])
  return `First difference at ${requestText(first)}\n${sides.join('')}`
}

/** One line a request. */
function textOfOthers({ variants, differing = 0, elsewhere = 0, differences = [] }: Comparison): string {
  const lines: { text: string; times: number }[] = []
  for (const each of differences) {
    const sides = each.outcomes.map((outcome, at) => `${variants[at]!.label} ${shortFate(outcome)}`)
    const text = `  ${requestText(each)}: ${sides.join('; ')}`
    const last = lines.at(-1)
    if (last?.text === text) last.times++
    else lines.push({ text, times: 1 })
  }
  const shown = lines.slice(0, MOST_LISTED)
  const rest = differing + elsewhere - shown.reduce((sum, { times }) => sum + times, 0)
  const more = rest > 0 ? `  … and ${rest} more\n` : ''
  return `Call by call: ${differing} fail or fall back otherwise, ${elsewhere} are served from elsewhere.\n${shown.map(({ text, times }) => `${text}${times > 1 ? ` (${times} times)` : ''}\n`).join('')}${more}`
}

const requestText = ({ time, device, stream, verb, bytes }: Divergence): string =>
  `${(time / 1e6).toFixed(3)} s, ${device}, ${stream}: ${verb} of ${formatBytes(bytes)}`

function shortFate(outcome: CallOutcome | null): string {
  if (!outcome) return 'not made'
  if (!outcome.ok) return `failed with -${outcome.errno}`
  return `${outcome.reason ? 'fell back to ' : ''}${outcome.source ?? 'served'}`
}

function outcomeText(outcome: CallOutcome | null): string {
  if (!outcome) return 'not made'
  const what = outcome.ok ? `served by ${outcome.source ?? 'nothing'}` : `failed with -${outcome.errno}`
  return outcome.reason ? `${what}: ${outcome.reason}` : what
}
