import type { Diagnostic } from '@shared/diagnostics.ts'
import type { AstUnit } from './ast.ts'
import type { LiveNode, LiveTree } from './livetree.ts'
import { merge } from './merge.ts'
import { Parser } from './parser.ts'
import { type Preprocessed, preprocess } from './preprocess/preprocessor.ts'
import { candidatePaths, SourceCache } from './preprocess/sources.ts'
import { Resolver } from './resolve.ts'
import { SourceText, type Unit } from './source.ts'
import type { CompileOptions, CompileResult } from './tree.ts'

/** What a file says, before anything is merged: for the editor, and the first half of `compile`. */
export interface ParseResult {
  unit: Unit
  ast: AstUnit
  preprocessed: Preprocessed
  /** Files that `/include/` brought in. */
  includes: { name: string; target: SourceText }[]
  diagnostics: Diagnostic[]
}

/** Preprocesses and parses `options.entry`. Never throws; what is wrong stands in the diagnostics. */
export function parse(options: CompileOptions, cache = new SourceCache()): ParseResult {
  const { parser, ...result } = parseWith(options, cache)
  return result
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
  const parser = new Parser(preprocessed.unit, preprocessed.text, {
    include: (name, from) => {
      const target = open(name, from, (path) => cache.read(options.files, path))
      if (target) includes.push({ name, target })
      return target
    },
    incbin: (name, from) => open(name, from, (path) => options.files.readBytes(path)),
  })
  if (!entry) parser.error(0, 0, 'file-not-found', 'cannot read this file')
  const ast = entry ? parser.parse() : { plugin: false, memreserves: [], items: [] }
  parser.diagnostics.unshift(...preprocessed.diagnostics)
  return { unit: preprocessed.unit, ast, preprocessed, includes, diagnostics: parser.diagnostics, parser }
}

export function compile(options: CompileOptions, cache = new SourceCache()): CompileResult {
  const { ast, parser, diagnostics } = parseWith(options, cache)
  const live = merge(ast, parser)
  resolve(live, parser)
  return { tree: finish(live), diagnostics }
}

function resolve(live: LiveTree, parser: Parser): void {
  const resolver = new Resolver(live)
  const fail = (node: LiveNode, property: { ast: { start: number; end: number } | null } | null, message: string) => {
    const at = property?.ast ?? node.asts[0] ?? { start: 0, end: 0 }
    parser.error(at.start, at.end, 'phandle_references', message)
  }
  for (const node of live.root.walk()) resolver.explicitPhandle(node, fail)
  for (const node of live.root.walk()) resolver.phandleReferences(node, fail)
  for (const node of live.root.walk()) resolver.pathReferences(node, fail)
  for (const node of live.root.walk()) resolver.omitUnused(node, false)
  live.root.prune()
}

function finish(live: LiveTree) {
  const labels = new Map<string, string>()
  for (const node of live.root.walk())
    for (const label of node.labels) if (!labels.has(label)) labels.set(label, node.path)
  return {
    root: live.root,
    memreserve: live.memreserve.map((entry) => ({
      address: Number(entry.address),
      size: Number(entry.size),
      span: null,
    })),
    labels,
    plugin: live.plugin,
    bootCpuid: live.bootCpuid,
  }
}
