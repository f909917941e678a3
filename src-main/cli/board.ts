import { dirname } from 'node:path'
import type { Board } from '@shared/board.ts'
import { formatDiagnostic, type Diagnostic } from '@shared/diagnostics.ts'
import { boardFromTree } from '../board/index.ts'
import { compile, type DtTree, type FileAccess } from '../devicetree/index.ts'
import { kernelTreeIncludes } from '../lab/kernel-tree.ts'
import { InputError, wholeFile } from './errors.ts'
import { readBytes, readText } from './files.ts'
import type { BoardFlags } from './options.ts'
import type { Terminal } from './terminal.ts'

export interface BoardReading {
  tree: DtTree
  board: Board
  /** Sorted by place; errors are among them when `board` is only the best effort. */
  diagnostics: Diagnostic[]
}

/**
 * A board file with all that is wrong with it.
 * @param file as the user named it; diagnostics repeat that spelling
 * @throws InputError when nothing of it can be read
 */
export function readBoard(file: string, flags: BoardFlags): BoardReading {
  const { tree, diagnostics } = compile({
    entry: file,
    files: filesFrom(file),
    includeDirs: [...flags.include, ...kernelTreeIncludes(dirname(file))],
    defines: flags.define,
  })
  if (!tree) throw new InputError(sorted(diagnostics, file))
  const read = boardFromTree(tree)
  return { tree, board: read.board, diagnostics: sorted([...diagnostics, ...read.diagnostics], file) }
}

/**
 * A board without errors; its warnings are printed.
 * @throws InputError with every diagnostic when there is an error among them
 */
export function requireBoard(file: string, flags: BoardFlags, terminal: Terminal): BoardReading {
  const reading = readBoard(file, flags)
  requireNoErrors(reading.diagnostics, terminal)
  return reading
}

/**
 * Prints diagnostics that are not in the way.
 * @throws InputError with all of them when one is an error
 */
export function requireNoErrors(diagnostics: Diagnostic[], terminal: Terminal): void {
  if (diagnostics.some((d) => d.severity === 'error')) throw new InputError(diagnostics)
  terminal.err(diagnostics.map((d) => formatDiagnostic(d) + '\n').join(''))
}

/** By place, as an editor would list them. What has no place (it comes from a blob, or from the machine) stands at the file's start. */
export function sorted(diagnostics: Diagnostic[], file: string): Diagnostic[] {
  return diagnostics
    .map((d) => (d.file === '' ? { ...d, file } : d))
    .sort((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1))
}

/** The file that the user named may be a pipe, which can be read once; what it includes must be regular files. */
function filesFrom(entry: string): FileAccess {
  const bytes = readBytes(entry)
  if (!bytes) throw new InputError([wholeFile(entry, 'no-such-file', 'cannot be read: no such file, or not readable')])
  return {
    readText: (path) => (path === entry ? new TextDecoder().decode(bytes) : readText(path, 'regular')),
    readBytes: (path) => (path === entry ? bytes : readBytes(path, 'regular')),
  }
}
