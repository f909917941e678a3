import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { version } from '../../package.json'
import { formatDiagnostic, type Diagnostic } from '@shared/diagnostics.ts'
import type { Machine } from '@shared/board.ts'
import { checkTable } from '../board/index.ts'
import { isBlob, readBlob } from '../devicetree/index.ts'
import { appFolder } from '../lab/app-folder.ts'
import { examine, examineTree, type Examination } from '../lab/examine.ts'
import { sarifLog } from '../report/sarif.ts'
import { compileOptions, sorted } from './board.ts'
import { InputError, UsageError } from './errors.ts'
import { readNamedBytes } from './files.ts'
import {
  addBoardArgument,
  addMachineOptions,
  addRepeatable,
  machineFrom,
  type BoardFlags,
  type MachineFlags,
} from './options.ts'
import { printJson, type Terminal } from './terminal.ts'

interface Flags extends BoardFlags, MachineFlags {
  warning: string[]
  error: string[]
  json?: true
  sarif?: true
}

/**
 * `check BOARD`: every diagnostic of a board file, the compiler's and the memory checks'. Ends with 2 when the file does not hold together,
 * with 1 when it does and the kernel would not do what it asks, else with 0.
 */
export function configure(command: Command, terminal: Terminal): void {
  addMachineOptions(addBoardArgument(command))
  addRepeatable(command, '-W, --warning <name>', "one of dtc's checks as a warning, or no-NAME")
  addRepeatable(command, '-E, --error <name>', "one of dtc's checks as an error, or no-NAME")
  command
    .option('--json', 'print {diagnostics: […]} on standard output')
    .option('--sarif', 'print a SARIF 2.1.0 log on standard output')
    .action((board: string, flags: Flags) => {
      if (flags.json && flags.sarif) throw new UsageError('choose one of --json and --sarif')
      const { diagnostics, exitCode } = check(board, flags)
      if (flags.json) printJson(terminal, { diagnostics })
      else if (flags.sarif) printJson(terminal, sarifLog(diagnostics, rules(), version))
      else terminal.err(diagnostics.map(describe).join(''))
      terminal.exitCode = exitCode
    })
}

function check(board: string, flags: Flags): { diagnostics: Diagnostic[]; exitCode: number } {
  try {
    const { diagnostics, findings } = examineFile(board, flags, machineFrom(flags))
    const exitCode = diagnostics.some(isError) ? 2 : findings.some(isError) ? 1 : 0
    return { diagnostics: sorted([...diagnostics, ...findings], board), exitCode }
  } catch (error) {
    if (error instanceof InputError) return { diagnostics: error.diagnostics, exitCode: 2 }
    throw error
  }
}

/** Source or blob, whatever the file is called. */
function examineFile(board: string, flags: Flags, machine: Machine): Examination {
  const bytes = readNamedBytes(board)
  if (isBlob(bytes)) {
    const { tree, diagnostics } = readBlob(bytes, board)
    return examineTree(tree, machine, diagnostics)
  }
  const warnings = [...flags.warning.map((name) => `-W ${name}`), ...flags.error.map((name) => `-E ${name}`)]
  return examine({ ...compileOptions(board, bytes, flags), warnings }, machine)
}

const isError = (diagnostic: Diagnostic): boolean => diagnostic.severity === 'error'

/** With its code, and what is related to it on lines of their own, as compilers print notes. */
const describe = (diagnostic: Diagnostic): string =>
  [
    `${formatDiagnostic(diagnostic)} [${diagnostic.code}]`,
    ...(diagnostic.related ?? []).map((r) => `${r.file}:${r.line}:${r.column}: note: ${r.message}`),
  ].join('\n') + '\n'

function rules() {
  const folder = join(appFolder(), 'resources/help/checks')
  return checkTable.map(({ code, title, severity }) => {
    const page = join(folder, `${code}.md`)
    return { code, title, severity, help: existsSync(page) ? readFileSync(page, 'utf8') : null }
  })
}
