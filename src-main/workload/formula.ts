import { GiB, KiB, MiB } from '@shared/units.ts'

/**
 * Formulas of workload files: numbers with units, names, + - * / and parentheses, min, max, ceil, floor and align(value, to).
 * Sizes come out in bytes, times in microseconds. Nothing else is a formula, so nothing in a file can run code.
 */
export type Quantity = 'size' | 'time'

const UNITS: Record<Quantity, Record<string, number>> = {
  size: { '': 1, B: 1, K: KiB, KIB: KiB, KB: KiB, M: MiB, MIB: MiB, MB: MiB, G: GiB, GIB: GiB, GB: GiB },
  time: { '': 1, US: 1, MS: 1000, S: 1_000_000, MIN: 60_000_000 },
}

const FUNCTIONS: Record<string, (...values: number[]) => number> = {
  min: Math.min,
  max: Math.max,
  ceil: (value) => Math.ceil(value!),
  floor: (value) => Math.floor(value!),
  align: (value, to) => Math.ceil(value! / to!) * to!,
}

/** What is wrong with a formula, in words that end a sentence beginning with the formula. */
export class FormulaError extends Error {}

interface Token {
  kind: 'number' | 'name' | 'sign' | 'end'
  text: string
  value: number
}

function tokenize(text: string, quantity: Quantity): Token[] {
  const tokens: Token[] = []
  const pattern = /\s*(?:(0x[0-9a-f]+|\d+(?:\.\d+)?)([a-z]*)|([a-z_]\w*)|(.))/giy
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [, digits, unit, name, sign] = match
    if (digits !== undefined)
      tokens.push({ kind: 'number', text: digits, value: Number(digits) * unitOf(unit!, quantity) })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, value: 0 })
    else if (sign!.trim()) tokens.push({ kind: 'sign', text: sign!, value: 0 })
  }
  return [...tokens, { kind: 'end', text: '', value: 0 }]
}

function unitOf(unit: string, quantity: Quantity): number {
  const scale = UNITS[quantity][unit.toUpperCase()]
  if (scale !== undefined) return scale
  const known = quantity === 'size' ? 'K, M or G' : 'us, ms, s or min'
  throw new FormulaError(`has the unknown unit "${unit}"; write ${known}`)
}

/** Recursive descent over one formula; a member function for each level of precedence. */
class Reader {
  private at = 0
  constructor(
    private readonly tokens: Token[],
    private readonly names: Record<string, number>,
  ) {}

  whole(): number {
    const value = this.sum()
    if (this.peek().kind !== 'end')
      throw new FormulaError(`has "${this.peek().text}" where an operator or its end should be`)
    return value
  }

  private peek(): Token {
    return this.tokens[this.at]!
  }

  private take(sign: string): boolean {
    if (this.peek().kind !== 'sign' || this.peek().text !== sign) return false
    this.at++
    return true
  }

  private sum(): number {
    let value = this.product()
    for (;;) {
      if (this.take('+')) value += this.product()
      else if (this.take('-')) value -= this.product()
      else return value
    }
  }

  private product(): number {
    let value = this.operand()
    for (;;) {
      if (this.take('*')) value *= this.operand()
      else if (this.take('/')) value /= this.divisor()
      else return value
    }
  }

  private divisor(): number {
    const value = this.operand()
    if (value === 0) throw new FormulaError('divides by zero')
    return value
  }

  private operand(): number {
    const token = this.peek()
    this.at++
    if (token.kind === 'number') return token.value
    if (token.kind === 'name') return this.take('(') ? this.call(token.text) : this.parameter(token.text)
    if (token.text === '(') return this.closed(this.sum())
    this.at--
    throw new FormulaError(
      token.kind === 'end' ? 'ends too early' : `has "${token.text}" where a number or name should be`,
    )
  }

  private closed(value: number): number {
    if (!this.take(')')) throw new FormulaError('lacks a closing parenthesis')
    return value
  }

  private parameter(name: string): number {
    if (Object.hasOwn(this.names, name)) return this.names[name]!
    const known = Object.keys(this.names)
    throw new FormulaError(
      `uses "${name}", which is not defined; ${known.length ? `known: ${known.join(', ')}` : 'add it under parameters'}`,
    )
  }

  private call(name: string): number {
    const apply = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
    if (!apply)
      throw new FormulaError(`calls "${name}", which is no function; there are ${Object.keys(FUNCTIONS).join(', ')}`)
    const values = [this.sum()]
    while (this.take(',')) values.push(this.sum())
    const wanted = name === 'align' ? 2 : name === 'ceil' || name === 'floor' ? 1 : values.length
    if (values.length !== wanted) throw new FormulaError(`gives ${name} ${values.length} values; it takes ${wanted}`)
    return this.closed(apply(...values))
  }
}

/** Value of a formula; plain numbers are themselves. Throws FormulaError. */
export function evaluate(formula: number | string, quantity: Quantity, names: Record<string, number> = {}): number {
  const value = typeof formula === 'number' ? formula : new Reader(tokenize(formula, quantity), names).whole()
  if (!Number.isFinite(value) || value < 0)
    throw new FormulaError(`comes out as ${value}; it must be a number that is not negative`)
  if (value > 2 ** 53) throw new FormulaError('is too large')
  return value
}
