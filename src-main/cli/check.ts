import type { Command } from 'commander'
import { formatDiagnostic, type Diagnostic } from '@shared/diagnostics.ts'
import { readBoard } from './board.ts'
import { InputError } from './errors.ts'
import { addBoardOptions, type BoardFlags } from './options.ts'
import { printJson, type Terminal } from './terminal.ts'

/** `check BOARD`: every diagnostic of the board file; 2 when there is an error among them. */
export function configure(command: Command, terminal: Terminal): void {
  addBoardOptions(command.argument('<board>', 'devicetree source or blob'))
    .option('--json', 'print {diagnostics: […]} on standard output')
    .action((board: string, flags: BoardFlags & { json?: true }) => {
      const diagnostics = diagnosticsOf(board, flags)
      if (flags.json) printJson(terminal, { diagnostics })
      else terminal.err(diagnostics.map((d) => formatDiagnostic(d) + '\n').join(''))
      if (diagnostics.some((d) => d.severity === 'error')) terminal.exitCode = 2
    })
}

function diagnosticsOf(board: string, flags: BoardFlags): Diagnostic[] {
  try {
    return readBoard(board, flags).diagnostics
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics
    throw error
  }
}
