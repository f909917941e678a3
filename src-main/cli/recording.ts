import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RecordedCall } from '../workload/record.ts'

/** Columns as plain lists of numbers. */
export const jsonOf = (value: unknown): string =>
  `${JSON.stringify(value, (_, inner: unknown) => (ArrayBuffer.isView(inner) ? [...(inner as Float64Array)] : inner))}\n`

/** A folder that `explain` reads: `run.json` (how it was made), `result.json`, and `calls.ndjson` with a call on each line. */
export function writeRecording(folder: string, made: object, result: unknown, calls: readonly RecordedCall[]): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'run.json'), `${JSON.stringify(made)}\n`)
  writeFileSync(join(folder, 'result.json'), jsonOf(result))
  writeFileSync(join(folder, 'calls.ndjson'), calls.map((call) => `${JSON.stringify(call)}\n`).join(''))
}
