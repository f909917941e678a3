import type { Command } from 'commander'
import { parseScript, replay, replayBindings } from '../workload/replay/index.ts'
import { readBoard, requireNoErrors, sorted } from './board.ts'
import { readNamedText } from './files.ts'
import { addBoardOptions, addMachineOptions, machineFrom, type BoardFlags, type MachineFlags } from './options.ts'
import { printJson, type Terminal } from './terminal.ts'

/** `replay BOARD SCRIPT`: boots the board, runs the calls one by one, answers as a recording of a real kernel does. */
export function configure(command: Command, terminal: Terminal): void {
  addMachineOptions(addBoardOptions(command.argument('<board>', 'devicetree source or blob')))
    .argument('<script>', 'calls, one a line')
    .option('--json', 'print {boot, answers, states} on standard output')
    .action((file: string, scriptFile: string, flags: BoardFlags & MachineFlags & { json?: true }) => {
      const machine = machineFrom(flags)
      const board = readBoard(file, flags, replayBindings(machine.arch === 'arm' ? 32 : 48))
      const script = parseScript(readNamedText(scriptFile), scriptFile)
      requireNoErrors([...board.diagnostics, ...script.diagnostics], terminal)
      const { document, diagnostics } = replay({ board: board.board, machine, commands: script.commands })
      requireNoErrors(sorted(diagnostics, file), terminal)
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
