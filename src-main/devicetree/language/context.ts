/**
 * What stands around a place of a file, read from the text alone: an editor asks in the middle of a word, where no parser is happy. The
 * scan starts at the beginning of the file and keeps a stack of open nodes.
 */
export type Where = 'top' | 'name' | 'value' | 'cells' | 'bytes' | 'string' | 'comment' | 'directive'

export interface TextContext {
  where: Where
  /** Heads of the open nodes, outermost first: `/`, `&label`, `&{/path}`, `cam@50000000`. */
  chain: string[]
  /** Property whose value is being written; null outside of values. */
  property: string | null
  /** Of `cells`: how many cells or parenthesised expressions stand before the place, over the whole value. */
  cell: number
  /** Cells before the place inside this pair of brackets. */
  cellInGroup: number
  /** Of `cells`: the last reference of this group before the place, and how many cells stand after it. */
  reference: { target: string; cellsAfter: number } | null
  /** Of `string`: offset of the first character after the quote. */
  stringStart: number
  /** The word that ends at the place, and where it starts. */
  word: string
  wordStart: number
}

const isWord = (char: string | undefined): boolean => char !== undefined && /[\w,.+?#@-]/.test(char)
const directive = /#[ \t]*(?:include|define|undef|ifdef|ifndef|if|elif|else|endif|error|warning|pragma|line)\b/y

class Scanner {
  at = 0
  where: Where = 'top'
  chain: string[] = []
  property: string | null = null
  stringStart = 0
  cell = 0
  cellInGroup = 0
  reference: TextContext['reference'] = null
  /** Text of the statement so far, without comments: what names a node when `{` comes. */
  private head = ''

  constructor(
    private readonly text: string,
    private readonly end: number,
  ) {}

  run(): void {
    while (this.at < this.end) this.step()
  }

  private step(): void {
    const { text } = this
    const char = text[this.at]!
    if (char === '/' && text[this.at + 1] === '*') return this.skip('*/', 'comment')
    if (char === '/' && text[this.at + 1] === '/') return this.skip('\n', 'comment')
    if (char === '#' && this.isDirective()) return this.skipDirective()
    if (char === '"') return this.string()
    if (this.where === 'cells') return this.cells(char)
    if (this.where === 'bytes') {
      if (char === ']') this.where = 'value'
      this.at++
      return
    }
    this.structure(char)
  }

  private isDirective(): boolean {
    const before = this.text.slice(this.text.lastIndexOf('\n', this.at - 1) + 1, this.at)
    directive.lastIndex = this.at
    return before.trim() === '' && directive.test(this.text)
  }

  private skipDirective(): void {
    let end = this.text.indexOf('\n', this.at)
    while (end > 0 && this.text[end - 1] === '\\') end = this.text.indexOf('\n', end + 1)
    this.leave(end < 0 ? this.text.length : end, 'directive')
  }

  private skip(close: string, where: Where): void {
    const found = this.text.indexOf(close, this.at + 2)
    this.leave(found < 0 ? this.text.length + 1 : found + close.length - (close === '\n' ? 1 : 0), where)
  }

  /** Goes on behind `end`; when the place lies before that it is inside. */
  private leave(end: number, where: Where): void {
    if (end > this.end || (end === this.end && where !== 'comment')) this.where = where
    if (end === this.end && where === 'comment' && this.text[end] === '\n') this.where = where
    this.at = Math.max(end, this.at + 1)
  }

  private string(): void {
    const start = this.at + 1
    let end = start
    while (end < this.text.length && this.text[end] !== '"' && this.text[end] !== '\n')
      end += this.text[end] === '\\' ? 2 : 1
    if (end >= this.end) {
      this.where = 'string'
      this.stringStart = start
    }
    this.at = end + 1
  }

  private cells(char: string): void {
    if (char === '>') {
      this.where = 'value'
      this.at++
      return
    }
    if (char === ';' || char === '{' || char === '}') {
      this.where = 'value'
      return
    }
    if (/\s/.test(char)) {
      this.at++
      return
    }
    const end = this.cellEnd()
    // a word that goes up to the place is still being written
    if (end >= this.end && !(char === '(' && this.text[end - 1] === ')' && end === this.end)) {
      this.at = this.end
      return
    }
    this.countCell(this.text.slice(this.at, end))
    this.at = end
  }

  private countCell(text: string): void {
    if (/^\w+:$/.test(text)) return
    this.cell++
    this.cellInGroup++
    if (text.startsWith('&')) this.reference = { target: text.slice(1).replace(/^\{|\}$/g, ''), cellsAfter: 0 }
    else if (this.reference) this.reference.cellsAfter++
  }

  private cellEnd(): number {
    let at = this.at
    let open = 0
    for (; at < this.text.length; at++) {
      const char = this.text[at]!
      if (char === '(') open++
      else if (char === ')') open--
      if (open > 0 ? char === ';' : /[\s>;]/.test(char)) return at
      if (open === 0 && char === ')' && !/[\w(]/.test(this.text[at + 1] ?? '')) return at + 1
    }
    return at
  }

  private structure(char: string): void {
    this.at++
    if (char === '{') this.open()
    else if (char === '}') {
      this.chain.pop()
      this.endStatement()
    } else if (char === ';') this.endStatement()
    else if (char === '=' && this.where !== 'value') this.startValue()
    else if (char === '<' && this.where === 'value') {
      this.where = 'cells'
      this.cellInGroup = 0
      this.reference = null
    } else if (char === '[' && this.where === 'value') this.where = 'bytes'
    else this.head += char
  }

  private open(): void {
    const name = this.head.trim().split(/\s+/).at(-1) ?? ''
    this.chain.push(name.replace(/^.*:/, ''))
    this.endStatement()
  }

  private startValue(): void {
    this.property =
      this.head
        .trim()
        .split(/[\s:]+/)
        .at(-1) ?? ''
    this.where = 'value'
    this.cell = 0
  }

  private endStatement(): void {
    this.head = ''
    this.property = null
    this.where = this.chain.length ? 'name' : 'top'
  }
}

export function contextAt(text: string, offset: number): TextContext {
  const scanner = new Scanner(text, offset)
  scanner.run()
  let wordStart = offset
  const inString = scanner.where === 'string'
  const belongs = (char: string | undefined): boolean =>
    inString
      ? char !== undefined && !/["\s]/.test(char)
      : scanner.where === 'cells'
        ? /\w/.test(char ?? ' ')
        : isWord(char)
  while (wordStart > 0 && belongs(text[wordStart - 1])) wordStart--
  const { where, chain, property, cell, cellInGroup, reference, stringStart } = scanner
  return {
    where,
    chain: [...chain],
    property,
    cell,
    cellInGroup,
    reference,
    stringStart,
    word: text.slice(wordStart, offset),
    wordStart,
  }
}
