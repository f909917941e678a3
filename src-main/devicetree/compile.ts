import type { Diagnostic } from '@shared/diagnostics.ts'
import type { AstUnit } from './ast.ts'
import { checkNames } from './checks/run.ts'
import { finish, toTree } from './finish.ts'
import { merge } from './merge.ts'
import { Parser } from './parser.ts'
import { type Preprocessed, preprocess } from './preprocess/preprocessor.ts'
import { candidatePaths, SourceCache } from './preprocess/sources.ts'
import { SourceText, type Unit } from './source.ts'
import { isBlob, readLiveBlob } from './unflatten.ts'
import type { CompileOptions, CompileResult, DtTree } from './tree.ts'

/** What a file says, before anything is merged: for the editor, and the first half of `compile`. */
export interface ParseResult {
  unit: Unit
  ast: AstUnit
  preprocessed: Preprocessed
  /** Files that `/include/` brought in. */
  includes: { name: string; target: SourceText }[]
  diagnostics: Diagnostic[]
  /** What it was made from. */
  options: CompileOptions
}

/** Preprocesses and parses `options.entry`. Never throws; what is wrong stands in the diagnostics. */
export function parse(options: CompileOptions, cache = new SourceCache()): ParseResult {
  const { parser: _, ...parsed } = parseWith(options, cache)
  return parsed
}

function parseWith(options: CompileOptions, cache: SourceCache): ParseResult & { parser: Parser } {
  const entry = cache.read(options.files, options.entry)
  const preprocessed = preprocess(entry ?? new SourceText(options.entry, ''), options, cache)
  const includes: ParseResult['includes'] = []
  const open = <T>(name: string, from: SourceText, read: (path: string) => T | null): T | null => {
    for (const path of candidatePaths(name, from.path, options.includeDirs ?? [])) {
      const content = read(path)
      if (content !== null) return content
    }
    return null
  }
  let readsFiles = false
  const parser = new Parser(preprocessed.unit, preprocessed.text, {
    include: (name, from) => {
      readsFiles = true
      const target = open(name, from, (path) => cache.read(options.files, path))
      if (target) includes.push({ name, target })
      return target
    },
    incbin: (name, from) => {
      readsFiles = true
      return open(name, from, (path) => options.files.readBytes(path))
    },
  })
  const { text } = preprocessed
  const known = cache.parses?.reusable(options.entry, text) ?? null
  if (!entry) parser.error(0, 0, 'file-not-found', 'cannot read this file')
  const ast = entry ? parser.parse(known) : { plugin: false, memreserves: [], items: [] }
  if (!readsFiles && parser.diagnostics.length === 0) cache.parses?.remember(options.entry, { text, ast })
  parser.prepend(preprocessed.diagnostics)
  return { unit: preprocessed.unit, ast, preprocessed, includes, diagnostics: parser.diagnostics, options, parser }
}

/**
 * Compiles `options.entry` into one tree, references resolved and checked; a blob is read instead. Never throws; the tree is the best
 * effort. A `cache` that is handed in again saves reading and scanning files that have not changed.
 */
export function compile(options: CompileOptions, cache = new SourceCache()): CompileResult {
  const blob = blobOf(options)
  if (blob) return compileBlob(blob, options)
  const { tree, diagnostics } = compileUnit(options, cache)
  return { tree, diagnostics }
}

/** The same with what was parsed on the way: what an editor needs to lead from the tree to the text and back. */
export function compileUnit(options: CompileOptions, cache: SourceCache): ParseResult & { tree: DtTree } {
  const { parser, ...parsed } = parseWith(options, cache)
  const live = merge(parsed.ast, parser)
  const { symbols, autoAliases, fixups, quiet, phandles } = options
  const levels = checkLevels(options.warnings ?? [], (message) => parser.error(0, 0, 'unknown-check', message))
  parsed.diagnostics.push(...finish(live, { levels, symbols, autoAliases, fixups, quiet, phandles }))
  return { ...parsed, tree: toTree(live) }
}

/** The entry as a blob, when its text begins as the magic number does once it was decoded. */
function blobOf({ entry, files }: CompileOptions): Uint8Array | null {
  if (!/^[\ufffd\udcd0]\r[\ufffd\udcfe][\ufffd\udced]/.test(files.readText(entry) ?? '')) return null
  const bytes = files.readBytes(entry)
  return bytes && isBlob(bytes) ? bytes : null
}

function compileBlob(bytes: Uint8Array, options: CompileOptions): CompileResult {
  const { entry: file, symbols, autoAliases, fixups, quiet, phandles } = options
  const { live, diagnostics } = readLiveBlob(bytes, file)
  const levels = checkLevels(options.warnings ?? [], (message) =>
    diagnostics.push(wholeFile(file, 'unknown-check', message)),
  )
  if (!diagnostics.some(({ severity }) => severity === 'error')) {
    diagnostics.push(...finish(live, { levels, symbols, autoAliases, fixups, quiet, phandles, file }))
  }
  return { tree: toTree(live), diagnostics }
}

const wholeFile = (file: string, code: string, message: string): Diagnostic => ({
  severity: 'error',
  code,
  message,
  file,
  line: 1,
  column: 1,
  endLine: 1,
  endColumn: 1,
})

/** `-W name`, `-W no-name`, `-E name`, or just a name. */
export function checkLevels(
  options: string[],
  complain: (message: string) => void,
): { error: boolean; name: string }[] {
  const levels = options.map((option) => {
    const [, letter, name] = /^(?:-?([WE])\s*)?(\S*)$/.exec(option.trim()) ?? ['', 'W', option]
    return { error: letter === 'E', name: name! }
  })
  for (const { name } of levels)
    if (!checkNames.includes(name.replace(/^no[-_]/, ''))) complain(`there is no check named '${name}'`)
  return levels
}
