import type { Board } from '@shared/board.ts'
import type { Span } from '@shared/diagnostics.ts'
import type { SizingResult } from '@shared/sizing.ts'
import { findChild, findProperty, type DtNode, type DtTree } from '../devicetree/index.ts'
import { recommendedCmdline } from './bootargs.ts'
import { unifiedDiff } from './diff.ts'
import { changed, evidenceLines, knobLine } from './evidence.ts'
import { newNode, resized } from './overlay.ts'

/** Text of a source file, as the compiler read it; null when it cannot be had. */
export type SourceText = (file: string) => string | null

interface Replacement {
  span: Span
  text: string
}

/**
 * The recommendation as a patch against the board's own source: the values stand where the author wrote them, in whichever file of the
 * board that is. What has no place in the source yet is added at the end of the entry file.
 */
export function patchOf(board: Board, tree: DtTree, entry: string, source: SourceText, result: SizingResult): string {
  const { replacements, additions } = changes(board, tree, result)
  const files = new Set([...replacements.map(({ span }) => span.file), ...(additions.length ? [entry] : [])])
  const diffs = [...files].sort().map((file) => {
    const before = source(file) ?? ''
    const edits = replacements.filter(({ span }) => span.file === file)
    const after = replaced(before, edits) + (file === entry ? additions.map((text) => `\n${text}`).join('') : '')
    return unifiedDiff(file.replace(/^\/+/, ''), before, after)
  })
  const comments = [...evidenceLines(result), ...changed(result).map(knobLine)]
  return `${comments.map((line) => `# ${line}\n`).join('')}${diffs.join('')}`
}

function changes(
  board: Board,
  tree: DtTree,
  result: SizingResult,
): { replacements: Replacement[]; additions: string[] } {
  const replacements: Replacement[] = []
  const additions: string[] = []
  for (const { knob, recommended } of changed(result)) {
    if (!knob.nodePath) continue
    const node = board.reservedMemory?.nodes.find((each) => each.path === knob.nodePath)
    const place = node && valuePlace(nodeAt(tree, knob.nodePath), node.reg ? 'reg' : 'size')
    if (node && place)
      replacements.push({ span: place, text: resized(board, node, recommended).replace(/^\S+ = (.*);$/, '$1') })
    else if (node) additions.push(`&{${knob.nodePath}} {\n\t${resized(board, node, recommended)}\n};\n`)
    else additions.push(addedNode(board, knob.nodePath, recommended))
  }
  if (changed(result).some(({ knob }) => knob.parameter)) {
    const text = JSON.stringify(recommendedCmdline(board.bootargs, result))
    const place = valuePlace(nodeAt(tree, '/chosen'), 'bootargs')
    if (place) replacements.push({ span: place, text })
    else additions.push(`/ {\n\tchosen {\n\t\tbootargs = ${text};\n\t};\n};\n`)
  }
  return { replacements, additions }
}

function addedNode(board: Board, path: string, bytes: number): string {
  const cells = board.reservedMemory
    ? ''
    : `\t\t#address-cells = <${board.addressCells}>;\n\t\t#size-cells = <${board.sizeCells}>;\n\t\tranges;\n\n`
  return `/ {\n\treserved-memory {\n${cells}${newNode(board, path, bytes, '\t\t')}\t};\n};\n`
}

function nodeAt(tree: DtTree, path: string): DtNode | undefined {
  const names = path.split('/').filter(Boolean)
  return names.reduce<DtNode | undefined>((node, name) => node && findChild(node, name), tree.root)
}

const valuePlace = (node: DtNode | undefined, property: string): Span | null =>
  (node && findProperty(node, property)?.valueSpan) ?? null

/** Replaces from the end, so that earlier spans stay where they are. */
function replaced(text: string, edits: Replacement[]): string {
  const starts = lineStarts(text)
  const offset = (line: number, column: number): number => (starts[line - 1] ?? text.length) + column - 1
  const ordered = [...edits].sort((a, b) => b.span.line - a.span.line || b.span.column - a.span.column)
  return ordered.reduce(
    (result, { span, text: value }) =>
      result.slice(0, offset(span.line, span.column)) + value + result.slice(offset(span.endLine, span.endColumn)),
    text,
  )
}

const lineStarts = (text: string): number[] => [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)]
