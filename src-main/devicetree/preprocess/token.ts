/**
 * Preprocessing tokens, after GNU cpp for assembler sources (the mode in which kernels preprocess devicetree). They are only made where
 * they are needed, for directives and around macro uses; all other text is copied as it is.
 */
export type PpKind = 'name' | 'number' | 'string' | 'char' | 'punctuation' | 'other' | 'placemarker'

export interface PpToken {
  kind: PpKind
  text: string
  /** White space before it. */
  white: boolean
  /** Whether a space goes before it, where expansion decided that instead (the name it replaces, the parameter); null: as `white` says. */
  space: boolean | null
  /** It begins or follows an expansion: print a space where it would otherwise fuse with the token before it. */
  pad: boolean
  /** A macro's name inside its own expansion: never expanded again. */
  noExpand: boolean
}

export const ppToken = (kind: PpKind, text: string, white = false): PpToken => ({
  kind,
  text,
  white,
  space: null,
  pad: false,
  noExpand: false,
})

const NAME = 1
const DIGIT = 2
const BLANK = 4
const classes = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code)
  if (/[A-Za-z_$]/.test(char)) classes[code]! |= NAME
  if (/\d/.test(char)) classes[code]! |= DIGIT
  if (/[ \t\n\r\f\v]/.test(char)) classes[code]! |= BLANK
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
    if (code === 92) end += text.charCodeAt(end + 1) === 13 && text.charCodeAt(end + 2) === 10 ? 2 : 1
  }
  return -1
}

/** Skips white space, comments and spliced lines; not past `limit`. */
export function skipBlanks(text: string, at: number, limit: number): number {
  while (at < limit) {
    const code = text.charCodeAt(at)
    if (isBlank(code)) at++
    else if (code === 47 && text.charCodeAt(at + 1) === 42) {
      const end = text.indexOf('*/', at + 2)
      at = end < 0 ? limit : end + 2
    } else if (code === 47 && text.charCodeAt(at + 1) === 47) {
      const end = text.indexOf('\n', at)
      at = end < 0 ? limit : end
    } else if (code === 92 && spliceLength(text, at)) at += spliceLength(text, at)
    else break
  }
  return Math.min(at, limit)
}

/** Length of a backslash with the line end it hides, 0 when it is another backslash. */
export function spliceLength(text: string, at: number): number {
  if (text.charCodeAt(at + 1) === 10) return 2
  return text.charCodeAt(at + 1) === 13 && text.charCodeAt(at + 2) === 10 ? 3 : 0
}

const longPunctuation = [
  '<<=',
  '>>=',
  '...',
  '##',
  '<<',
  '>>',
  '<=',
  '>=',
  '==',
  '!=',
  '&&',
  '||',
  '->',
  '++',
  '--',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
]

/** Reads tokens one by one out of a stretch of text. */
export class PpReader {
  constructor(
    private readonly text: string,
    public position: number,
    private readonly limit: number,
  ) {}

  next(): PpToken | null {
    const start = skipBlanks(this.text, this.position, this.limit)
    const white = start > this.position
    if (start >= this.limit) return null
    const { text } = this
    const code = text.charCodeAt(start)
    const [kind, end] = this.measure(code, start)
    this.position = Math.min(end, this.limit)
    return ppToken(kind, text.slice(start, this.position), white)
  }

  private measure(code: number, start: number): [PpKind, number] {
    const { text } = this
    if (isNameStart(code)) return ['name', nameEnd(text, start)]
    if (isDigit(code) || (code === 46 && isDigit(text.charCodeAt(start + 1)))) return ['number', numberEnd(text, start)]
    if (code === 34 || code === 39) {
      const end = literalEnd(text, start)
      return end < 0 ? ['other', start + 1] : [code === 34 ? 'string' : 'char', end]
    }
    const long = longPunctuation.find((candidate) => text.startsWith(candidate, start))
    if (long) return ['punctuation', start + long.length]
    return [code === 64 || code === 92 || code === 96 || code > 127 ? 'other' : 'punctuation', start + 1]
  }

  all(): PpToken[] {
    const tokens: PpToken[] = []
    for (let token = this.next(); token; token = this.next()) tokens.push(token)
    return tokens
  }
}

const fusesWithEqual = new Set(['=', '!', '>', '<', '+', '-', '*', '/', '%', '&', '|', '^', '>>', '<<'])
const fuses: Record<string, string> = {
  '>': '>',
  '<': '<%:',
  '+': '+',
  '-': '->',
  '/': '/*',
  '%': ':%',
  '&': '&',
  '|': '|',
  ':': ':>',
  '->': '*',
  '.': '.%',
  '#': '#%',
}

/** Whether printing `next` right after `previous` would make another token of them. */
export function wouldFuse(previous: PpToken, next: PpToken): boolean {
  const first = next.text.charAt(0)
  if (previous.kind === 'name') return next.kind !== 'punctuation' && next.kind !== 'other'
  if (previous.kind === 'number')
    return (
      next.kind === 'number' ||
      next.kind === 'name' ||
      next.kind === 'char' ||
      first === '.' ||
      first === '+' ||
      first === '-'
    )
  if (previous.kind === 'other') return previous.text === '\\' && next.kind === 'name'
  if (previous.kind !== 'punctuation') return false
  if (first === '=' && fusesWithEqual.has(previous.text)) return true
  if (previous.text === '.' && next.kind === 'number') return true
  return first !== '' && (fuses[previous.text]?.includes(first) ?? false)
}

export const hasSpace = (token: PpToken): boolean => token.space ?? token.white

/** The tokens as text, with the spaces that keep them apart. `previous` is the token printed before the first one. */
export function printTokens(tokens: PpToken[], previous: PpToken | null): string {
  let out = ''
  for (const token of tokens) {
    if (hasSpace(token) || (token.pad && previous && wouldFuse(previous, token))) out += ' '
    out += token.text
    previous = token
  }
  return out
}
