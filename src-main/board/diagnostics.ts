import type { Diagnostic, Severity, Span } from '@shared/diagnostics.ts'

const NOWHERE: Span = { file: '', line: 1, column: 1, endLine: 1, endColumn: 1 }

/** A diagnostic at a place of the board file; without one (a blob) at its start. */
export const reportAt = (span: Span | null, severity: Severity, code: string, message: string): Diagnostic => ({
  ...(span ?? NOWHERE),
  severity,
  code,
  message,
})
