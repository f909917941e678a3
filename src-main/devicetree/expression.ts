import type { U64 } from './ast.ts'
import { decodeEscapes } from './escape.ts'
import type { Parser } from './parser.ts'
import { operatorLevels, parseNumber, unaryOperators } from './u64.ts'

const ternary = -1
const maximumDepth = 200

/** Integer expressions of dtc's grammar, evaluated while they are read. Every method returns null after a syntax error. */
export class ExpressionParser {
  private depth = 0

  constructor(private readonly parser: Parser) {}

  /** A number, a character, or an expression in parentheses: what may stand in an array. */
  primary(): U64 | null {
    const { lexer } = this.parser
    const { kind, start, end } = lexer
    if (kind === 'number') {
      const text = lexer.value < 0 ? lexer.text : ''
      const value = lexer.value < 0 ? parseNumber(text) : lexer.value
      lexer.next()
      if (value === null)
        this.parser.error(
          start,
          end,
          'bad-number',
          `'${text}' is not a number of 64 bits; write it as 0x… or in decimal digits`,
        )
      return value ?? 0
    }
    if (kind === 'char') {
      const { text } = lexer
      lexer.next()
      return charValue(text, (message) => this.parser.error(start, end, 'bad-character', message))
    }
    if (this.parser.take('(')) return this.parenthesised(start)
    this.parser.expected('a number or (expression)')
    return null
  }

  private parenthesised(start: number): U64 | null {
    if (++this.depth > maximumDepth) {
      this.parser.error(start, start + 1, 'expression-depth', `parentheses nest more than ${maximumDepth} deep`)
      this.depth--
      return null
    }
    const value = this.expression(ternary)
    this.depth--
    if (value === null) return null
    return this.parser.expect(')', "')' to close the expression") ? value : null
  }

  private expression(level: number): U64 | null {
    if (level === ternary) return this.conditional()
    const operators = operatorLevels[level]
    if (!operators) return this.unary()
    const { lexer } = this.parser
    const { start } = lexer
    let left = this.expression(level + 1)
    while (
      left !== null &&
      (lexer.kind === 'punctuation' || lexer.kind === 'operator') &&
      Object.hasOwn(operators, lexer.text)
    ) {
      const operator = lexer.text
      lexer.next()
      const right = this.expression(level + 1)
      if (right === null) return null
      if ((operator === '/' || operator === '%') && !right) {
        this.parser.error(start, lexer.previousEnd, 'division-by-zero', 'division by zero')
        left = 0
      } else left = operators[operator]!(left, right)
    }
    return left
  }

  private conditional(): U64 | null {
    const condition = this.expression(ternary + 1)
    if (condition === null || !this.parser.take('?')) return condition
    const whenTrue = this.nested(() => this.conditional())
    if (whenTrue === null || !this.parser.expect(':', "':' of the conditional")) return null
    const whenFalse = this.nested(() => this.conditional())
    if (whenFalse === null) return null
    return condition ? whenTrue : whenFalse
  }

  private unary(): U64 | null {
    const { lexer } = this.parser
    const operator = lexer.kind === 'punctuation' ? unaryOperators[lexer.text] : undefined
    if (!operator) return this.primary()
    lexer.next()
    const value = this.nested(() => this.unary())
    return value === null ? null : operator(value)
  }

  private nested(parse: () => U64 | null): U64 | null {
    if (this.depth >= maximumDepth) {
      this.parser.error(
        this.parser.lexer.start,
        this.parser.lexer.end,
        'expression-depth',
        `the expression nests more than ${maximumDepth} deep`,
      )
      return null
    }
    this.depth++
    const value = parse()
    this.depth--
    return value
  }
}

/** Value of a character literal's inside; complaints go to `complain`. */
function charValue(inside: string, complain: (message: string) => void): number {
  const bytes = decodeEscapes(inside, complain)
  if (bytes.length === 0) complain('empty character literal; put one character between the quotes')
  else if (bytes.length > 1) complain(`character literal has ${bytes.length} characters instead of 1`)
  return bytes[0] ?? 0
}
