import type { AstBytes, AstCells, AstProperty, AstValuePart } from './ast.ts'
import { decodeEscapes } from './escape.ts'
import type { Parser } from './parser.ts'
import { fits } from './u64.ts'

/** The value of a property: strings, arrays, byte strings, references, files, with labels between them. False after a syntax error. */
export function parseValue(parser: Parser, property: AstProperty): boolean {
  const { lexer } = parser
  const parts: AstValuePart[] = []
  property.parts = parts
  for (;;) {
    takeLabels(parser, parts)
    const part = parsePart(parser, parts)
    if (!part) return false
    takeLabels(parser, parts)
    if (lexer.kind === 'punctuation' && lexer.text === ',') lexer.next()
    else break
  }
  // exactly as long as it is: there are many, and they stay
  property.parts = parts.slice()
  return true
}

function takeLabels(parser: Parser, parts: AstValuePart[]): void {
  for (const label of parser.labels()) parts.push({ kind: 'label', ...label })
}

function parsePart(parser: Parser, parts: AstValuePart[]): boolean {
  const { lexer } = parser
  const { kind, start, end } = lexer
  if (kind === 'string') {
    const { text } = lexer
    lexer.next()
    const bytes = decodeEscapes(text, (message) => parser.error(start, end, 'bad-escape', message))
    parts.push({ kind: 'string', bytes, start, end })
    return true
  }
  if (kind === 'reference' || kind === 'path-reference') {
    parts.push(parser.reference())
    return true
  }
  if (parser.at('<') || kind === '/bits/') return parseCells(parser, parts)
  if (parser.at('[')) return parseBytes(parser, parts)
  if (kind === '/incbin/') return parseIncbin(parser, parts)
  parser.expected('a value: "text", <cells>, [bytes], &reference or /incbin/("file")')
  return false
}

function parseCells(parser: Parser, parts: AstValuePart[]): boolean {
  const { start } = parser.lexer
  const cells: AstCells = { kind: 'cells', bits: 32, elements: [], start, end: start }
  parts.push(cells)
  if (parser.take('/bits/') && !parseBits(parser, cells)) return false
  if (!parser.expect('<', "'<'")) return false
  const complete = parseElements(parser, cells.bits)
  cells.elements = elements.slice()
  cells.end = parser.lexer.end
  return complete && parser.expect('>', "a number, a reference or '>' to close the array")
}

function parseBits(parser: Parser, cells: AstCells): boolean {
  const { kind, text, start, end } = parser.lexer
  if (kind !== 'number') {
    parser.expected('8, 16, 32 or 64')
    return false
  }
  parser.lexer.next()
  const bits = Number(text.replace(/[UL]+$/, ''))
  if (bits === 8 || bits === 16 || bits === 32 || bits === 64) cells.bits = bits
  else parser.error(start, end, 'bad-bits', `array elements must be 8, 16, 32 or 64 bits, not ${text}`)
  return true
}

/** The elements of the array under work. One for all: arrays do not nest. */
const elements: AstCells['elements'] = []

function parseElements(parser: Parser, bits: AstCells['bits']): boolean {
  const { lexer } = parser
  elements.length = 0
  for (;;) {
    const { kind, start, end } = lexer
    if (kind === 'number' || kind === 'char' || (kind === 'punctuation' && lexer.text === '(')) {
      const value = parser.expressions.primary()
      if (value === null) return false
      elements.push(value)
      if (!fits(value, bits))
        parser.error(
          start,
          lexer.previousEnd,
          'value-range',
          `value 0x${value.toString(16)} is out of range for ${bits === 8 ? 'an' : 'a'} ${bits}-bit array element`,
        )
    } else if (kind === 'reference' || kind === 'path-reference') {
      if (bits !== 32)
        parser.error(start, end, 'bad-reference', 'references are only allowed in arrays with 32-bit elements')
      elements.push(parser.reference())
    } else if (kind === 'label') {
      elements.push({ kind: 'label', name: lexer.text, start, end: end - 1 })
      lexer.next()
    } else return true
  }
}

function parseBytes(parser: Parser, parts: AstValuePart[]): boolean {
  const { lexer } = parser
  const bytes: number[] = []
  const part: AstBytes = { kind: 'bytes', bytes: new Uint8Array(), labels: [], start: lexer.start, end: lexer.start }
  lexer.next()
  while (lexer.kind === 'byte' || lexer.kind === 'label') {
    if (lexer.kind === 'byte') bytes.push(parseInt(lexer.text, 16))
    else part.labels.push({ kind: 'label', name: lexer.text, start: lexer.start, end: lexer.end - 1, at: bytes.length })
    lexer.next()
  }
  part.bytes = Uint8Array.from(bytes)
  part.end = lexer.end
  parts.push(part)
  return parser.expect(']', "two hex digits or ']' to close the byte string")
}

/** `/incbin/("file")` or `/incbin/("file", offset, length)`. */
function parseIncbin(parser: Parser, parts: AstValuePart[]): boolean {
  const { lexer, expressions } = parser
  const { start, file } = lexer
  lexer.next()
  if (!parser.expect('(', "'('")) return false
  if (lexer.kind !== 'string') {
    parser.expected('the name of the file in quotes')
    return false
  }
  const path = lexer.text
  const [pathStart, pathEnd] = [lexer.start, lexer.end]
  lexer.next()
  let from = 0
  let length = Infinity
  if (parser.take(',')) {
    const offset = expressions.primary()
    if (offset === null || !parser.expect(',', "',' and the length")) return false
    const count = expressions.primary()
    if (count === null) return false
    from = Number(offset)
    length = Number(count)
  }
  const { end } = lexer
  const content = parser.host.incbin(path, file)
  if (!content) parser.error(pathStart, pathEnd, 'incbin-not-found', `cannot find "${path}"; add its folder with -i`)
  parts.push({
    kind: 'incbin',
    path,
    bytes: (content ?? new Uint8Array()).slice(from, from + length),
    start,
    end,
  })
  return parser.expect(')', "')'")
}
