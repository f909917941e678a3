import { opendirSync, statSync } from 'node:fs'
import type { Diagnostic } from '@shared/diagnostics.ts'
import {
  checkLevels,
  compile,
  type DtTree,
  decodeText,
  type FileAccess,
  finish,
  isBlob,
  readFolder,
  SourceCache,
  toTree,
} from '../devicetree/index.ts'
import type { DtcFlags, InputFormat } from './dtc-flags.ts'
import { unreadable, wholeFile } from './errors.ts'
import { readBytes } from './files.ts'

export interface Loaded {
  file: string
  format: InputFormat
  tree: DtTree | null
  diagnostics: Diagnostic[]
}

/** Reads trees from source, blobs and folders. Files stay read, so that a header is read once for a thousand boards. */
export class TreeLoader {
  private readonly cache = new SourceCache()
  private readonly texts = new Map<string, string | null>()
  /** Blobs among what was read: a pipe can be read only once. */
  private readonly blobs = new Map<string, Uint8Array>()
  /** Every file that was there, in the order in which it was asked for first. */
  readonly read: string[] = []
  private readonly files: FileAccess = {
    readText: (path) => this.text(path),
    readBytes: (path) => this.blobs.get(path) ?? this.noted(path, readBytes(path)),
  }

  constructor(private readonly flags: DtcFlags) {}

  load(file: string, options: { symbols?: boolean; format?: InputFormat; includeDirs?: string[] } = {}): Loaded {
    const format = options.format ?? this.formatOf(file)
    if (format === 'fs') return this.folder(file, options.symbols)
    const missing = format === 'dtb' ? this.notBlob(file) : null
    if (missing) return { file, format, tree: null, diagnostics: [missing] }
    const { tree, diagnostics } = compile(
      {
        entry: file,
        files: this.files,
        includeDirs: [...this.flags.include, ...(options.includeDirs ?? [])],
        defines: this.flags.define,
        symbols: options.symbols,
        fixups: this.flags.localFixups,
        autoAliases: this.flags.autoAlias,
        warnings: this.flags.checks,
        quiet: this.flags.quiet,
        phandles: this.flags.phandle,
      },
      this.cache,
    )
    return { file, format, tree, diagnostics }
  }

  private formatOf(file: string): InputFormat {
    if (isFolder(file)) return 'fs'
    this.text(file)
    return this.blobs.has(file) ? 'dtb' : 'dts'
  }

  private notBlob(file: string): Diagnostic | null {
    const bytes = this.text(file) === null ? null : (this.blobs.get(file) ?? readBytes(file))
    if (!bytes) return unreadable(file)
    return isBlob(bytes) ? null : wholeFile(file, 'bad-blob', 'this is no devicetree blob: its magic number is wrong')
  }

  private folder(file: string, symbols: boolean | undefined): Loaded {
    const { live, unreadable: missing } = readFolder(file, { list: listFolder, readBytes: (path) => readBytes(path) })
    const diagnostics = missing.map((path): Diagnostic => {
      const severity = path === file ? 'error' : 'warning'
      return { ...unreadable(path), severity }
    })
    const levels = checkLevels(this.flags.checks, () => {})
    diagnostics.push(...finish(live, { levels, symbols, file, quiet: this.flags.quiet, phandles: this.flags.phandle }))
    return { file, format: 'fs', tree: toTree(live), diagnostics }
  }

  private noted(path: string, bytes: Uint8Array | null): Uint8Array | null {
    if (bytes && !this.read.includes(path)) this.read.push(path)
    return bytes
  }

  private text(path: string): string | null {
    let text = this.texts.get(path)
    if (text === undefined) {
      const bytes = this.noted(path, readBytes(path))
      if (bytes && isBlob(bytes)) this.blobs.set(path, bytes)
      this.texts.set(path, (text = bytes && decodeText(bytes)))
    }
    return text
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** In the order of the folder itself: for /proc/device-tree that is the order of the tree. */
function listFolder(path: string): { name: string; isFolder: boolean }[] | null {
  try {
    const folder = opendirSync(path)
    const entries: { name: string; isFolder: boolean }[] = []
    for (let entry = folder.readSync(); entry; entry = folder.readSync()) {
      const stat = statSync(`${path}/${entry.name}`, { throwIfNoEntry: false })
      if (stat?.isDirectory() || stat?.isFile()) entries.push({ name: entry.name, isFolder: stat.isDirectory() })
    }
    folder.closeSync()
    return entries
  } catch {
    return null
  }
}
