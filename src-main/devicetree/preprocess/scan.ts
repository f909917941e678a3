import type { SourceText } from '../source.ts'
import { isBlank, isDigit, isNameStart, literalEnd, nameEnd, numberEnd, skipBlanks, spliceLength } from './token.ts'

/**
 * One pass over a file that does not depend on any macro: where its directives are, and which names stand in the text between them.
 * The result is kept with the file, so a header or .dtsi that a hundred boards include is scanned once.
 */
export interface TextBlock {
  kind: 'text'
  start: number
  end: number
  /** The different names in it. */
  names: string[]
  /** Pairs: offset of an occurrence, index into `names`; -1 for a spliced line, which has to go. */
  occurrences: number[]
}

export interface Directive {
  kind: 'directive'
  name: string
  /** From `#` to the end of the (spliced) line. */
  start: number
  end: number
  nameStart: number
  /** Where its arguments begin. */
  rest: number
}

export type ScanItem = TextBlock | Directive

const directives = new Set([
  'define',
  'undef',
  'include',
  'include_next',
  'import',
  'if',
  'ifdef',
  'ifndef',
  'elif',
  'elifdef',
  'elifndef',
  'else',
  'endif',
  'error',
  'warning',
  'line',
  'pragma',
  'ident',
  'sccs',
  'assert',
  'unassert',
  'marker',
  '',
])

const scanned = new WeakMap<SourceText, ScanItem[]>()

export function scan(file: SourceText): ScanItem[] {
  let items = scanned.get(file)
  if (!items) scanned.set(file, (items = new Scanner(file.text).run()))
  return items
}

class Scanner {
  private readonly items: ScanItem[] = []
  private position = 0
  private blockStart = 0
  private names: string[] = []
  private indexes = new Map<string, number>()
  private occurrences: number[] = []

  constructor(private readonly text: string) {}

  run(): ScanItem[] {
    const { text } = this
    let lineStart = true
    while (this.position < text.length) {
      const code = text.charCodeAt(this.position)
      if (code === 10) {
        lineStart = true
        this.position++
      } else if (isBlank(code)) this.position++
      else if (code === 35 && lineStart && this.directive()) continue
      else if (code === 47 && this.comment()) continue
      else {
        lineStart = false
        this.token(code)
      }
    }
    this.closeBlock(text.length)
    return this.items
  }

  /** At `/`: skips a comment. A block comment does not end the "beginning of a line". */
  private comment(): boolean {
    const next = this.text.charCodeAt(this.position + 1)
    if (next !== 42 && next !== 47) return false
    const end = next === 42 ? this.text.indexOf('*/', this.position + 2) : this.lineEnd(this.position)
    this.position = end < 0 ? this.text.length : next === 42 ? end + 2 : end
    return true
  }

  private token(code: number): void {
    const { text, position } = this
    if (isNameStart(code)) {
      this.position = nameEnd(text, position)
      this.occurrence(text.slice(position, this.position), position)
    } else if (isDigit(code) || (code === 46 && isDigit(text.charCodeAt(position + 1))))
      this.position = numberEnd(text, position)
    else if (code === 34 || code === 39) this.literal(position)
    else if (code === 92 && spliceLength(text, position)) this.splice(position)
    else this.position++
  }

  private literal(position: number): void {
    const end = literalEnd(this.text, position)
    for (let at = this.text.indexOf('\\', position); at >= 0 && at < end; at = this.text.indexOf('\\', at + 2))
      if (spliceLength(this.text, at)) this.occurrences.push(at, -1)
    this.position = end < 0 ? position + 1 : end
  }

  private splice(position: number): void {
    this.occurrences.push(position, -1)
    this.position = position + spliceLength(this.text, position)
  }

  private occurrence(name: string, at: number): void {
    let index = this.indexes.get(name)
    if (index === undefined) {
      index = this.names.push(name) - 1
      this.indexes.set(name, index)
    }
    this.occurrences.push(at, index)
  }

  /** At `#` that begins a line: a directive, unless its name is none (`#address-cells`): then it is text, as in assembler sources. */
  private directive(): boolean {
    const start = this.position
    const lineEnd = this.lineEnd(start)
    const nameStart = skipBlanks(this.text, start + 1, lineEnd)
    const afterName = isNameStart(this.text.charCodeAt(nameStart)) ? nameEnd(this.text, nameStart) : nameStart
    const isMarker = /[ \t]+\d+[ \t]+"/y
    isMarker.lastIndex = start + 1
    const name = isMarker.test(this.text) ? 'marker' : this.text.slice(nameStart, afterName)
    if (!directives.has(name) || (name === '' && nameStart < lineEnd)) return false
    this.closeBlock(start)
    const end = this.directiveEnd(afterName)
    this.items.push({ kind: 'directive', name, start, end, nameStart, rest: afterName })
    this.position = end
    this.blockStart = end
    return true
  }

  /** A block comment may carry a directive over several lines. */
  private directiveEnd(at: number): number {
    const { text } = this
    while (at < text.length) {
      const code = text.charCodeAt(at)
      if (code === 10) return at
      if (code === 92) at += spliceLength(text, at) || 1
      else if (code === 34 || code === 39) at = Math.max(literalEnd(text, at), at + 1)
      else if (code === 47 && text.charCodeAt(at + 1) === 42) {
        const end = text.indexOf('*/', at + 2)
        at = end < 0 ? text.length : end + 2
      } else if (code === 47 && text.charCodeAt(at + 1) === 47) return this.lineEnd(at)
      else at++
    }
    return text.length
  }

  private lineEnd(at: number): number {
    for (;;) {
      const end = this.text.indexOf('\n', at)
      if (end < 0) return this.text.length
      const before = this.text.charCodeAt(end - 1) === 13 ? end - 2 : end - 1
      if (this.text.charCodeAt(before) !== 92) return end
      at = end + 1
    }
  }

  private closeBlock(end: number): void {
    if (end > this.blockStart) {
      const { names, occurrences } = this
      this.items.push({ kind: 'text', start: this.blockStart, end, names, occurrences })
    }
    this.names = []
    this.indexes = new Map()
    this.occurrences = []
  }
}
