import type { Board } from '@shared/board.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import { boardFromTree, type BoardBindings } from '../board/index.ts'
import { compile, type DtTree } from '../devicetree/index.ts'
import { boardFiles } from './board-files.ts'
import { BadInput, type BoardSources } from './tasks.ts'

export interface BoardReading {
  /** Null when nothing could be recovered from the source. */
  tree: DtTree | null
  board: Board | null
  diagnostics: Diagnostic[]
  includes: string[]
}

/** A board out of its sources, with everything that is wrong with it; the best effort when something is. */
export function readBoard(sources: BoardSources, bindings: BoardBindings = {}): BoardReading {
  const files = boardFiles(sources)
  const { includeFolders: includeDirs, defines, entry } = sources
  const { tree, diagnostics } = compile({ entry, files, includeDirs, defines })
  const read = tree ? boardFromTree(tree, bindings) : null
  return {
    tree,
    board: read?.board ?? null,
    diagnostics: [...diagnostics, ...(read?.diagnostics ?? [])].map((d) => (d.file === '' ? { ...d, file: entry } : d)),
    includes: [...files.seen].filter((path) => path !== entry),
  }
}

export const isBroken = (diagnostics: Diagnostic[]): boolean => diagnostics.some((d) => d.severity === 'error')

/** @throws BadInput with all diagnostics when one is an error */
export function requireBoard(sources: BoardSources): { tree: DtTree; board: Board } {
  const { tree, board, diagnostics } = readBoard(sources)
  if (!tree || !board || isBroken(diagnostics)) throw new BadInput('the board has errors', diagnostics)
  return { tree, board }
}
