import type { SourceText } from '../source.ts'
import type { Macro } from './definition.ts'
import { LogicalText } from './logical.ts'
import { NameTable } from './name-table.ts'
import { isBlank, isDigit, isNameStart, isQuote, lineEnd, literalEnd, nameEnd, numberEnd, skipBlanks } from './token.ts'

/**
 * One pass over a file that does not depend on any macro: where its directives are, and which names stand in the text between them.
 * The result is kept with the file, so a header or .dtsi that a hundred boards include is scanned once. All offsets are into
 * `logical.text`.
 */
export interface ScannedFile {
  logical: LogicalText
  items: ScanItem[]
  names: string[]
  /** Where a name occurs, and which: index into `names`. */
  offsets: Int32Array
  indexes: Int32Array
  /** The comment that nothing closes. In text that counts the devicetree scanner meets it too, in a directive or a branch left out it does not. */
  openComment: { start: number; end: number; inDirective: boolean } | null
}

export interface TextBlock {
  kind: 'text'
  start: number
  end: number
  /** Its names: [first, last) of `offsets` and `indexes`. */
  first: number
  last: number
}

export interface Directive {
  kind: 'directive'
  name: string
  /** From `#` to the end of the line. */
  start: number
  end: number
  /** Where its arguments begin. */
  rest: number
  /** The macro that a `#define` defines, or what is wrong with it; null until it was read. */
  definition: Macro | string | null
}

export type ScanItem = TextBlock | Directive

// prettier-ignore
const directives = new Set([
  'define', 'undef', 'include', 'include_next', 'import', 'if', 'ifdef', 'ifndef', 'elif', 'elifdef', 'elifndef', 'else', 'endif',
  'error', 'warning', 'line', 'pragma', 'ident', 'sccs', 'assert', 'unassert', 'marker', '',
])

/** `# 12 "file"`, as another preprocessor leaves it. */
const marker = /#[ \t]+\d+[ \t]+"/y

const scanned = new WeakMap<SourceText, ScannedFile>()

export function scan(file: SourceText): ScannedFile {
  let result = scanned.get(file)
  if (!result) scanned.set(file, (result = new Scanner(new LogicalText(file)).run()))
  return result
}

class Scanner {
  private readonly items: ScanItem[] = []
  private readonly text: string
  private readonly table = new NameTable()
  private offsets = new Int32Array(256)
  private indexes = new Int32Array(256)
  private count = 0
  private position = 0
  private blockStart = 0
  private blockFirst = 0
  private openComment: ScannedFile['openComment'] = null

  constructor(private readonly logical: LogicalText) {
    this.text = logical.text
  }

  run(): ScannedFile {
    const { text, logical, items, table } = this
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
    const { offsets, indexes, openComment } = this
    return { logical, items, names: table.names, offsets, indexes, openComment }
  }

  /** At `/`: skips a comment. A block comment does not end the "beginning of a line". */
  private comment(): boolean {
    const next = this.text.charCodeAt(this.position + 1)
    if (next !== 42 && next !== 47) return false
    const end = next === 42 ? this.text.indexOf('*/', this.position + 2) : lineEnd(this.text, this.position)
    if (end < 0) this.openComment = { start: this.position, end: this.position + 2, inDirective: false }
    this.position = end < 0 ? this.text.length : next === 42 ? end + 2 : end
    return true
  }

  private token(code: number): void {
    const { text, position } = this
    if (isNameStart(code)) {
      const end = nameEnd(text, position)
      if (end === position + 1 && code === 76 && isQuote(text.charCodeAt(end)) && literalEnd(text, end) > 0)
        this.position = literalEnd(text, end)
      else {
        this.position = end
        this.occurrence(position, end)
      }
    } else if (isDigit(code) || (code === 46 && isDigit(text.charCodeAt(position + 1))))
      this.position = numberEnd(text, position)
    else if (isQuote(code)) {
      const end = literalEnd(text, position)
      this.position = end < 0 ? lineEnd(text, position) : end
    } else this.position++
  }

  private occurrence(start: number, end: number): void {
    if (this.count === this.offsets.length) {
      this.offsets = doubled(this.offsets)
      this.indexes = doubled(this.indexes)
    }
    this.offsets[this.count] = start
    this.indexes[this.count++] = this.table.indexOf(this.text, start, end)
  }

  /** At `#` that begins a line: a directive, unless its name is none (`#address-cells`): then it is text, as in assembler sources. */
  private directive(): boolean {
    const { text, position: start } = this
    const endOfLine = lineEnd(text, start)
    const nameStart = skipBlanks(text, start + 1, endOfLine)
    const rest = isNameStart(text.charCodeAt(nameStart)) ? nameEnd(text, nameStart) : nameStart
    marker.lastIndex = start
    const name = isDigit(text.charCodeAt(nameStart)) && marker.test(text) ? 'marker' : text.slice(nameStart, rest)
    if (!directives.has(name) || (name === '' && nameStart < endOfLine)) return false
    this.closeBlock(start)
    const end = this.directiveEnd(rest)
    this.items.push({ kind: 'directive', name, start, end, rest, definition: null })
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
      if (isQuote(code)) {
        const end = literalEnd(text, at)
        at = end < 0 ? lineEnd(text, at) : end
      } else if (code === 47 && text.charCodeAt(at + 1) === 42) {
        const end = text.indexOf('*/', at + 2)
        if (end < 0) this.openComment = { start: at, end: at + 2, inDirective: true }
        at = end < 0 ? text.length : end + 2
      } else if (code === 47 && text.charCodeAt(at + 1) === 47) return lineEnd(text, at)
      else at++
    }
    return text.length
  }

  private closeBlock(end: number): void {
    if (end > this.blockStart)
      this.items.push({ kind: 'text', start: this.blockStart, end, first: this.blockFirst, last: this.count })
    this.blockFirst = this.count
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(array.length * 2)
  grown.set(array)
  return grown
}
