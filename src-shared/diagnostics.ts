/** A place in a source file. Lines and columns count from 1; the end is exclusive. Columns count UTF-16 units, as editors do. */
export interface Span {
  file: string
  line: number
  column: number
  endLine: number
  endColumn: number
}

export type Severity = 'error' | 'warning' | 'info'

/** One replacement of a quick fix: the text that takes the place of the span. */
export interface TextEdit extends Span {
  newText: string
}

export interface QuickFix {
  title: string
  edits: TextEdit[]
}

/** What a compiler pass, the board checks or a schema say about a file. `code` is stable and names a page of the help. */
export interface Diagnostic extends Span {
  severity: Severity
  code: string
  /** What is wrong and how to mend it, in one sentence. */
  message: string
  related?: (Span & { message: string })[]
  fixes?: QuickFix[]
}

/** `file:line:column: error: message`, as compilers print it. */
export const formatDiagnostic = (d: Diagnostic): string =>
  `${d.file}:${d.line}:${d.column}: ${d.severity}: ${d.message}`
