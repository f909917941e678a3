import type { Span, TextEdit } from '@shared/diagnostics.ts'

/** Offset of a line and column, both from 1, columns in UTF-16 units; past the end of a line or text: its end. */
export function offsetAt(text: string, line: number, column: number): number {
  let start = 0
  for (let at = 1; at < line; at++) {
    const next = text.indexOf('\n', start)
    if (next < 0) return text.length
    start = next + 1
  }
  const end = text.indexOf('\n', start)
  return Math.min(start + column - 1, end < 0 ? text.length : end)
}

export const textIn = (text: string, span: Span): string =>
  text.slice(offsetAt(text, span.line, span.column), offsetAt(text, span.endLine, span.endColumn))

/** Applies replacements of one file; they must not overlap. */
export function applyEdits(text: string, edits: TextEdit[]): string {
  const places = edits.map((edit) => ({
    start: offsetAt(text, edit.line, edit.column),
    end: offsetAt(text, edit.endLine, edit.endColumn),
    newText: edit.newText,
  }))
  places.sort((a, b) => b.start - a.start)
  return places.reduce((whole, { start, end, newText }) => whole.slice(0, start) + newText + whole.slice(end), text)
}
