import type { BodyToken, Macro } from './definition.ts'
import { Expander, type ExpansionHost } from './expand.ts'
import { hasSpace } from './print.ts'
import { PpReader, PpToken } from './token.ts'

/** The arguments as the macro wants them; a string is the complaint. */
export function checkArguments(macro: Macro, args: PpToken[][]): PpToken[][] | string {
  const wanted = macro.parameters!.length
  if (wanted === 0 && args.length === 1 && args[0]!.length === 0) return []
  // a macro whose only argument is the variable one: none was given
  if (macro.variadic && wanted === 1 && args.length === 1 && args[0]!.length === 0) return []
  if (args.length === wanted || (macro.variadic && args.length === wanted - 1)) return args
  return `macro ${macro.name} takes ${wanted} argument${wanted === 1 ? '' : 's'}, not ${args.length}`
}

/** Puts arguments into the body of a macro. */
export class Substitution {
  /** The first token of the result stands for the first of the body. */
  isFirst = true
  /** White space is left over at the end, from an argument that was empty. */
  white = false
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
    this.append(tokens, out)
    const first = tokens[0]
    if (first && !first.paste && this.piece(first, false).length === 0) this.isFirst = false
    return out.filter((token) => token.kind !== 'placemarker')
  }

  private append(tokens: readonly BodyToken[], out: PpToken[]): void {
    let pasting = false
    tokens.forEach((token, index) => {
      let piece = this.piece(token, pasting || token.paste)
      if (pasting) {
        if (this.isVariadicComma(tokens, index)) piece = this.afterComma(token, out)
        else piece = pasteInto(out, piece)
      } else if (piece[0]) {
        // an argument is kept apart from what is around it
        if ((token.parameter >= 0 || token.optional) && !token.stringify) piece[0] = piece[0].padded(token.white)
        else if ((tokens[index - 1]?.parameter ?? -1) >= 0) piece[0] = piece[0].padded(piece[0].space)
        if (this.white) piece[0] = piece[0].padded(true)
      }
      if (piece.length > 0) this.white = false
      else if (!pasting && !token.paste && index > 0 && token.white) this.white = true
      // every piece that may be pasted to the next one has something to paste to
      if (token.paste && piece.length === 0 && !pasting) piece = [new PpToken('placemarker', '', token.white)]
      for (const part of piece) out.push(part)
      pasting = token.paste
    })
  }

  /** What a token of the body becomes; a new list. `raw`: it is pasted, so arguments are not expanded first. */
  private piece(token: BodyToken, raw: boolean): PpToken[] {
    if (token.optional) {
      const tokens = this.optional(token.optional)
      return token.stringify ? [new PpToken('string', stringify(tokens), token.white)] : tokens
    }
    if (token.parameter < 0) return [token.copy()]
    const argument = this.args[token.parameter] ?? []
    if (token.stringify) return [new PpToken('string', stringify(argument), token.white)]
    return raw ? [...argument] : [...this.expandedArgument(token.parameter)]
  }

  /** `__VA_OPT__(…)`: nothing unless variable arguments were given and leave something. */
  private optional(tokens: readonly BodyToken[]): PpToken[] {
    const out: PpToken[] = []
    const last = this.macro.parameters!.length - 1
    if (this.expandedArgument(last).length > 0) this.append(tokens, out)
    return out
  }

  private expandedArgument(index: number): PpToken[] {
    return (this.expanded[index] ??= new Expander(this.host, null, this.disabled).expandAll(this.args[index] ?? []))
  }

  /** GNU: `, ## __VA_ARGS__` drops the comma when the variable arguments are missing, and does not paste otherwise. */
  private isVariadicComma(tokens: readonly BodyToken[], index: number): boolean {
    const { variadic, parameters } = this.macro
    return variadic && tokens[index]!.parameter === parameters!.length - 1 && tokens[index - 1]?.text === ','
  }

  private afterComma(token: BodyToken, out: PpToken[]): PpToken[] {
    if (this.args.length === this.macro.parameters!.length) return [...this.expandedArgument(token.parameter)]
    // what is pasted to nothing as well keeps the comma
    if (!token.paste) out.pop()
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
  const isComment = text.startsWith('//') || text.startsWith('/*')
  if (left.kind !== 'placemarker' && (!joined || reader.position < text.length || isComment)) {
    out[out.length - 1] = left.padded(left.space)
    return [right.padded(right.space), ...rest]
  }
  const made = new PpToken(joined!.kind, text, left.white)
  made.space = left.space
  made.pad = left.pad
  made.noExpand = left.kind === 'placemarker' && right.noExpand
  out[out.length - 1] = made
  return rest
}

function stringify(tokens: readonly PpToken[]): string {
  let text = ''
  for (const token of tokens) {
    if (text && hasSpace(token)) text += ' '
    text += token.kind === 'string' || token.kind === 'char' ? token.text.replace(/[\\"]/g, '\\$&') : token.text
  }
  return `"${text}"`
}
