import { isMap, LineCounter, parseDocument, type Document, type Node, type Pair } from 'yaml'
import type { z } from 'zod'
import type { Diagnostic, Span } from '@shared/diagnostics.ts'
import { workloadSchema, type Workload } from '@shared/workload.ts'
import { explainIssues } from './issues.ts'

/** Where each value of a file stands: its keys joined by dots (`streams.0.device`) → span. Plain data, so that it crosses to workers. */
export type SpanIndex = Record<string, Span>

export interface ParsedWorkload {
  file: string
  workload: Workload
  spans: SpanIndex
}

export interface ParseResult {
  /** Null when the file has errors. */
  parsed: ParsedWorkload | null
  diagnostics: Diagnostic[]
}

const LARGEST_FILE_CHARS = 1024 * 1024

/** One file while it is read: turns offsets and paths into spans, and collects what is wrong. */
export class WorkloadText {
  readonly diagnostics: Diagnostic[] = []
  private readonly lines = new LineCounter()
  readonly document: Document

  constructor(
    readonly file: string,
    text: string,
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false, uniqueKeys: true })
  }

  span(from: number, to: number): Span {
    const start = this.lines.linePos(from)
    const end = this.lines.linePos(Math.max(to, from))
    return {
      file: this.file,
      line: start.line || 1,
      column: start.col || 1,
      endLine: end.line || 1,
      endColumn: end.col || 1,
    }
  }

  /** The value at a path; where it is missing, the nearest value around it. */
  at(path: readonly PropertyKey[]): Span {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth ? this.document.getIn(path.slice(0, depth), true) : this.document.contents
      const range = (node as Node | undefined)?.range
      if (range) return depth === path.length ? this.span(range[0], range[1]) : this.firstKey(node as Node, range)
    }
    return this.span(0, 0)
  }

  /** The name of a key, not its value. */
  key(path: readonly PropertyKey[], name: string): Span {
    const node = path.length ? this.document.getIn(path, true) : this.document.contents
    const pair = isMap(node) ? (node.items as Pair<Node>[]).find((item) => String(item.key) === name) : undefined
    const range = pair?.key?.range
    return range ? this.span(range[0], range[1]) : this.at(path)
  }

  error(span: Span, code: string, message: string): void {
    this.diagnostics.push({ ...span, severity: 'error', code, message })
  }

  /** For something missing inside a map: its first key, instead of all its lines. */
  private firstKey(node: Node, range: readonly number[]): Span {
    const first = isMap(node) ? (node.items[0] as Pair<Node> | undefined)?.key?.range : undefined
    return first ? this.span(first[0], first[1]) : this.span(range[0]!, range[0]!)
  }
}

/**
 * A workload file as data, with every error of the file at its place. Formulas and devices are looked at later, where the board is
 * known (compile.ts).
 */
export function parseWorkload(file: string, text: string): ParseResult {
  const { source, data } = parseYaml(file, text, workloadSchema)
  return data === null
    ? { parsed: null, diagnostics: source.diagnostics }
    : { parsed: { file, workload: data, spans: spansOf(source) }, diagnostics: [] }
}

/** A YAML file as the data of a schema; null with every error at its place in `source`. */
export function parseYaml<T>(
  file: string,
  text: string,
  schema: z.ZodType<T>,
): { source: WorkloadText; data: T | null } {
  const source = new WorkloadText(file, text.slice(0, LARGEST_FILE_CHARS))
  if (text.length > LARGEST_FILE_CHARS) {
    source.error(source.span(0, 0), 'workload-size', 'the file is larger than 1 MiB; split it into several')
    return { source, data: null }
  }
  for (const { pos, message } of source.document.errors) {
    source.error(
      source.span(pos[0], pos[1]),
      'yaml',
      `${message.split('\n')[0]!.replace(/\.?$/, '')}; mend the YAML here`,
    )
  }
  const value = source.diagnostics.length ? undefined : plainValue(source)
  if (value === undefined) return { source, data: null }
  const result = schema.safeParse(withoutExtensions(value))
  if (result.success) return { source, data: result.data }
  explainIssues(source, result.error.issues as z.core.$ZodIssue[], value)
  source.diagnostics.sort((a, b) => a.line - b.line || a.column - b.column)
  return { source, data: null }
}

function plainValue(source: WorkloadText): unknown {
  if (!isMap(source.document.contents)) {
    source.error(
      source.span(0, 0),
      'workload-type',
      'the file is not what is wanted here; begin it with "format: 1" and "name: …"',
    )
    return undefined
  }
  try {
    return source.document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    source.error(source.span(0, 0), 'yaml', `${(error as Error).message}; write the aliases out`)
    return undefined
  }
}

/** Keys that begin with x- belong to others. */
function withoutExtensions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutExtensions)
  if (value === null || typeof value !== 'object') return value
  const kept = Object.entries(value).filter(([key]) => !key.startsWith('x-'))
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutExtensions(inner)]))
}

function spansOf(source: WorkloadText): SpanIndex {
  const spans: SpanIndex = {}
  const visit = (value: unknown, path: PropertyKey[]): void => {
    spans[path.join('.')] = source.at(path)
    if (value === null || typeof value !== 'object') return
    for (const [key, inner] of Object.entries(value)) visit(inner, [...path, Array.isArray(value) ? Number(key) : key])
  }
  visit(source.document.toJS(), [])
  return spans
}
