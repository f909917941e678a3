import type { AstBytes, AstCells, AstProperty } from './ast.ts'
import { decodeEscapes } from './escape.ts'
import type { Parser } from './parser.ts'
import { fits } from './u64.ts'

/** The value of a property: strings, arrays, byte strings, references, files, with labels between them. False after a syntax error. */
export function parseValue(parser: Parser, property: AstProperty): boolean {
  const { lexer } = parser
  for (;;) {
    takeLabels(parser, property)
    if (!parsePart(parser, property)) return false
    takeLabels(parser, property)
    if (lexer.kind === 'punctuation' && lexer.text === ',') lexer.next()
    else return true
  }
}

function takeLabels(parser: Parser, property: AstProperty): void {
  for (const label of parser.labels()) property.parts.push({ kind: 'label', ...label })
}

function parsePart(parser: Parser, property: AstProperty): boolean {
  const { lexer } = parser
  const { kind, text, start, end } = lexer
  if (kind === 'string') {
    lexer.next()
    const bytes = decodeEscapes(text, (message) => parser.error(start, end, 'bad-escape', message))
    property.parts.push({ kind: 'string', bytes, start, end })
    return true
  }
  if (kind === 'reference' || kind === 'path-reference') {
    property.parts.push(parser.reference())
    return true
  }
  if (parser.at('<') || kind === '/bits/') return parseCells(parser, property)
  if (parser.at('[')) return parseBytes(parser, property)
  if (kind === '/incbin/') return parseIncbin(parser, property)
  parser.expected('a value: "text", <cells>, [bytes], &reference or /incbin/("file")')
  return false
}

function parseCells(parser: Parser, property: AstProperty): boolean {
  const { start } = parser.lexer
  const cells: AstCells = { kind: 'cells', bits: 32, elements: [], start, end: start }
  property.parts.push(cells)
  if (parser.take('/bits/') && !parseBits(parser, cells)) return false
  if (!parser.expect('<', "'<'")) return false
  const complete = parseElements(parser, cells)
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

function parseElements(parser: Parser, cells: AstCells): boolean {
  const { lexer } = parser
  for (;;) {
    const { kind, start, end } = lexer
    if (kind === 'number' || kind === 'char' || (kind === 'punctuation' && lexer.text === '(')) {
      const value = parser.expressions.primary()
      if (value === null) return false
      cells.elements.push({ kind: 'cell', value, start, end: lexer.previousEnd })
      if (!fits(value, cells.bits))
        parser.error(
          start,
          lexer.previousEnd,
          'value-range',
          `value 0x${value.toString(16)} is out of range for ${cells.bits === 8 ? 'an' : 'a'} ${cells.bits}-bit array element`,
        )
    } else if (kind === 'reference' || kind === 'path-reference') {
      if (cells.bits !== 32)
        parser.error(start, end, 'bad-reference', 'references are only allowed in arrays with 32-bit elements')
      cells.elements.push(parser.reference())
    } else if (kind === 'label') {
      cells.elements.push({ kind: 'label', name: lexer.text, start, end: end - 1 })
      lexer.next()
    } else return true
  }
}

function parseBytes(parser: Parser, property: AstProperty): boolean {
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
  property.parts.push(part)
  return parser.expect(']', "two hex digits or ']' to close the byte string")
}

/** `/incbin/("file")` or `/incbin/("file", offset, length)`. */
function parseIncbin(parser: Parser, property: AstProperty): boolean {
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
  property.parts.push({
    kind: 'incbin',
    path,
    bytes: (content ?? new Uint8Array()).slice(from, from + length),
    start,
    end,
  })
  return parser.expect(')', "')'")
}
