import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { InputError, UsageError, unreadable, wholeFile } from './errors.ts'

/** No board, workload, script, trace or `.config` comes near it; a file that does is refused, not read. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 1024 * 1024

/** What may be read: `any` includes pipes (the file that the user named), `regular` does not (files that files name). */
export type FileKind = 'any' | 'regular'

/**
 * The bytes of a file, null when there is none (or it cannot be read); `-` is standard input where a pipe may be. Never reads more than
 * the limit, whatever the file says of its size.
 * @throws InputError when it is larger than the limit
 */
export function readBytes(path: string, kind: FileKind = 'any'): Uint8Array | null {
  let descriptor: number
  try {
    descriptor = openSync(path === '-' && kind === 'any' ? '/dev/stdin' : path, 'r')
  } catch {
    return null
  }
  try {
    const stat = fstatSync(descriptor)
    if (stat.isDirectory() || (kind === 'regular' && !stat.isFile())) return null
    return readBounded(path, descriptor, stat.size)
  } catch (error) {
    if (error instanceof InputError) throw error
    return null
  } finally {
    closeSync(descriptor)
  }
}

function readBounded(path: string, descriptor: number, expectedBytes: number): Uint8Array {
  const chunks: Uint8Array[] = []
  let totalBytes = 0
  for (;;) {
    // one byte more than expected, so that the end is seen; pipes and /proc say nothing of their size
    const chunk = new Uint8Array(
      expectedBytes > totalBytes ? Math.min(expectedBytes - totalBytes + 1, MAX_INPUT_BYTES) : CHUNK_BYTES,
    )
    const count = readSync(descriptor, chunk)
    // a file that ends where it said it would is done with one read
    if (totalBytes === 0 && count === expectedBytes) return chunk.subarray(0, count)
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
 * The bytes of a file that the user named on the command line.
 * @throws InputError when it cannot be read
 */
export function readNamedBytes(path: string): Uint8Array {
  const bytes = readBytes(path)
  if (bytes === null) throw new InputError([unreadable(path)])
  return bytes
}

/**
 * The text of such a file.
 * @throws InputError when it cannot be read
 */
export const readNamedText = (path: string): string => new TextDecoder().decode(readNamedBytes(path))

/**
 * Writes a result where the user said; `-` is standard output.
 * @throws UsageError when it cannot be written
 */
export function writeOutput(path: string, content: Uint8Array | string): void {
  try {
    if (path === '-') writeAll(1, typeof content === 'string' ? new TextEncoder().encode(content) : content)
    else writeFileSync(path, content)
  } catch (error) {
    throw unwritable(path, error)
  }
}

/** A file that grows while the work goes on. */
export interface GrowingFile {
  /** `now`: nothing is kept back. */
  write(text: string, now?: boolean): void
  close(): void
}

/** Text is kept until there is this much of it. */
const WRITE_CHARACTERS = 256 * 1024

/**
 * Begins a file that is too long to be held.
 * @throws UsageError when it cannot be written; so do `write` and `close`
 */
export function growFile(path: string): GrowingFile {
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw unwritable(path, error)
    }
  }
  const descriptor = guarded(() => openSync(path, 'w'))
  let pending = ''
  const flush = (): void => {
    guarded(() => writeAll(descriptor, new TextEncoder().encode(pending)))
    pending = ''
  }
  return {
    write(text, now = false) {
      pending += text
      if (now || pending.length >= WRITE_CHARACTERS) flush()
    },
    close() {
      flush()
      closeSync(descriptor)
    },
  }
}

/**
 * Makes the folder that results go to. Called before the work, so that a name that cannot be costs no minutes.
 * @throws UsageError when it cannot be made
 */
export function makeOutputFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw unwritable(path, error)
  }
}

const unwritable = (path: string, error: unknown): UsageError =>
  new UsageError(`cannot write ${path || "''"}: ${error instanceof Error ? error.message : String(error)}`)

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at)
    } catch (error) {
      // a pipe that is full for the moment
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}
