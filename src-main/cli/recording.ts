import { join } from 'node:path'
import type { RecordedCall } from '../workload/record.ts'
import type { EventSink } from '@shared/run.ts'
import { FTRACE_HEADER, ftraceWriter } from '../report/ftrace.ts'
import { growFile, writeOutput } from './files.ts'

/** Columns as plain lists of numbers. */
export const jsonOf = (value: unknown): string =>
  `${JSON.stringify(value, (_, inner: unknown) => (ArrayBuffer.isView(inner) ? [...(inner as Float64Array)] : inner))}\n`

/**
 * Fills a folder that `explain` reads: `run.json` (how it was made), `result.json`, and `calls.ndjson` with a call on each line.
 * @throws UsageError when it cannot be written
 */
export function writeRecording(folder: string, made: object, result: unknown, calls: readonly RecordedCall[]): void {
  writeOutput(join(folder, 'run.json'), `${JSON.stringify(made)}\n`)
  writeOutput(join(folder, 'result.json'), jsonOf(result))
  writeOutput(join(folder, 'calls.ndjson'), calls.map((call) => `${JSON.stringify(call)}\n`).join(''))
}

/**
 * Where `--trace FILE` writes events as ftrace text; `sink` undefined: nobody asked.
 * @throws UsageError when it cannot be written
 */
export function traceTo(path: string | undefined): { sink: EventSink | undefined; close(): void } {
  if (path === undefined) return { sink: undefined, close: () => {} }
  const file = growFile(path)
  file.write(FTRACE_HEADER)
  const line = ftraceWriter()
  return { sink: (event) => file.write(line(event)), close: () => file.close() }
}
