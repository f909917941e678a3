import type { BuiltinHost, Macro } from './definition.ts'
import { hasSpace } from './print.ts'
import { checkArguments, Substitution } from './substitute.ts'
import { PpReader, type PpToken } from './token.ts'

/** Expansion of macros: lists of tokens under work, innermost last, as in cpplib. */

/** What expansion needs from outside: the table, where things stand, and a place for complaints. */
export interface ExpansionHost {
  macros: Map<string, Macro>
  complain(message: string): void
  /** The line, as diagnostics number it, of a token at an offset of the file; of the use under work for -1. */
  lineAt(offset: number): number
  /** What `_Pragma` says. */
  pragma(text: string): void
  /** Tokens that one unit's expansions may still produce. */
  budget: { tokens: number }
}

/** Text that follows a use, from which arguments may be read. */
export interface RawTokens {
  next(): PpToken | null
  /** Takes `(` when it comes next. */
  open(): boolean
}

/** The rest of a directive. */
export class DirectiveTokens implements RawTokens {
  private readonly reader: PpReader

  /** `hash`: what becomes of a `#` and what follows it. */
  constructor(
    text: string,
    start: number,
    end: number,
    private readonly hash?: (reader: PpReader) => PpToken,
  ) {
    this.reader = new PpReader(text, start, end)
  }

  next(): PpToken | null {
    const token = this.reader.next()
    return this.hash && token?.text === '#' ? this.hash(this.reader) : token
  }
  open(): boolean {
    return this.reader.take('(')
  }
  /** What a pattern matches right here, which is then taken; null when it does not. */
  match(pattern: RegExp): RegExpExecArray | null {
    const sticky = new RegExp(pattern, 'y')
    sticky.lastIndex = this.reader.position
    const found = sticky.exec(this.reader.text)
    if (found) this.reader.position = sticky.lastIndex
    return found
  }
}

interface Context {
  tokens: readonly PpToken[]
  index: number
  macro: Macro | null
  /** White space is left over at its end. */
  white: boolean
}

/** A name that is an operator (`defined` in `#if`): its value, or null when it is none. */
export type Operator = (name: PpToken, expander: Expander) => PpToken | null

export class Expander {
  private readonly contexts: Context[] = []
  private readonly disabled: Set<Macro>
  private pad = false
  /** White space is left over at the end of what was expanded. */
  white = false

  constructor(
    private readonly host: ExpansionHost,
    private readonly raw: RawTokens | null,
    disabled?: Set<Macro>,
    private readonly operator: Operator | null = null,
  ) {
    this.disabled = new Set(disabled)
  }

  /** The tokens that the macro's name becomes; null when it stays as it is (a function-like macro without arguments). */
  expandUse(macro: Macro, name: PpToken): PpToken[] | null {
    return this.enter(macro, name) ? this.drain() : null
  }

  /** A list of tokens, fully expanded. */
  expandAll(tokens: readonly PpToken[]): PpToken[] {
    this.contexts.push({ tokens, index: 0, macro: null, white: false })
    return this.drain()
  }

  /** All of the raw text, fully expanded: the rest of a directive. */
  expandRaw(): PpToken[] {
    const out: PpToken[] = []
    for (let token = this.raw!.next(); token; token = this.raw!.next())
      for (const part of this.expandAll([token])) out.push(part)
    return out
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
      const token = context.tokens[context.index++]!
      if (--this.host.budget.tokens < 0) return null
      if (token.kind !== 'name' || token.noExpand) return this.spaced(token)
      const made = this.operator?.(token, this)
      if (made) return this.spaced(made)
      const macro = this.host.macros.get(token.text)
      if (!macro) return this.spaced(token)
      if (this.disabled.has(macro)) return this.spaced(token.withoutExpansion())
      if (!this.enter(macro, this.spaced(token))) return this.spaced(token)
    }
  }

  private spaced(token: PpToken): PpToken {
    if (!this.pad) return token
    const { white } = this
    this.pad = false
    this.white = false
    return token.padded(white ? true : token.space)
  }

  private leave(): void {
    const { macro, white } = this.contexts.pop()!
    if (white) this.white = true
    if (macro) this.disabled.delete(macro)
    this.pad = true
  }

  /** Begins the replacement of a name. False when it needs arguments and none follow. */
  private enter(macro: Macro, name: PpToken): boolean {
    let tokens: PpToken[] = []
    let isFirst = true
    let white = false
    if (macro.builtin) {
      const made = macro.builtin(this.builtinHost(name))
      if (made) tokens.push(made)
    } else {
      let args: PpToken[][] | string = []
      if (macro.parameters) {
        if (!this.open()) return false
        args = this.collect(macro)
      }
      if (typeof args === 'string') {
        this.host.complain(args)
        tokens.push(name.withoutExpansion())
      } else if (macro.parameters || macro.tokens.some((token) => token.paste)) {
        const substitution = new Substitution(macro, args, this.host, this.disabled)
        tokens = substitution.run()
        ;({ isFirst, white } = substitution)
      } else for (const token of macro.tokens) tokens.push(token)
    }
    const [first] = tokens
    if (first) tokens[0] = first.padded(hasSpace(name) || (!isFirst && hasSpace(first)))
    else if (hasSpace(name) || white) this.white = true
    this.pad = first === undefined
    this.contexts.push({ tokens, index: 0, macro, white: white && first !== undefined })
    this.disabled.add(macro)
    return true
  }

  private builtinHost(name: PpToken): BuiltinHost {
    return {
      complain: (message) => this.host.complain(message),
      line: () => this.host.lineAt(name.at),
      argument: () => {
        const [text, close] = this.open() ? [this.take(), this.take()] : []
        if (text?.kind === 'string' && close?.text === ')') return text.text
        this.host.complain(`${name.text} needs a string in parentheses after it`)
        return null
      },
    }
  }

  /** Takes `(` if it is next, looking past the end of the lists under work; leaves everything as it is otherwise. */
  private open(): boolean {
    let depth = this.contexts.length - 1
    while (depth >= 0 && this.contexts[depth]!.index >= this.contexts[depth]!.tokens.length) depth--
    if (depth < 0) {
      if (!this.raw?.open()) return false
    } else if (this.contexts[depth]!.tokens[this.contexts[depth]!.index]!.text !== '(') return false
    while (this.contexts.length - 1 > depth) this.leave()
    if (depth >= 0) this.contexts[depth]!.index++
    return true
  }

  /** The next token, not expanded. */
  take(): PpToken | null {
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
      const token = this.take()
      if (!token) return `the arguments of macro ${macro.name} have no closing ')'`
      if (token.text === '(') depth++
      else if (token.text === ')' && depth-- === 0) break
      if (token.text === ',' && depth === 0 && !(macro.variadic && args.length === parameters.length)) args.push([])
      else {
        const known = token.kind === 'name' ? this.host.macros.get(token.text) : undefined
        args.at(-1)!.push(known && this.disabled.has(known) ? token.withoutExpansion() : token)
        if (--this.host.budget.tokens < 0) return 'macros expand to too much text'
      }
    }
    this.pad = false
    // what an expansion put before an argument does not count, only what was written before it
    for (const arg of args) {
      const [first] = arg
      if (!first || (first.space === null && !first.pad)) continue
      arg[0] = first.copy()
      arg[0].space = null
      arg[0].pad = false
    }
    return checkArguments(macro, args)
  }
}
