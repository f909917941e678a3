import { decodeEscapes } from '../escape.ts'
import type { PpToken } from './token.ts'

/** `#if` arithmetic: 64-bit integers, signed unless a `u` makes them unsigned, as GNU cpp has them. */
interface Value {
  value: bigint
  unsigned: boolean
}

const fit = (value: bigint, unsigned: boolean): Value => ({
  value: unsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value),
  unsigned,
})
const truth = (condition: boolean): Value => ({ value: condition ? 1n : 0n, unsigned: false })

const levels: string[][] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
]
const maximumDepth = 200

class ConditionError extends Error {}

/** True or false; a string says what is wrong with the expression. Names that are left are zero. */
export function evaluateCondition(tokens: PpToken[]): boolean | string {
  const condition = new Condition(tokens)
  try {
    return condition.whole()
  } catch (error) {
    if (error instanceof ConditionError) return error.message
    throw error
  }
}

class Condition {
  private index = 0
  private depth = 0
  /** Above 0 inside a branch that does not count: there division by zero is no error. */
  private skipping = 0

  constructor(private readonly tokens: PpToken[]) {}

  whole(): boolean {
    if (this.tokens.length === 0) throw new ConditionError('#if needs an expression')
    const { value } = this.comma()
    if (this.index < this.tokens.length)
      throw new ConditionError(`'${this.tokens[this.index]!.text}' does not belong into this expression`)
    return value !== 0n
  }

  private take(text: string): boolean {
    if (this.tokens[this.index]?.text !== text || this.tokens[this.index]!.kind === 'string') return false
    this.index++
    return true
  }

  private comma(): Value {
    let value = this.conditional()
    while (this.take(',')) value = this.conditional()
    return value
  }

  private conditional(): Value {
    if (++this.depth > maximumDepth) throw new ConditionError('the expression nests too deep')
    const condition = this.binary(0)
    if (!this.take('?')) {
      this.depth--
      return condition
    }
    const chosen = condition.value !== 0n
    const whenTrue = this.maybe(chosen, () => this.comma())
    if (!this.take(':')) throw new ConditionError("'?' without ':'")
    const whenFalse = this.maybe(!chosen, () => this.conditional())
    this.depth--
    return fit((chosen ? whenTrue : whenFalse).value, whenTrue.unsigned || whenFalse.unsigned)
  }

  private maybe(counts: boolean, parse: () => Value): Value {
    if (!counts) this.skipping++
    const value = parse()
    if (!counts) this.skipping--
    return value
  }

  private binary(level: number): Value {
    const operators = levels[level]
    if (!operators) return this.unary()
    let left = this.binary(level + 1)
    for (;;) {
      const operator = this.tokens[this.index]?.text ?? ''
      if (!operators.includes(operator)) return left
      this.index++
      if (operator === '||' || operator === '&&') {
        const counts = operator === '||' ? left.value === 0n : left.value !== 0n
        const right = this.maybe(counts, () => this.binary(level + 1))
        left = truth(
          operator === '||' ? left.value !== 0n || right.value !== 0n : left.value !== 0n && right.value !== 0n,
        )
      } else left = this.apply(operator, left, this.binary(level + 1))
    }
  }

  private apply(operator: string, left: Value, right: Value): Value {
    if (operator === '<<' || operator === '>>') return shift(operator === '<<' ? right : fit(-right.value, false), left)
    const unsigned = left.unsigned || right.unsigned
    const [a, b] = [fit(left.value, unsigned).value, fit(right.value, unsigned).value]
    if ((operator === '/' || operator === '%') && b === 0n) {
      if (this.skipping) return fit(0n, unsigned)
      throw new ConditionError('division by zero in #if')
    }
    // prettier-ignore
    switch (operator) {
      case '==': return truth(a === b)
      case '!=': return truth(a !== b)
      case '<': return truth(a < b)
      case '>': return truth(a > b)
      case '<=': return truth(a <= b)
      case '>=': return truth(a >= b)
      case '|': return fit(a | b, unsigned)
      case '^': return fit(a ^ b, unsigned)
      case '&': return fit(a & b, unsigned)
      case '+': return fit(a + b, unsigned)
      case '-': return fit(a - b, unsigned)
      case '*': return fit(a * b, unsigned)
      case '/': return fit(a / b, unsigned)
      default: return fit(a % b, unsigned)
    }
  }

  private unary(): Value {
    if (++this.depth > maximumDepth) throw new ConditionError('the expression nests too deep')
    const value = this.operand()
    this.depth--
    return value
  }

  private operand(): Value {
    if (this.take('!')) return truth(this.unary().value === 0n)
    for (const operator of ['-', '+', '~']) {
      if (!this.take(operator)) continue
      const { value, unsigned } = this.unary()
      return fit(operator === '-' ? -value : operator === '~' ? ~value : value, unsigned)
    }
    if (this.take('(')) {
      const value = this.comma()
      if (!this.take(')')) throw new ConditionError("'(' without ')' in #if")
      return value
    }
    return this.literal()
  }

  private literal(): Value {
    const token = this.tokens[this.index++]
    if (!token) throw new ConditionError('#if ends in the middle of an expression')
    if (token.kind === 'number') return numberValue(token.text)
    if (token.kind === 'char') return charConstant(token.text)
    if (token.kind === 'name') return fit(0n, false)
    throw new ConditionError(`'${token.text}' does not belong into #if`)
  }
}

/** Shifts left by a count, right by a negative one. */
function shift(count: Value, left: Value): Value {
  const { value } = count
  if (value >= 0n) return value >= 64n ? fit(0n, left.unsigned) : fit(left.value << value, left.unsigned)
  return fit(left.value >> (-value >= 64n ? 64n : -value), left.unsigned)
}

function numberValue(text: string): Value {
  const match = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)([uUlL]*)$/.exec(text)
  const digits = match?.[1] ?? ''
  const isOctal = /^0\d+$/.test(digits)
  if (!match || !/^(u?l{0,2}|l{0,2}u?)$/i.test(match[2]!) || (isOctal && /[89]/.test(digits)))
    throw new ConditionError(`'${text}' is no integer that #if can use`)
  const value = BigInt(isOctal ? '0o' + digits.slice(1) : digits)
  return fit(value, /u/i.test(match[2]!) || value >= 2n ** 63n)
}

function charConstant(text: string): Value {
  const bytes = decodeEscapes(text.slice(text.startsWith('L') ? 2 : 1, -1), (message) => {
    throw new ConditionError(message)
  })
  if (bytes.length === 0) throw new ConditionError('empty character constant in #if')
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return bytes.length === 1 ? fit(BigInt.asIntN(8, value), false) : fit(BigInt.asIntN(32, value), false)
}
