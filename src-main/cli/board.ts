import { dirname } from 'node:path'
import type { Board } from '@shared/board.ts'
import { formatDiagnostic, type Diagnostic } from '@shared/diagnostics.ts'
import { boardFromTree, type BoardBindings } from '../board/index.ts'
import {
  compile,
  isBlob,
  isConsequence,
  readBlob,
  type CompileOptions,
  type CompileResult,
  type FileAccess,
  type DtTree,
} from '../devicetree/index.ts'
import { kernelTreeIncludes } from '../lab/kernel-tree.ts'
import { InputError } from './errors.ts'
import { readBytes, readNamedBytes, readText } from './files.ts'
import type { BoardFlags } from './options.ts'
import type { Terminal } from './terminal.ts'

export interface BoardReading {
  tree: DtTree
  board: Board
  /** Sorted by place; errors are among them when `board` is only the best effort. */
  diagnostics: Diagnostic[]
  /** Those of them that say what the board means, without the compiler's remarks on how it is written. */
  ofBoard: Diagnostic[]
}

/**
 * A board file with all that is wrong with it.
 * @param file as the user named it; diagnostics repeat that spelling
 * @param bindings what drivers know beside the tree
 * @throws InputError when nothing of it can be read
 */
export function readBoard(file: string, flags: BoardFlags, bindings?: BoardBindings): BoardReading {
  const { tree, diagnostics } = readTree(file, flags)
  const seen = diagnostics.filter((d) => !isConsequence(d))
  if (!tree) throw new InputError(sorted(seen, file))
  const read = boardFromTree(tree, bindings)
  const ofBoard = sorted(read.diagnostics, file)
  return { tree, board: read.board, diagnostics: sorted([...seen, ...ofBoard], file), ofBoard }
}

/** Source or blob, whatever the file is called. */
function readTree(file: string, flags: BoardFlags): CompileResult {
  const bytes = readNamedBytes(file)
  if (isBlob(bytes)) return readBlob(bytes, file)
  return compile(compileOptions(file, bytes, flags))
}

/** How a board's source is compiled: with the folders that the flags name and those of a kernel tree that it lies in. */
export const compileOptions = (file: string, bytes: Uint8Array, flags: BoardFlags): CompileOptions => ({
  entry: file,
  files: filesBeside(file, bytes),
  includeDirs: [...flags.include, ...kernelTreeIncludes(dirname(file))],
  defines: flags.define,
})

/**
 * A board without errors. Warnings of what it means are printed; how it is written is for `check` to say.
 * @throws InputError with every diagnostic when there is an error among them
 */
export function requireBoard(file: string, flags: BoardFlags, terminal: Terminal): BoardReading {
  const reading = readBoard(file, flags)
  if (reading.diagnostics.some((d) => d.severity === 'error')) throw new InputError(reading.diagnostics)
  requireNoErrors(reading.ofBoard, terminal)
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
function filesBeside(entry: string, bytes: Uint8Array): FileAccess {
  return {
    readText: (path) => (path === entry ? new TextDecoder().decode(bytes) : readText(path, 'regular')),
    readBytes: (path) => (path === entry ? bytes : readBytes(path, 'regular')),
  }
}
