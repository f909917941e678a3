import type { Command } from 'commander'
import { startLanguageServer } from './lsp/server.ts'
import { addBoardOptions, addMachineOptions, machineFrom, type BoardFlags, type MachineFlags } from './options.ts'

/** `lsp`: the language service for other editors, over standard input and output (Language Server Protocol 3.17). */
export function configure(command: Command): void {
  addMachineOptions(addBoardOptions(command))
    // editors pass it by custom; there is no other way
    .option('--stdio', 'speak over standard input and output, as always')
    .action(async (flags: BoardFlags & MachineFlags) => {
      await startLanguageServer({
        includeDirs: flags.include,
        defines: flags.define,
        machine: machineFrom(flags),
      })
    })
}
