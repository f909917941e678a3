import type { Command } from 'commander'
import type { KernelEvent } from '@shared/run.ts'
import { recordReplay } from '../workload/replay-record.ts'
import { parseScript, replay, replayBindings } from '../workload/replay/index.ts'
import { readBoard, requireNoErrors, sorted } from './board.ts'
import { makeOutputFolder, readNamedText } from './files.ts'
import { addBoardArgument, addMachineOptions, machineFrom, type BoardFlags, type MachineFlags } from './options.ts'
import { traceTo, writeRecording } from './recording.ts'
import { printJson, type Terminal } from './terminal.ts'

type Flags = BoardFlags & MachineFlags & { json?: true; record?: string; trace?: string }

/** `replay BOARD SCRIPT`: boots the board, runs the calls one by one, answers as a recording of a real kernel does. */
export function configure(command: Command, terminal: Terminal): void {
  addMachineOptions(addBoardArgument(command))
    .argument('<script>', 'calls, one a line')
    .option('--record <dir>', 'keep the answers and what decided each call there, for explain')
    .option('--trace <file>', 'write the events as ftrace text, for import, trace-cmd and Perfetto')
    .option('--json', 'print {boot, answers, states} on standard output')
    .action((file: string, scriptFile: string, flags: Flags) => {
      if (flags.record !== undefined) makeOutputFolder(flags.record)
      const machine = machineFrom(flags)
      const board = readBoard(file, flags, replayBindings(machine.arch))
      const script = parseScript(readNamedText(scriptFile), scriptFile)
      requireNoErrors([...board.diagnostics, ...script.diagnostics], terminal)
      const events: KernelEvent[] = []
      const trace = traceTo(flags.trace)
      let up = false
      const sink = (event: KernelEvent): void => {
        if (flags.record !== undefined) events.push(event)
        if (up) trace.sink?.(event)
      }
      const watch = (): void => void (up = true)
      const { document, diagnostics } = replay({ board: board.board, machine, commands: script.commands, sink, watch })
      trace.close()
      requireNoErrors(sorted(diagnostics, file), terminal)
      if (flags.record !== undefined)
        writeRecording(flags.record, { board: file, script: scriptFile }, document, recordReplay(document!, events))
      if (flags.json) printJson(terminal, document)
      else terminal.out(inWords(document!))
      if (!document?.booted) terminal.exitCode = 1
    })
}

function inWords({ booted, panic, answers }: NonNullable<ReturnType<typeof replay>['document']>): string {
  if (!booted) return `the kernel does not come up: ${panic}\n`
  return answers
    .map(({ line, cmd, ok, ...rest }) => `${line}: ${cmd}\n   ${ok ? 'ok' : 'failed'} ${JSON.stringify(rest)}\n`)
    .join('')
}
