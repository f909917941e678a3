import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Pair } from 'yaml'
import type { Span } from '@shared/diagnostics.ts'

/** Keys and indices from the root of a file. */
export type Path = (string | number)[]

/** A workload file as it stands under the cursor, however unfinished. */
export class Page {
  readonly document: Document
  private readonly lines = new LineCounter()

  constructor(
    readonly file: string,
    readonly text: string,
  ) {
    this.document = read(text, this.lines)
  }

  offset(line: number, column: number): number {
    const start = this.text.split('\n', line - 1).reduce((sum, each) => sum + each.length + 1, 0)
    return Math.min(this.text.length, start + column - 1)
  }

  span(from: number, to: number): Span {
    const [start, end] = [this.lines.linePos(from), this.lines.linePos(to)]
    return { file: this.file, line: start.line, column: start.col, endLine: end.line, endColumn: end.col }
  }

  node(path: Path): Node | null {
    return nodeAt(this.document, path)
  }
}

const read = (text: string, lineCounter?: LineCounter): Document =>
  parseDocument(text, { strict: false, uniqueKeys: false, ...(lineCounter ? { lineCounter } : {}) })

const nodeAt = (document: Document, path: Path): Node | null =>
  ((path.length ? document.getIn(path, true) : document.contents) as Node | undefined) ?? null

/** Where something is being written: a key of the map at `path`, or the value there. */
export interface Writing {
  kind: 'key' | 'value'
  path: Path
  /** The map, without what is being written. */
  keys: string[]
  /** Of each step of the path. */
  valueAt: (depth: number) => Node | null
  /** The word under the cursor; it is replaced. */
  from: number
  to: number
  /** A colon follows already. */
  hasValue: boolean
  inFlow: boolean
}

const MARK = 'mark_of_the_cursor'

/**
 * What the word under the cursor can be: a key, a value, or, where a map and a list are written alike until more is there, both. The file is
 * read again with a mark in place of the word, which makes most unfinished lines whole.
 */
export function writingsAt(text: string, offset: number): Writing[] {
  const before = /[\w@&/][\w@&/.-]*$/.exec(text.slice(0, offset))?.[0] ?? ''
  const after = /^[\w@&/.-]*/.exec(text.slice(offset))![0]
  const [from, to] = [offset - before.length, offset + after.length]
  const line = text.slice(text.lastIndexOf('\n', from - 1) + 1, from)
  if (/(^|\s)#/.test(line)) return []
  const hasValue = /^\s*:(\s|$)/.test(text.slice(to))
  const isAfterKey = /[\w'"]:\s+$/.test(line)
  const replace = (mark: string) => text.slice(0, from) + mark + text.slice(to)
  const found = [
    isAfterKey ? null : find(replace(hasValue ? MARK : `${MARK}: 0`), true),
    hasValue ? null : find(replace(MARK), false),
  ]
  const inFlow = /[{[][^}\]]*$/.test(line)
  return found.flatMap((one) => (one ? [{ ...one, from, to, hasValue, inFlow }] : []))
}

function find(text: string, isKey: boolean): Pick<Writing, 'kind' | 'path' | 'keys' | 'valueAt'> | null {
  const document = read(text)
  const path = pathOf(document.contents as Node | null, isKey)
  if (!path) return null
  // what is being written says nothing yet of what is meant
  const last = path.at(-1)
  const map = nodeAt(document, isKey ? path : path.slice(0, -1))
  if (isMap(map)) map.delete(isKey ? MARK : last)
  const keys = isMap(map) ? (map.items as Pair[]).map((pair) => String(pair.key)) : []
  return {
    kind: isKey ? 'key' : 'value',
    path,
    keys,
    valueAt: (depth) => (!isKey && depth === path.length ? null : nodeAt(document, path.slice(0, depth))),
  }
}

function pathOf(node: Node | Pair | null, isKey: boolean): Path | null {
  if (isScalar(node)) return !isKey && node.value === MARK ? [] : null
  if (isMap(node)) {
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      if (isKey && isScalar(pair.key) && pair.key.value === MARK) return []
      const inner = pathOf(pair.value, isKey)
      if (inner) return [String(pair.key), ...inner]
    }
  }
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const inner = pathOf((isPair(item) ? item.value : item) as Node | null, isKey)
      if (inner) return [index, ...inner]
    }
  }
  return null
}

/** The key or value that stands at an offset. */
export interface Standing {
  path: Path
  /** False: the cursor is on the key. */
  onValue: boolean
  from: number
  to: number
}

export function standingAt({ document }: Page, offset: number): Standing | null {
  const visit = (node: Node | null, path: Path): Standing | null => {
    if (isScalar(node)) return holds(node, offset) && path.length ? { path, onValue: true, ...rangeOf(node) } : null
    if (isMap(node))
      for (const pair of node.items as Pair<Node, Node | null>[]) {
        const inner = [...path, String(pair.key)]
        if (holds(pair.key, offset)) return { path: inner, onValue: false, ...rangeOf(pair.key) }
        const found = visit(pair.value, inner)
        if (found) return found
      }
    if (isSeq(node))
      for (const [index, item] of (node.items as Node[]).entries()) {
        const found = visit(item, [...path, index])
        if (found) return found
      }
    return null
  }
  return visit(document.contents as Node | null, [])
}

const rangeOf = (node: Node) => ({ from: node.range![0], to: node.range![1] })
const holds = (node: Node | null, offset: number): boolean =>
  !!node?.range && node.range[0] <= offset && offset <= node.range[1]
