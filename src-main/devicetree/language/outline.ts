import type { FoldingRange, OutlineItem, SemanticToken, TokenType } from '@shared/language.ts'
import type { AstNode } from '../ast.ts'
import type { Snapshot, WrittenNode } from './snapshot.ts'

/** What one file looks like from afar: its outline, what can be folded, and what its words mean. */

/** Nodes and properties of a file, nested as written. */
export function outlineOf(snapshot: Snapshot, file: string): OutlineItem[] {
  const item = (ast: AstNode, name: string): OutlineItem => ({
    name,
    detail: ast.labels.map((label) => label.name).join(', '),
    kind: 'node',
    range: snapshot.place(ast),
    nameRange: snapshot.place({ start: ast.nameStart, end: Math.max(ast.nameEnd, ast.nameStart + 1) }),
    children: [
      ...ast.properties.map((property): OutlineItem => ({
        name: property.name,
        detail: '',
        kind: 'property',
        range: snapshot.place(property),
        nameRange: snapshot.place({ start: property.nameStart, end: property.nameEnd }),
        children: [],
      })),
      ...ast.children.filter((child) => !child.isDelete).map((child) => item(child, child.name)),
    ],
  })
  return topNodes(snapshot, file).map(({ ast, item: { reference } }) =>
    item(ast, reference ? `&${reference.isPath ? `{${reference.target}}` : reference.target}` : '/'),
  )
}

const topNodes = (snapshot: Snapshot, file: string): WrittenNode[] =>
  snapshot.writtenNodes.filter((node) => !node.parent && snapshot.place(node.ast).file === file)

export function foldingOf(snapshot: Snapshot, file: string): FoldingRange[] {
  const text = snapshot.text(file)
  const nodes = snapshot.writtenNodes
    .map(({ ast }) => snapshot.place({ start: ast.bodyStart, end: ast.bodyEnd }))
    .filter((span) => span.file === file && span.endLine > span.line)
    .map((span): FoldingRange => ({ startLine: span.line, endLine: span.endLine - 1, kind: 'region' }))
  const lineOf = (offset: number): number => snapshot.span(file, offset, offset).line
  const comments = [...text.matchAll(/\/\*[^]*?\*\//g)]
    .map((match): FoldingRange => ({
      startLine: lineOf(match.index),
      endLine: lineOf(match.index + match[0].length),
      kind: 'comment',
    }))
    .filter((range) => range.endLine > range.startLine)
  const includes = [...text.matchAll(/(?:^#include.*\n)+/gm)]
    .map((match): FoldingRange => ({
      startLine: lineOf(match.index),
      endLine: lineOf(match.index + match[0].length) - 1,
      kind: 'imports',
    }))
    .filter((range) => range.endLine > range.startLine)
  return [...nodes, ...comments, ...includes]
}

/** Words whose meaning the text alone does not show, by place. Multi-line stretches are cut into lines. */
export function tokensOf(snapshot: Snapshot, file: string): SemanticToken[] {
  const tokens: SemanticToken[] = []
  const add = (type: TokenType, range: { start: number; end: number }): void => {
    const span = snapshot.place(range)
    if (span.file === file && span.line === span.endLine && span.endColumn > span.column)
      tokens.push({ line: span.line, column: span.column, length: span.endColumn - span.column, type })
  }
  for (const { ast } of snapshot.writtenNodes) {
    if (ast.name !== '') add('node', { start: ast.nameStart, end: ast.nameEnd })
    for (const property of ast.properties) add('property', { start: property.nameStart, end: property.nameEnd })
  }
  for (const label of snapshot.labels()) add('label', label)
  for (const reference of snapshot.references()) add('label', reference)
  for (const use of snapshot.parsed.preprocessed.uses) {
    if (use.file.path !== file) continue
    const span = use.file.span(use.start, use.start + use.name.length)
    tokens.push({ line: span.line, column: span.column, length: use.name.length, type: 'macro' })
  }
  return withoutOverlaps([...tokens, ...inactiveLines(snapshot, file)])
}

function inactiveLines(snapshot: Snapshot, file: string): SemanticToken[] {
  return snapshot.parsed.preprocessed.inactive
    .filter((range) => range.file.path === file)
    .flatMap(({ file: source, start, end }) => {
      const from = source.lineOf(start)
      const to = source.lineOf(Math.max(start, end - 1))
      return Array.from({ length: to - from + 1 }, (_, n): SemanticToken => {
        const line = from + n
        const length = (source.lineStarts[line + 1] ?? source.text.length + 1) - source.lineStarts[line]! - 1
        return { line: line + 1, column: 1, length, type: 'inactive' }
      })
    })
    .filter((token) => token.length > 0)
}

/** In order of their places; where two begin inside each other the first wins, as editors want it. */
function withoutOverlaps(tokens: SemanticToken[]): SemanticToken[] {
  tokens.sort((a, b) => a.line - b.line || a.column - b.column || b.length - a.length)
  let last: SemanticToken | null = null
  return tokens.filter((token) => {
    if (last && last.line === token.line && token.column < last.column + last.length) return false
    last = token
    return true
  })
}
