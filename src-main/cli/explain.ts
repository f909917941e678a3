import { join } from 'node:path'
import type { Command } from 'commander'
import type { Explanation } from '@shared/run.ts'
import { formatAddress, formatBytes } from '@shared/units.ts'
import { explainRun } from '../sizing/explain.ts'
import { explainCall } from '../workload/explain.ts'
import type { RecordedCall } from '../workload/record.ts'
import { UsageError } from './errors.ts'
import { readText } from './files.ts'
import { parseNatural, type BoardFlags, type MachineFlags } from './options.ts'
import { asInputError, runInput } from './run.ts'
import { printJson, type Terminal } from './terminal.ts'

/** How a recording was made: `run.json`. */
type Made = { board: string; seed: number; workload: string[] } & BoardFlags & MachineFlags

/** `explain RUN CALL`: why a call of a recorded run or replay went as it did. */
export function configure(command: Command, terminal: Terminal): void {
  command
    .argument('<run>', 'folder that run --record or replay --record wrote')
    .argument('[call]', 'number of the call; the first that went wrong when absent', parseNatural)
    .option('--json', 'print the explanation on standard output')
    .action(async (folder: string, call: number | undefined, flags: { json?: true }) => {
      const explanation = await explain(folder, call, terminal)
      if (flags.json) printJson(terminal, explanation)
      else terminal.out(inWords(explanation))
    })
}

/** A run is made again, with larger areas too; a replay is explained from its recording alone. */
async function explain(folder: string, asked: number | undefined, terminal: Terminal): Promise<Explanation> {
  const calls = recordedCalls(folder)
  const call = asked ?? calls[0]?.call
  if (call === undefined) throw new UsageError('nothing went wrong in that run; name a call')
  const made = readText(join(folder, 'run.json'))
  const parsed = made === null ? null : parsedLine<Made>(made, folder)
  if (parsed?.workload) {
    const explanation = await asInputError(parsed.board, () =>
      explainRun(runInput(parsed.board, parsed, terminal), call),
    )
    if (explanation) return explanation
  }
  const recorded = calls.find((each) => each.call === call)
  if (!recorded) throw new UsageError(`the recording has no call ${call}; ${known(calls)}`)
  return explainCall(recorded, { board: null, cmdline: '' })
}

function recordedCalls(folder: string): RecordedCall[] {
  const text = readText(join(folder, 'calls.ndjson'))
  if (text === null)
    throw new UsageError(`${folder} is no recording: it has no calls.ndjson; make one with run --record`)
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => parsedLine<RecordedCall>(line, folder))
}

/** @throws UsageError when a file of the recording is damaged */
function parsedLine<T>(line: string, folder: string): T {
  try {
    return JSON.parse(line) as T
  } catch {
    throw new UsageError(`the recording in ${folder} is damaged; make it anew with run --record`)
  }
}

function known(calls: readonly RecordedCall[]): string {
  if (!calls.length) return 'nothing went wrong in it'
  const numbers = calls.slice(0, 10).map(({ call }) => call)
  return `calls that failed or fell back: ${numbers.join(', ')}${calls.length > 10 ? ', …' : ''}`
}

const SIGNS = { refused: '✗', served: '✓', passed: '·', note: ' ' } as const

function inWords({ summary, steps, remedy, noRemedy }: Explanation): string {
  const lines = steps.flatMap(({ room, text, outcome, windows }) => [
    `  ${SIGNS[outcome]} ${room.padEnd(11)} ${text}`,
    ...(windows ?? []).map(
      ({ start, bytes, blockedBy }) =>
        `                  ${formatAddress(start)} ${formatBytes(bytes).padStart(10)}  ${blockedBy}`,
    ),
  ])
  const place = remedy?.boardPath
    ? ` (${remedy.property} of ${remedy.boardPath})`
    : remedy?.property
      ? ` (${remedy.property})`
      : ''
  const end = remedy ? [`What would have helped: ${remedy.what}${place}`] : noRemedy ? [noRemedy] : []
  return [summary, '', ...lines, '', ...end].join('\n').trimEnd() + '\n'
}
