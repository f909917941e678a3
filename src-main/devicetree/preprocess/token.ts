/**
 * Preprocessing tokens, after GNU cpp for assembler sources (the mode in which kernels preprocess devicetree). They are only made where
 * they are needed, for directives and around macro uses; all other text is copied as it is.
 */
export type PpKind = 'name' | 'number' | 'string' | 'char' | 'punctuation' | 'other' | 'placemarker'

export class PpToken {
  /** Whether a space goes before it, where expansion decided that instead (the name it replaces, the parameter); null: as `white` says. */
  space: boolean | null = null
  /** It begins or follows an expansion: print a space where it would otherwise fuse with the token before it. */
  pad = false
  /** A macro's name inside its own expansion: never expanded again. */
  noExpand = false

  constructor(
    readonly kind: PpKind,
    readonly text: string,
    /** White space before it. */
    public white = false,
    /** Where it stands in its file; -1 in the body of a macro and for what was made. */
    readonly at = -1,
  ) {}

  copy(): PpToken {
    const copy = new PpToken(this.kind, this.text, this.white, this.at)
    copy.space = this.space
    copy.pad = this.pad
    copy.noExpand = this.noExpand
    return copy
  }

  /** It again, kept apart from what comes before; `space` as above. */
  padded(space: boolean | null): PpToken {
    const copy = this.copy()
    copy.space = space
    copy.pad = true
    return copy
  }

  withoutExpansion(): PpToken {
    const copy = this.copy()
    copy.noExpand = true
    return copy
  }
}

const NAME = 1
const DIGIT = 2
const BLANK = 4
const classes = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code)
  if (/[A-Za-z_]/.test(char)) classes[code]! |= NAME
  if (/\d/.test(char)) classes[code]! |= DIGIT
  if (/[ \t\n\r\f\v\0]/.test(char)) classes[code]! |= BLANK
}
export const isNameStart = (code: number): boolean => code < 128 && (classes[code]! & NAME) !== 0
export const isNamePart = (code: number): boolean => code < 128 && (classes[code]! & (NAME | DIGIT)) !== 0
export const isDigit = (code: number): boolean => code < 128 && (classes[code]! & DIGIT) !== 0
export const isBlank = (code: number): boolean => code < 128 && (classes[code]! & BLANK) !== 0

/** End of the name that starts at `at`. */
export function nameEnd(text: string, at: number): number {
  while (isNamePart(text.charCodeAt(at))) at++
  return at
}

/** End of the preprocessing number that starts at `at`: it swallows letters, dots and signed exponents. */
export function numberEnd(text: string, at: number): number {
  for (;;) {
    const code = text.charCodeAt(at)
    if (isNamePart(code) || code === 46) {
      const sign = text.charCodeAt(at + 1)
      const exponent = (code | 32) === 101 || (code | 32) === 112
      at += exponent && (sign === 43 || sign === 45) ? 2 : 1
    } else return at
  }
}

/** End of a string or character literal whose quote is at `at`; -1 when the line ends first. */
export function literalEnd(text: string, at: number): number {
  const quote = text.charCodeAt(at)
  for (let end = at + 1; end < text.length; end++) {
    const code = text.charCodeAt(end)
    if (code === quote) return end + 1
    if (code === 10) return -1
    if (code === 92 && text.charCodeAt(end + 1) !== 10) end++
  }
  return -1
}

/** End of the line that holds `at`: the offset of its line feed. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

/** Skips white space and comments; not past `limit`. */
export function skipBlanks(text: string, at: number, limit: number): number {
  while (at < limit) {
    const code = text.charCodeAt(at)
    if (isBlank(code)) at++
    else if (code === 47 && text.charCodeAt(at + 1) === 42) {
      const end = text.indexOf('*/', at + 2)
      at = end < 0 ? limit : end + 2
    } else if (code === 47 && text.charCodeAt(at + 1) === 47) at = lineEnd(text, at)
    else break
  }
  return Math.min(at, limit)
}

// prettier-ignore
const longPunctuation = ['<<=', '>>=', '...', '##', '<<', '>>', '<=', '>=', '==', '!=', '&&', '||', '->', '++', '--', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=']

/** Reads tokens one by one out of a stretch of text. */
export class PpReader {
  constructor(
    readonly text: string,
    public position: number,
    private readonly limit: number,
  ) {}

  next(): PpToken | null {
    const { text } = this
    const start = skipBlanks(text, this.position, this.limit)
    const white = start > this.position
    if (start >= this.limit) return null
    const code = text.charCodeAt(start)
    let kind: PpKind = 'punctuation'
    let end = start + 1
    if (isNameStart(code)) {
      kind = 'name'
      end = nameEnd(text, start)
      if (end === start + 1 && code === 76 && isQuote(text.charCodeAt(end)) && literalEnd(text, end) > 0) {
        kind = text.charCodeAt(end) === 34 ? 'string' : 'char'
        end = literalEnd(text, end)
      }
    } else if (isDigit(code) || (code === 46 && isDigit(text.charCodeAt(start + 1)))) {
      kind = 'number'
      end = numberEnd(text, start)
    } else if (isQuote(code)) {
      // without its partner a quote takes the rest of the line, as in assembler sources
      const closed = literalEnd(text, start)
      kind = closed < 0 ? 'other' : code === 34 ? 'string' : 'char'
      end = closed < 0 ? lineEnd(text, start) : closed
    } else {
      const long = longPunctuation.find((candidate) => text.startsWith(candidate, start))
      if (long) end = start + long.length
      else if (code === 36 || code === 64 || code === 92 || code === 96 || code > 127) kind = 'other'
    }
    this.position = Math.min(end, this.limit)
    return new PpToken(kind, text.slice(start, this.position), white, start)
  }

  /** Takes the next token when it is this punctuation. */
  take(text: string): boolean {
    const { position } = this
    if (this.next()?.text === text) return true
    this.position = position
    return false
  }

  all(): PpToken[] {
    const tokens: PpToken[] = []
    for (let token = this.next(); token; token = this.next()) tokens.push(token)
    return tokens
  }
}

export const isQuote = (code: number): boolean => code === 34 || code === 39
