import type { MacroDefinition, SourceText } from '../source.ts'
import { hasSpace, PpReader, type PpToken, ppToken, printTokens } from './token.ts'

/** Macro definitions and their expansion, after the C standard and GNU cpp (named variadic arguments, `, ## __VA_ARGS__`). */
export interface BodyToken extends PpToken {
  /** Index of the parameter it names; -1 for other tokens. */
  parameter: number
  /** `#parameter` */
  stringify: boolean
  /** `##` follows. */
  paste: boolean
}

export interface Macro extends MacroDefinition {
  readonly variadic: boolean
  readonly tokens: BodyToken[]
  /** The replacement, when it holds no name that could expand further; null otherwise. */
  readonly plain: PpToken[] | null
  /** Built-in macros compute their replacement. */
  builtin?: (at: { file: SourceText; offset: number }) => PpToken
}

/** The rest of a `#define` line; a string is the complaint. */
export function parseDefinition(file: SourceText | null, text: string, start: number, end: number): Macro | string {
  const reader = new PpReader(text, start, end)
  const name = reader.next()
  if (!name) return '#define needs the name of a macro'
  if (name.kind !== 'name') return `'${name.text}' is no name for a macro; names begin with a letter or _`
  if (name.text === 'defined' || name.text === '__VA_ARGS__') return `'${name.text}' cannot be the name of a macro`
  const nameStart = reader.position - name.text.length
  const signature = text.charAt(reader.position) === '(' && reader.position < end ? parseParameters(reader) : null
  if (typeof signature === 'string') return signature
  const parameters = signature?.parameters ?? null
  const bodyStart = reader.position
  // most macros of a header are never used: their bodies are read when they are, unless there is something to complain about
  const hasPaste = text.slice(bodyStart, end).includes('##')
  const eager = hasPaste ? parseBody(reader.all(), parameters) : null
  if (typeof eager === 'string') return eager
  const readBody = (): BodyToken[] =>
    eager ?? (parseBody(new PpReader(text, bodyStart, end).all(), parameters) as BodyToken[])
  return new ParsedMacro(
    name.text,
    parameters,
    signature?.variadic ?? false,
    file,
    nameStart,
    text.slice(bodyStart, end),
    readBody,
  )
}

class ParsedMacro implements Macro {
  readonly end: number
  private readTokens: BodyToken[] | null = null
  private readPlain: PpToken[] | null | undefined

  constructor(
    readonly name: string,
    readonly parameters: string[] | null,
    readonly variadic: boolean,
    readonly file: SourceText | null,
    readonly start: number,
    private readonly rawBody: string,
    private readonly readBody: () => BodyToken[],
  ) {
    this.end = start + name.length
  }

  get body(): string {
    return this.rawBody.trim()
  }
  get tokens(): BodyToken[] {
    return (this.readTokens ??= this.readBody())
  }
  get plain(): PpToken[] | null {
    if (this.readPlain === undefined) {
      const isPlain = !this.parameters && this.tokens.every((token) => token.kind !== 'name' && !token.paste)
      this.readPlain = isPlain ? this.tokens : null
    }
    return this.readPlain
  }
}

function parseParameters(reader: PpReader): { parameters: string[]; variadic: boolean } | string {
  reader.next()
  const parameters: string[] = []
  const unfinished = "the parameters of this macro need names, commas and a ')'"
  for (;;) {
    const token = reader.next()
    if (token?.text === ')' && parameters.length === 0) return { parameters, variadic: false }
    if (token?.text === '...') {
      parameters.push('__VA_ARGS__')
      return reader.next()?.text === ')' ? { parameters, variadic: true } : unfinished
    }
    if (token?.kind !== 'name') return unfinished
    if (parameters.includes(token.text)) return `parameter '${token.text}' appears twice`
    parameters.push(token.text)
    const after = reader.next()
    if (after?.text === ')') return { parameters, variadic: false }
    if (after?.text === '...') return reader.next()?.text === ')' ? { parameters, variadic: true } : unfinished
    if (after?.text !== ',') return unfinished
  }
}

function parseBody(raw: PpToken[], parameters: string[] | null): BodyToken[] | string {
  const body: BodyToken[] = []
  for (let index = 0; index < raw.length; index++) {
    const token = raw[index]!
    if (token.text === '##') {
      const last = body.at(-1)
      if (!last || index === raw.length - 1) return "'##' cannot stand at either end of a macro"
      last.paste = true
      continue
    }
    const parameter = token.kind === 'name' && parameters ? parameters.indexOf(token.text) : -1
    const named = raw[index + 1]
    const stringified = parameters && token.text === '#' && named?.kind === 'name' ? parameters.indexOf(named.text) : -1
    if (stringified >= 0) {
      body.push({ ...token, parameter: stringified, stringify: true, paste: false })
      index++
    } else body.push({ ...token, parameter, stringify: false, paste: false })
  }
  if (body[0]) body[0].white = false
  return body
}

/** Two definitions of one name that mean the same. */
export function isSameMacro(a: Macro, b: Macro): boolean {
  return (
    a.parameters?.join() === b.parameters?.join() &&
    a.variadic === b.variadic &&
    a.tokens.length === b.tokens.length &&
    printTokens(a.tokens, null) === printTokens(b.tokens, null)
  )
}

/** What expansion needs from outside: the table, the text after the use, and a place for complaints. */
export interface ExpansionHost {
  macros: Map<string, Macro>
  place: { file: SourceText; offset: number }
  complain(message: string): void
  /** Tokens that one unit's expansions may still produce. */
  budget: { tokens: number }
}

interface Context {
  tokens: PpToken[]
  index: number
  macro: Macro | null
}

/** Expands one use: contexts are lists of tokens under work, innermost last, as in cpplib. */
export class Expander {
  private readonly contexts: Context[] = []
  private readonly disabled: Set<Macro>
  private pad = false
  private white = false

  constructor(
    private readonly host: ExpansionHost,
    /** Text that follows the use, from which arguments may be read; null when there is none. */
    private readonly raw: PpReader | null,
    disabled?: Set<Macro>,
  ) {
    this.disabled = new Set(disabled)
  }

  /** The tokens that the macro's name becomes; null when it stays as it is (a function-like macro without arguments). */
  expandUse(macro: Macro, name: PpToken): PpToken[] | null {
    if (!this.enter(macro, name)) return null
    return this.drain()
  }

  /** A list of tokens, fully expanded. */
  expandAll(tokens: PpToken[]): PpToken[] {
    this.contexts.push({ tokens, index: 0, macro: null })
    return this.drain()
  }

  private drain(): PpToken[] {
    const out: PpToken[] = []
    for (let token = this.next(); token; token = this.next()) out.push(token)
    return out
  }

  private next(): PpToken | null {
    for (;;) {
      const context = this.contexts.at(-1)
      if (!context) return null
      if (context.index >= context.tokens.length) {
        this.leave()
        continue
      }
      let token = context.tokens[context.index++]!
      const macro = token.kind === 'name' && !token.noExpand ? this.host.macros.get(token.text) : undefined
      if (macro && this.disabled.has(macro)) token = { ...token, noExpand: true }
      else if (macro && this.enter(macro, this.padded(token))) continue
      if (--this.host.budget.tokens < 0) return null
      return this.padded(token)
    }
  }

  private padded(token: PpToken): PpToken {
    if (!this.pad) return token
    const { white } = this
    this.pad = false
    this.white = false
    return { ...token, pad: true, space: white ? true : token.space }
  }

  private leave(): void {
    const { macro } = this.contexts.pop()!
    if (macro) this.disabled.delete(macro)
    this.pad = true
  }

  /** Begins the replacement of a name. False when it needs arguments and none follow. */
  private enter(macro: Macro, name: PpToken): boolean {
    let tokens: PpToken[]
    if (macro.builtin) tokens = [macro.builtin(this.host.place)]
    else if (macro.parameters) {
      if (!this.takeParenthesis()) return false
      const args = this.collect(macro)
      if (typeof args === 'string') {
        this.host.complain(args)
        tokens = [{ ...name, noExpand: true }]
      } else tokens = new Substitution(macro, args, this.host, this.disabled).run()
    } else
      tokens = macro.tokens.some((token) => token.paste)
        ? new Substitution(macro, [], this.host, this.disabled).run()
        : [...macro.tokens]
    const first = tokens[0]
    if (first) tokens[0] = { ...first, space: hasSpace(name), pad: true }
    else if (hasSpace(name)) this.white = true
    this.pad = first === undefined
    this.contexts.push({ tokens, index: 0, macro })
    this.disabled.add(macro)
    return true
  }

  /** Takes `(` if it is next, looking past the end of the lists under work; leaves everything as it is otherwise. */
  private takeParenthesis(): boolean {
    let depth = this.contexts.length - 1
    while (depth >= 0 && this.contexts[depth]!.index >= this.contexts[depth]!.tokens.length) depth--
    if (depth < 0) {
      if (!this.raw) return false
      const { position } = this.raw
      if (this.raw.next()?.text !== '(') {
        this.raw.position = position
        return false
      }
    } else if (this.contexts[depth]!.tokens[this.contexts[depth]!.index]!.text !== '(') return false
    while (this.contexts.length - 1 > depth) this.leave()
    if (depth >= 0) this.contexts[depth]!.index++
    return true
  }

  private nextUnexpanded(): PpToken | null {
    for (;;) {
      const context = this.contexts.at(-1)
      if (!context) return this.raw?.next() ?? null
      if (context.index < context.tokens.length) return context.tokens[context.index++]!
      this.leave()
    }
  }

  /** The arguments up to the closing parenthesis; a string is the complaint. */
  private collect(macro: Macro): PpToken[][] | string {
    const parameters = macro.parameters!
    const args: PpToken[][] = [[]]
    for (let depth = 0; ;) {
      const token = this.nextUnexpanded()
      if (!token) return `the arguments of macro ${macro.name} have no closing ')'`
      if (token.text === '(') depth++
      else if (token.text === ')' && depth-- === 0) break
      if (token.text === ',' && depth === 0 && !(macro.variadic && args.length === parameters.length)) args.push([])
      else {
        const known = token.kind === 'name' ? this.host.macros.get(token.text) : undefined
        args.at(-1)!.push(known && this.disabled.has(known) ? { ...token, noExpand: true } : token)
        if (--this.host.budget.tokens < 0) return 'macros expand to too much text'
      }
    }
    this.pad = false
    // what an expansion put before an argument does not count, only what was written before it
    for (const [first, ...rest] of args.splice(0))
      args.push(first ? [{ ...first, space: null, pad: false }, ...rest] : [])
    return checkArguments(macro, args)
  }
}

function checkArguments(macro: Macro, args: PpToken[][]): PpToken[][] | string {
  const wanted = macro.parameters!.length
  if (wanted === 0 && args.length === 1 && args[0]!.length === 0) return []
  if (args.length === wanted || (macro.variadic && args.length === wanted - 1)) return args
  return `macro ${macro.name} takes ${wanted} argument${wanted === 1 ? '' : 's'}, not ${args.length}`
}

/** Puts arguments into the body of a macro. */
class Substitution {
  private readonly expanded: (PpToken[] | undefined)[] = []

  constructor(
    private readonly macro: Macro,
    private readonly args: PpToken[][],
    private readonly host: ExpansionHost,
    private readonly disabled: Set<Macro>,
  ) {}

  run(): PpToken[] {
    const { tokens } = this.macro
    const out: PpToken[] = []
    let pasting = false
    tokens.forEach((token, index) => {
      let piece = this.piece(token, pasting || token.paste, pasting)
      if (pasting) {
        if (this.isVariadicComma(index)) piece = this.afterComma(token, out)
        else piece = pasteInto(out, piece)
      } else if ((tokens[index - 1]?.parameter ?? -1) >= 0 && piece[0]) {
        // what follows an argument is kept apart from it
        piece[0] = { ...piece[0], pad: true }
      }
      // every piece that may be pasted to the next one has something to paste to
      if (token.paste && piece.length === 0 && !pasting) piece = [ppToken('placemarker', '', token.white)]
      for (const part of piece) out.push(part)
      pasting = token.paste
    })
    return out.filter((token) => token.kind !== 'placemarker')
  }

  private piece(token: BodyToken, raw: boolean, afterPaste: boolean): PpToken[] {
    if (token.parameter < 0) return [{ ...token }]
    if (token.stringify) return [ppToken('string', stringify(this.args[token.parameter] ?? []), token.white)]
    const tokens = raw ? (this.args[token.parameter] ?? []) : this.expandedArgument(token.parameter)
    if (afterPaste) return [...tokens]
    return tokens.map((part, index) => (index === 0 ? { ...part, space: token.white, pad: true } : part))
  }

  private expandedArgument(index: number): PpToken[] {
    return (this.expanded[index] ??= new Expander(this.host, null, this.disabled).expandAll(this.args[index] ?? []))
  }

  /** GNU: `, ## __VA_ARGS__` drops the comma when the variable arguments are missing, and does not paste otherwise. */
  private isVariadicComma(index: number): boolean {
    const { tokens, variadic, parameters } = this.macro
    return variadic && tokens[index]!.parameter === parameters!.length - 1 && tokens[index - 1]?.text === ','
  }

  private afterComma(token: BodyToken, out: PpToken[]): PpToken[] {
    if (this.args.length === this.macro.parameters!.length) return [...this.expandedArgument(token.parameter)]
    out.pop()
    return []
  }
}

/** Joins the first of `piece` to the last of `out`; the rest of `piece` is returned. What makes no token stays two. */
function pasteInto(out: PpToken[], piece: PpToken[]): PpToken[] {
  const left = out.at(-1)
  const [right, ...rest] = piece
  if (!left || !right) return piece
  if (right.kind === 'placemarker') return rest
  const text = left.text + right.text
  const reader = new PpReader(text, 0, text.length)
  const joined = reader.next()
  if (
    left.kind !== 'placemarker' &&
    (!joined || reader.position < text.length || text.startsWith('//') || text.startsWith('/*'))
  )
    return [{ ...right, pad: true }, ...rest]
  out[out.length - 1] = {
    ...joined!,
    white: left.white,
    space: left.space,
    pad: left.pad,
    noExpand: left.kind === 'placemarker' && right.noExpand,
  }
  return rest
}

function stringify(tokens: PpToken[]): string {
  let text = ''
  tokens.forEach((token, index) => {
    if (index > 0 && hasSpace(token)) text += ' '
    text += token.kind === 'string' || token.kind === 'char' ? token.text.replace(/[\\"]/g, '\\$&') : token.text
  })
  return `"${text}"`
}
