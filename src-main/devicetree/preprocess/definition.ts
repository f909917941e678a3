import type { MacroDefinition, SourceText } from '../source.ts'
import type { LogicalText } from './logical.ts'
import { printTokens } from './print.ts'
import { isNameStart, nameEnd, PpReader, PpToken, skipBlanks } from './token.ts'

/** `#define`: names, parameters and bodies of macros, after the C standard and GNU cpp (named variadic arguments, `__VA_OPT__`). */
export class BodyToken extends PpToken {
  /** Index of the parameter it names; -1 for other tokens. */
  parameter = -1
  /** `#parameter` */
  stringify = false
  /** `##` follows. */
  paste = false
  /** What stands in the parentheses of `__VA_OPT__`. */
  optional: BodyToken[] | null = null
}

export interface Macro extends MacroDefinition {
  readonly variadic: boolean
  readonly tokens: readonly BodyToken[]
  /** The replacement holds no name that could expand further, and takes no arguments. */
  readonly isPlain: boolean
  /** A plain replacement as text. */
  readonly printed: string
  /** Built-in macros compute their replacement; null takes the name away. */
  builtin?: (host: BuiltinHost) => PpToken | null
}

/** What a built-in macro may ask: where it is used, and for a string in parentheses after it (`_Pragma`). */
export interface BuiltinHost {
  complain(message: string): void
  line(): number
  argument(): string | null
}

/** The rest of a `#define` line; a string is the complaint. `source` is null for `-D`. */
export function parseDefinition(
  source: LogicalText | null,
  text: string,
  start: number,
  end: number,
): ParsedMacro | string {
  const nameStart = skipBlanks(text, start, end)
  if (nameStart >= end) return '#define needs the name of a macro'
  if (!isNameStart(text.charCodeAt(nameStart))) {
    const { text: found } = new PpReader(text, nameStart, end).next()!
    return `'${found}' is no name for a macro; names begin with a letter or _`
  }
  const nameStop = nameEnd(text, nameStart)
  const name = text.slice(nameStart, nameStop)
  if (reserved.has(name)) return `'${name}' cannot be the name of a macro`
  let parameters: string[] | null = null
  let variadic = false
  let bodyStart = nameStop
  if (text.charCodeAt(nameStop) === 40 && nameStop < end) {
    const reader = new PpReader(text, nameStop + 1, end)
    const signature = parseParameters(reader)
    if (typeof signature === 'string') return signature
    ;({ parameters, variadic } = signature)
    bodyStart = reader.position
  }
  const macro = new ParsedMacro(name, parameters, variadic, source, nameStart, text, bodyStart, end)
  // most macros of a header are never used: their bodies are read when they are, unless there may be something to complain about
  return (variadic || hasPaste(text, bodyStart, end) ? macro.read() : null) ?? macro
}

function hasPaste(text: string, start: number, end: number): boolean {
  for (let at = start + 1; at < end; at++) if (text.charCodeAt(at) === 35 && text.charCodeAt(at - 1) === 35) return true
  return false
}

const reserved = new Set(['defined', '__has_include', '__has_include_next'])

export class ParsedMacro implements Macro {
  private body_: readonly BodyToken[] | null = null
  private plain: boolean | null = null
  private text_: string | null = null

  constructor(
    readonly name: string,
    readonly parameters: string[] | null,
    readonly variadic: boolean,
    private readonly source: LogicalText | null,
    private readonly nameStart: number,
    private readonly text: string,
    private readonly bodyStart: number,
    private readonly bodyEnd: number,
  ) {}

  get file(): SourceText | null {
    return this.source?.file ?? null
  }
  get start(): number {
    return this.source ? this.source.start(this.nameStart) : this.nameStart
  }
  get end(): number {
    const end = this.nameStart + this.name.length
    return this.source ? this.source.end(end) : end
  }
  get body(): string {
    return this.text.slice(this.bodyStart, this.bodyEnd).trim()
  }
  get tokens(): readonly BodyToken[] {
    if (!this.body_) this.read()
    return this.body_!
  }
  get isPlain(): boolean {
    return (this.plain ??= !this.parameters && this.tokens.every((token) => token.kind !== 'name' && !token.paste))
  }
  get printed(): string {
    return (this.text_ ??= printTokens(this.tokens, null))
  }

  /** Reads the body; a string is the complaint. */
  read(): string | null {
    const { parameters, variadic } = this
    const tokens = new PpReader(this.text, this.bodyStart, this.bodyEnd).all()
    const body = new BodyParser(tokens, parameters, variadic).run()
    if (typeof body === 'string') return body
    this.body_ = body
    return null
  }
}

type Signature = { parameters: string[]; variadic: boolean }

function parseParameters(reader: PpReader): Signature | string {
  const parameters: string[] = []
  const unfinished = "the parameters of this macro need names, commas and a ')'"
  for (;;) {
    const token = reader.next()
    if (token?.text === ')' && parameters.length === 0) return { parameters, variadic: false }
    if (token?.text === '...') {
      parameters.push('__VA_ARGS__')
      return reader.take(')') ? { parameters, variadic: true } : unfinished
    }
    if (token?.kind !== 'name') return unfinished
    if (parameters.includes(token.text)) return `parameter '${token.text}' appears twice`
    parameters.push(token.text)
    const after = reader.next()
    if (after?.text === ')') return { parameters, variadic: false }
    if (after?.text === '...') return reader.take(')') ? { parameters, variadic: true } : unfinished
    if (after?.text !== ',') return unfinished
  }
}

/** Finds parameters, `#`, `##` and `__VA_OPT__` in the tokens of a body. */
class BodyParser {
  private index = 0

  constructor(
    private readonly raw: PpToken[],
    private readonly parameters: string[] | null,
    private readonly variadic: boolean,
  ) {}

  run(): BodyToken[] | string {
    const body = this.sequence(false)
    if (typeof body !== 'string' && body[0]) body[0].white = false
    return body
  }

  /** Up to the end, or up to the parenthesis that closes a `__VA_OPT__`. */
  private sequence(isOptional: boolean): BodyToken[] | string {
    const body: BodyToken[] = []
    let depth = 0
    for (;;) {
      const token = this.raw[this.index]
      if (!token) return isOptional ? '__VA_OPT__( without )' : body
      this.index++
      if (isOptional && token.text === '(') depth++
      if (isOptional && token.text === ')' && depth-- === 0) return body
      if (token.text === '##') {
        const next = this.raw[this.index]
        const last = body.at(-1)
        if (!last || !next || (isOptional && next.text === ')' && depth === 0))
          return `'##' cannot stand at either end of a ${isOptional ? '__VA_OPT__' : 'macro'}`
        last.paste = true
        continue
      }
      const made = this.token(token, isOptional)
      if (typeof made === 'string') return made
      body.push(made)
    }
  }

  private token(token: PpToken, isOptional: boolean): BodyToken | string {
    const next = this.raw[this.index]
    if (token.text === '#' && this.parameters && next?.kind === 'name' && this.isOperand(next)) {
      this.index++
      const made = this.operand(next, isOptional)
      if (typeof made === 'string') return made
      made.white = token.white
      made.stringify = true
      return made
    }
    if (token.kind === 'name' && this.isOperand(token)) return this.operand(token, isOptional)
    return new BodyToken(token.kind, token.text, token.white)
  }

  private isOperand({ text }: PpToken): boolean {
    return (this.parameters?.includes(text) ?? false) || (this.variadic && text === '__VA_OPT__')
  }

  private operand(token: PpToken, isOptional: boolean): BodyToken | string {
    const made = new BodyToken(token.kind, token.text, token.white)
    made.parameter = this.parameters!.indexOf(token.text)
    if (made.parameter >= 0) return made
    if (isOptional) return '__VA_OPT__ cannot stand inside another one'
    if (this.raw[this.index]?.text !== '(') return "__VA_OPT__ needs a '(' after it"
    this.index++
    const optional = this.sequence(true)
    if (typeof optional === 'string') return optional
    if (optional[0]) optional[0].white = false
    made.optional = optional
    return made
  }
}

/** Two definitions of one name that mean the same. */
export function isSameMacro(a: Macro, b: Macro): boolean {
  return a.parameters?.join() === b.parameters?.join() && a.variadic === b.variadic && areSame(a.tokens, b.tokens)
}

function areSame(a: readonly BodyToken[], b: readonly BodyToken[]): boolean {
  const same = (x: BodyToken, y: BodyToken): boolean =>
    x.text === y.text &&
    x.white === y.white &&
    x.paste === y.paste &&
    x.stringify === y.stringify &&
    areSame(x.optional ?? [], y.optional ?? [])
  return a.length === b.length && a.every((token, index) => same(token, b[index]!))
}
