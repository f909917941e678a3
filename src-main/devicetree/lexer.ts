import type { SourceText, Unit } from './source.ts'
import {
  AMPERSAND,
  APOSTROPHE,
  BACKSLASH,
  COLON,
  DIGIT,
  HASH,
  HEX,
  is,
  NAME,
  NEWLINE,
  QUOTE,
  SLASH,
  SPACE,
  STAR,
  WORD,
  WORD_START,
} from './characters.ts'
import { keywords, type TokenKind } from './token-kinds.ts'

/** What the scanner asks of whoever runs it. */
export interface LexerHost {
  /** Opens a file for `/include/`; null when it cannot be found (the host has said so). */
  include(name: string, from: SourceText, start: number, end: number): SourceText | null
  error(start: number, end: number, code: string, message: string): void
}

type State = 'initial' | 'value' | 'name' | 'bytes'

const maximumIncludeDepth = 200

interface Input {
  file: SourceText
  text: string
  position: number
  base: number
}

/**
 * Tokens of devicetree source, after dtc's scanner. As there, what a run of characters means depends on the state: after `{` and `;` a
 * word is a property or node name (`0x10` and `#size-cells` too), between `[` and `]` pairs of hex digits are bytes, elsewhere words
 * are numbers or labels. `/include/` is handled here; text it brings in is not preprocessed, as with dtc.
 * The current token stands in `kind`, `text`, `start`, `end`; `next()` moves on.
 */
export class Lexer {
  kind: TokenKind = 'end'
  /** What an ordinary number is worth (short, without suffix, not octal); -1 for all others. */
  value = -1
  start = 0
  end = 0
  /** End of the token before the current one. */
  previousEnd = 0

  private state: State = 'initial'
  private textOf = ''
  private textStart = 0
  private textEnd = 0
  private input: Input
  private readonly stack: Input[] = []

  constructor(
    private readonly unit: Unit,
    text: string,
    private readonly host: LexerHost,
  ) {
    this.input = { file: unit.entry, text, position: 0, base: 0 }
  }

  /** File in which the current token stands: the folder that `/incbin/` searches first. */
  get file(): SourceText {
    return this.stack.length ? this.input.file : this.unit.locate(this.start).file
  }

  next(): void {
    this.previousEnd = this.end
    for (;;) {
      this.skipBlanks()
      const { text, position, base } = this.input
      this.start = base + position
      if (position >= text.length) {
        if (this.popInput()) continue
        return this.accept('end', 0)
      }
      const code = text.charCodeAt(position)
      if (code === SLASH && text.startsWith('/include/', position) && this.pushInclude()) continue
      return this.scan(text, position, code)
    }
  }

  private scan(text: string, position: number, code: number): void {
    if (is(code, WORD_START)) {
      let end = position + 1
      while (is(text.charCodeAt(end), WORD)) end++
      if (text.charCodeAt(end) === COLON) return this.accept('label', end + 1 - position, 0, end - position)
    }
    if (this.state === 'name' && (is(code, NAME) || (code === BACKSLASH && is(text.charCodeAt(position + 1), NAME)))) {
      return this.scanName(text, position, code)
    }
    if (this.state === 'value' && is(code, DIGIT)) return this.scanNumber(text, position)
    if (this.state === 'bytes' && is(code, HEX) && is(text.charCodeAt(position + 1), HEX)) return this.accept('byte', 2)
    if (code === QUOTE && this.scanString(text, position)) return
    if (code === APOSTROPHE && this.scanChar(text, position)) return
    if (code === AMPERSAND && this.scanReference(text, position)) return
    if (code === SLASH && this.scanKeyword(text, position)) return
    this.scanOperator(text, position, code)
  }

  private scanName(text: string, position: number, code: number): void {
    let end = position + 1
    while (is(text.charCodeAt(end), NAME)) end++
    this.state = 'value'
    this.accept('name', end - position, code === BACKSLASH ? 1 : 0)
  }

  private scanNumber(text: string, position: number): void {
    let end = position
    let value = 0
    const isHex =
      text.charCodeAt(position) === 48 &&
      (text.charCodeAt(position + 1) | 32) === 120 &&
      is(text.charCodeAt(position + 2), HEX)
    if (isHex) {
      for (end = position + 2; is(text.charCodeAt(end), HEX); end++) {
        const code = text.charCodeAt(end)
        value = value * 16 + (code < 58 ? code - 48 : (code | 32) - 87)
      }
    } else for (; is(text.charCodeAt(end), DIGIT); end++) value = value * 10 + text.charCodeAt(end) - 48
    const isOrdinary = end - position < 13 && (isHex || end === position + 1 || text.charCodeAt(position) !== 48)
    const digits = end
    if (text.startsWith('ULL', end)) end += 3
    else if (text.startsWith('UL', end) || text.startsWith('LL', end)) end += 2
    else if (text.startsWith('U', end) || text.startsWith('L', end)) end += 1
    this.accept('number', end - position)
    this.value = isOrdinary && end === digits ? value : -1
  }

  private scanString(text: string, position: number): boolean {
    for (let end = position + 1; end < text.length; end++) {
      const code = text.charCodeAt(end)
      if (code === BACKSLASH && text.charCodeAt(end + 1) !== NEWLINE) end++
      else if (code === BACKSLASH) return this.unterminated(text, position, 'string', '"')
      else if (code === QUOTE) {
        this.accept('string', end + 1 - position, 1, end - position)
        return true
      }
    }
    return this.unterminated(text, position, 'string', '"')
  }

  /** dtc's pattern is greedy: a quote after a backslash may end the literal or be part of it, and the longest reading wins. */
  private scanChar(text: string, position: number): boolean {
    let end = -1
    for (let at = position + 1; at < text.length; at++) {
      if (text.charCodeAt(at) !== APOSTROPHE) continue
      end = at
      if (at === position + 1 || text.charCodeAt(at - 1) !== BACKSLASH) break
    }
    if (end < 0) return this.unterminated(text, position, 'character literal', "'")
    this.accept('char', end + 1 - position, 1, end - position)
    return true
  }

  /** Says so, and takes the rest of the line as the literal, so that parsing goes on. */
  private unterminated(text: string, position: number, what: string, quote: string): boolean {
    const newline = text.indexOf('\n', position)
    const end = newline < 0 ? text.length : newline
    this.accept(what === 'string' ? 'string' : 'char', end - position, 1)
    this.host.error(this.start, this.end, 'unterminated-literal', `unterminated ${what}; close it with ${quote}`)
    return true
  }

  private scanReference(text: string, position: number): boolean {
    let end = position + 1
    if (is(text.charCodeAt(end), WORD_START)) {
      while (is(text.charCodeAt(end), WORD)) end++
      this.accept('reference', end - position, 1)
      return true
    }
    if (text[end] !== '{') return false
    end++
    if (text[end] !== '/' && !is(text.charCodeAt(end), WORD_START)) return false
    while (is(text.charCodeAt(end), NAME) || text.charCodeAt(end) === SLASH) end++
    if (text[end] !== '}') return false
    this.accept('path-reference', end + 1 - position, 2, end - position)
    return true
  }

  private scanKeyword(text: string, position: number): boolean {
    const keyword = keywords.find((candidate) => text.startsWith(candidate, position))
    if (!keyword) return false
    // `/incbin/` is a keyword only where values stand
    if (keyword === '/incbin/' && this.state !== 'value' && this.state !== 'initial') return false
    if (keyword === '/dts-v1/' || keyword === '/memreserve/' || keyword === '/bits/') this.state = 'value'
    else if (keyword.startsWith('/delete') || keyword.startsWith('/omit')) this.state = 'name'
    this.accept(keyword, keyword.length)
    return true
  }

  private scanOperator(text: string, position: number, code: number): void {
    const next = text.charCodeAt(position + 1)
    const isDouble = next === code && (code === 38 || code === 124 || code === 60 || code === 62 || code === 61)
    const isWithEqual = next === 61 && (code === 60 || code === 62 || code === 33)
    if (isDouble || isWithEqual) return this.accept('operator', 2)
    const char = text[position]!
    if (char === '[') this.state = 'bytes'
    else if (char === '{' || char === ';') this.state = 'name'
    else if (char === ']' && this.state === 'bytes') this.state = 'value'
    this.accept('punctuation', code >= 0xd800 && code < 0xdc00 ? 2 : 1, 0, 1)
  }

  /** Takes `length` characters as a token whose text is text[from, to) of them. */
  private accept(kind: TokenKind, length: number, from = 0, to = length): void {
    const { position } = this.input
    this.kind = kind
    this.textOf = this.input.text
    this.textStart = position + from
    this.textEnd = position + to
    this.input.position = position + length
    this.end = this.start + length
  }

  /** The token without what marks it: the inside of a string, the name of a label. */
  get text(): string {
    return this.textOf.slice(this.textStart, this.textEnd)
  }

  /** Begins where a top-level item begins. */
  startAt(position: number): void {
    this.input.position = position
    this.end = position
    this.state = 'name'
  }

  /** After a forgotten semicolon: reads the current token again, as the name that begins the next statement. */
  rescanAsName(): void {
    const { previousEnd } = this
    this.state = 'name'
    this.input.position = this.start - this.input.base
    this.next()
    this.previousEnd = previousEnd
  }

  private skipBlanks(): void {
    const { text } = this.input
    let { position } = this.input
    for (;;) {
      const code = text.charCodeAt(position)
      if (is(code, SPACE)) position++
      else if (code === SLASH && text.charCodeAt(position + 1) === STAR) {
        const end = text.indexOf('*/', position + 2)
        if (end < 0) {
          const at = this.input.base + position
          this.host.error(at, at + 2, 'unterminated-comment', 'unterminated comment; close it with */')
          position = text.length
        } else position = end + 2
      } else if (code === SLASH && text.charCodeAt(position + 1) === SLASH) {
        const end = text.indexOf('\n', position)
        position = end < 0 ? text.length : end + 1
      } else if (code === HASH && isLineMarker(text, position)) {
        const end = text.indexOf('\n', position)
        position = end < 0 ? text.length : end
      } else break
    }
    this.input.position = position
  }

  /** `/include/ "file"` at the current position: true when it was one, and reading continues in that file. */
  private pushInclude(): boolean {
    const { text, position, base, file } = this.input
    const match = /\/include\/\s*"((?:[^\\"]|\\.)*)"/y
    match.lastIndex = position
    const found = match.exec(text)
    if (!found) return false
    this.input.position = match.lastIndex
    const [start, end] = [base + position, base + match.lastIndex]
    if (this.stack.length >= maximumIncludeDepth) {
      this.host.error(
        start,
        end,
        'include-depth',
        `includes nest more than ${maximumIncludeDepth} deep; a file seems to include itself`,
      )
      return true
    }
    const from = this.stack.length ? file : this.unit.locate(start).file
    const included = this.host.include(found[1]!, from, start, end)
    if (!included) return true
    this.stack.push(this.input)
    this.input = {
      file: included,
      text: included.text,
      position: 0,
      base: this.unit.append(included, 0, included.text.length + 1),
    }
    return true
  }

  private popInput(): boolean {
    const outer = this.stack.pop()
    if (!outer) return false
    this.input = outer
    return true
  }
}

/** `# 12 "file"` or `#line 12 "file"` at the beginning of a line: left by another preprocessor. */
function isLineMarker(text: string, position: number): boolean {
  if (position > 0 && text.charCodeAt(position - 1) !== NEWLINE) return false
  const match = /#(?:line)?[ \t]+\d+[ \t]+"(?:[^\\"\n]|\\.)*"(?:[ \t]+\d+)*/y
  match.lastIndex = position
  return match.test(text)
}
