/** What was collected on a board → a call script, and facts of its memory. Every file is known by what is in it. */
import type { Diagnostic } from '@shared/diagnostics.ts'
import type { Bytes } from '@shared/units.ts'
import { CallImporter, Unusable, type CallCounts } from './calls.ts'
import { readLog } from './dmesg.ts'
import { noFacts, type BoardFacts } from './facts.ts'
import { readSystemFile } from './files.ts'
import { isOfDma, isOfPages, readEvent } from './ftrace.ts'

export { diagnose } from './diagnosis.ts'
export { differences, type Difference } from './difference.ts'
export type { BoardFacts } from './facts.ts'

export interface CapturedFile {
  /** As the user named it; a member of an archive by its name in there. */
  name: string
  text: string
}

export interface ImportOptions {
  pageBytes: Bytes
  /** Page allocations of the system become calls too. */
  pages: boolean
}

export interface Imported {
  /** The calls in the command language; null: no file holds any. */
  script: string | null
  counts: CallCounts | null
  /** As the trace names them. */
  devices: string[]
  facts: BoardFacts
  /** Errors name files that are nothing known; warnings, lines that could not be used. */
  diagnostics: Diagnostic[]
}

/** Lines of a trace that are told of one by one. */
const MOST_TOLD = 20

export function importFiles(files: readonly CapturedFile[], options: ImportOptions): Imported {
  const facts = noFacts()
  const calls = new CallImporter(options.pageBytes, options.pages)
  const diagnostics: Diagnostic[] = []
  for (const { name, text } of files) {
    if (readSystemFile(name, text, facts, options.pageBytes)) continue
    if (isTrace(text)) diagnostics.push(...readTrace(name, text, calls))
    else if (isLog(name, text)) readLog(name, text, facts)
    else diagnostics.push(unknownFile(name))
  }
  const script = calls.finish()
  const made = calls.counts.calls > 0
  return {
    script: made ? script : null,
    counts: made || calls.counts.freedUnseen || calls.counts.bounces ? calls.counts : null,
    devices: [...calls.devices],
    facts,
    diagnostics,
  }
}

/** A trace says so in its first lines, or its events do. */
function isTrace(text: string): boolean {
  if (text.startsWith('# tracer:')) return true
  return firstLines(text, 200).some((line) => readEvent(line, 1) !== null)
}

const isLog = (name: string, text: string): boolean =>
  /(^|[/-])(dmesg|kern\.log|messages|bootlog)/.test(name) ||
  firstLines(text, 200).some(
    (line) =>
      /^(<\d{1,3}>)?\[\s{0,12}\d{1,9}\.\d{1,6}\]/.test(line) || /^(Linux version|cma: |Zone ranges:)/.test(line),
  )

const firstLines = (text: string, count: number): string[] => text.slice(0, 64 * 1024).split('\n', count)

function readTrace(file: string, text: string, calls: CallImporter): Diagnostic[] {
  const told: Diagnostic[] = []
  let untold = 0
  let line = 0
  for (const content of linesOf(text)) {
    line++
    const event = readEvent(content, line)
    if (!event || !(isOfDma(event.name) || isOfPages(event.name))) continue
    try {
      calls.take(event)
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      const message = `${event.name} ${error.message}; this event is left out`
      if (told.length < MOST_TOLD) told.push(at(file, line, content, 'warning', 'trace-event', message))
      else untold++
    }
  }
  if (untold) told.push(at(file, line, '', 'warning', 'trace-event', `${untold} more events are left out`))
  return told
}

/** Without a list of them all: a trace may have millions. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start)
    yield text.slice(start, end < 0 ? text.length : end)
    start = end < 0 ? text.length : end + 1
  }
}

const unknownFile = (file: string): Diagnostic =>
  at(
    file,
    1,
    '',
    'error',
    'unknown-capture',
    'is no ftrace text, kernel log, or file of /proc or debugfs that is known; leave it out, or run capture-script on the board',
  )

const at = (
  file: string,
  line: number,
  content: string,
  severity: Diagnostic['severity'],
  code: string,
  message: string,
): Diagnostic => ({
  file,
  line,
  column: content.length - content.trimStart().length + 1,
  endLine: line,
  endColumn: content.trimEnd().length + 1,
  severity,
  code,
  message,
})
