import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { CapturedFile } from '../workload/import/index.ts'

/** What `import` is given, unpacked. */
export interface Capture {
  files: CapturedFile[]
  /** /sys/firmware/fdt of the board; null: not collected. */
  blob: Uint8Array | null
  /** The kernel's .config; null: not collected. */
  config: string | null
}

/** A file that cannot be read, and why. */
export class CaptureError extends Error {
  constructor(
    readonly file: string,
    message: string,
  ) {
    super(message)
  }
}

/** No capture of a board comes near it. */
const MOST_BYTES = 256 * 1024 * 1024
const MOST_FILES = 10_000
const TAR_BLOCK = 512

/**
 * Files, folders and archives (`.tar`, `.tar.gz`) as capture-script makes them, each member a file of its own. Links are not followed
 * out of a folder.
 * @throws CaptureError
 */
export function readCapture(paths: readonly string[]): Capture {
  const capture: Capture = { files: [], blob: null, config: null }
  for (const path of paths) {
    if (isFolder(path)) for (const file of filesOf(path)) add(capture, relative(path, file), bytesOf(file), file)
    else addFile(capture, path, bytesOf(path))
  }
  return capture
}

/** A file that was named or dropped: an archive becomes its members. */
export function addFile(capture: Capture, name: string, bytes: Uint8Array): void {
  const content = unzipped(name, bytes)
  if (!isTar(content)) return add(capture, name, bytes, name)
  for (const member of membersOf(name, content)) add(capture, member.name, member.bytes, member.name)
}

function add(capture: Capture, path: string, bytes: Uint8Array, shown: string): void {
  if (capture.files.length >= MOST_FILES) throw new CaptureError(shown, `more than ${MOST_FILES} files; name fewer`)
  const name = path.replaceAll('\\', '/').split('/').at(-1)!
  if (name === 'fdt.dtb' || (bytes[0] === 0xd0 && bytes[1] === 0x0d && bytes[2] === 0xfe && bytes[3] === 0xed))
    return void (capture.blob = bytes)
  const content = unzipped(shown, bytes)
  if (/^config(\.gz)?$/.test(name)) return void (capture.config = new TextDecoder().decode(content))
  if (content.length) capture.files.push({ name: shown, text: new TextDecoder().decode(content) })
}

function unzipped(name: string, bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES })
  } catch (error) {
    const why = error instanceof RangeError ? 'unpacks to more than 256 MiB' : 'is not whole: cannot be unpacked'
    throw new CaptureError(name, `${why}; collect it again`)
  }
}

/** The magic of POSIX and of GNU. */
const isTar = (bytes: Uint8Array): boolean => bytes.length >= TAR_BLOCK && textOf(bytes, 257, 5) === 'ustar'

/** Regular files of an archive. Damage ends it: what came before is whole. */
function membersOf(archive: string, bytes: Uint8Array): { name: string; bytes: Uint8Array }[] {
  const members: { name: string; bytes: Uint8Array }[] = []
  for (let at = 0; at + TAR_BLOCK <= bytes.length;) {
    const header = bytes.subarray(at, at + TAR_BLOCK)
    const name = [textOf(header, 345, 155), textOf(header, 0, 100)].filter(Boolean).join('/')
    if (name === '') break
    const size = parseInt(textOf(header, 124, 12), 8)
    at += TAR_BLOCK
    if (!(size >= 0) || at + size > bytes.length)
      throw new CaptureError(archive, `is cut short in ${name}; collect it again`)
    if (/^[0\0]?$/.test(textOf(header, 156, 1))) members.push({ name, bytes: bytes.subarray(at, at + size) })
    at += Math.ceil(size / TAR_BLOCK) * TAR_BLOCK
  }
  return members
}

/** Up to the first zero. */
function textOf(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length)
  const end = field.indexOf(0)
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim()
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

function filesOf(folder: string): string[] {
  const found = readdirSync(folder, { withFileTypes: true, recursive: true })
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

function bytesOf(path: string): Uint8Array {
  try {
    if (statSync(path).size > MOST_BYTES) throw new CaptureError(path, 'is larger than 256 MiB; cut the trace')
    return readFileSync(path)
  } catch (error) {
    if (error instanceof CaptureError) throw error
    throw new CaptureError(path, 'cannot be read: no such file, or not readable')
  }
}
