import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { InputError, UsageError, wholeFile } from './errors.ts'

/** No board, workload, script, trace or `.config` comes near it; a file that does is refused, not read. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 1024 * 1024

/** What may be read: `any` includes pipes (the file that the user named), `regular` does not (files that files name). */
export type FileKind = 'any' | 'regular'

/**
 * The bytes of a file, null when there is none (or it is no file). Never reads more than the limit, whatever the file says of its size.
 * @throws InputError when it is larger than the limit
 */
export function readBytes(path: string, kind: FileKind = 'any'): Uint8Array | null {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch {
    return null
  }
  try {
    const stat = fstatSync(descriptor)
    if (stat.isDirectory() || (kind === 'regular' && !stat.isFile())) return null
    return readBounded(path, descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function readBounded(path: string, descriptor: number): Uint8Array {
  const chunks: Uint8Array[] = []
  let totalBytes = 0
  for (;;) {
    const chunk = new Uint8Array(CHUNK_BYTES)
    const count = readSync(descriptor, chunk)
    if (count === 0) return Buffer.concat(chunks)
    totalBytes += count
    if (totalBytes > MAX_INPUT_BYTES) {
      throw new InputError([
        wholeFile(path, 'file-too-large', 'larger than 64 MiB, the most that is read; name another file'),
      ])
    }
    chunks.push(chunk.subarray(0, count))
  }
}

/** The text of a file that a file names, null when there is none. */
export function readText(path: string, kind: FileKind = 'any'): string | null {
  const bytes = readBytes(path, kind)
  return bytes && new TextDecoder().decode(bytes)
}

/**
 * The text of a file that the user named on the command line.
 * @throws UsageError when it cannot be read
 */
export function readNamedText(path: string): string {
  const text = readText(path)
  if (text === null) throw new UsageError(`cannot read ${path}: no such file, or not readable`)
  return text
}
