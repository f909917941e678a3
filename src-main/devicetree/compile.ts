import type { Diagnostic } from '@shared/diagnostics.ts'
import type { AstUnit } from './ast.ts'
import { merge } from './merge.ts'
import { Parser } from './parser.ts'
import { Resolver } from './resolve.ts'
import { SourceText, Unit } from './source.ts'
import type { CompileOptions, CompileResult } from './tree.ts'
import type { LiveNode, LiveTree } from './livetree.ts'

export interface ParseResult {
  unit: Unit
  ast: AstUnit
  parser: Parser
  diagnostics: Diagnostic[]
}

export function parse(options: CompileOptions): ParseResult {
  const text = options.files.readText(options.entry) ?? ''
  const entry = new SourceText(options.entry, text)
  const unit = new Unit(entry)
  unit.append(entry, 0, text.length + 1)
  const parser = new Parser(unit, text, { include: () => null, incbin: () => null })
  return { unit, ast: parser.parse(), parser, diagnostics: parser.diagnostics }
}

export function compile(options: CompileOptions): CompileResult {
  const { ast, parser, diagnostics } = parse(options)
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
