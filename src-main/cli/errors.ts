import type { Diagnostic } from '@shared/diagnostics.ts'

/** What the user typed cannot be done: one line without a place in a file. Exit code 2. */
export class UsageError extends Error {}

/** What a file says cannot be used: diagnostics with their places. Exit code 2. */
export class InputError extends Error {
  readonly diagnostics: Diagnostic[]

  constructor(diagnostics: Diagnostic[]) {
    super(diagnostics[0]?.message ?? 'bad input')
    this.diagnostics = diagnostics
  }
}

/** A file that the user named and that is not there, is a folder, or may not be read. */
export const unreadable = (file: string): Diagnostic =>
  wholeFile(file, 'no-such-file', 'cannot be read: no such file, or not readable')

/** A file that cannot be read as a whole has no better place than its first character. */
export const wholeFile = (file: string, code: string, message: string): Diagnostic => ({
  file,
  line: 1,
  column: 1,
  endLine: 1,
  endColumn: 1,
  severity: 'error',
  code,
  message,
})
