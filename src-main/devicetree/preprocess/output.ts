import { type MacroUse, MarkedText, type SourceText, Unit } from '../source.ts'
import type { Macro } from './definition.ts'
import type { LogicalText } from './logical.ts'
import { mayFuse, printTokens, wouldFuse } from './print.ts'
import { isBlank, PpReader, PpToken } from './token.ts'

/** Where a use stands in a text, and where the block begins in which it stands. */
export interface UsePlace {
  text: string
  limit: number
  start: number
  end: number
}

/** The unit as it grows: its text, and where each stretch of it came from. */
export class Output {
  readonly unit: Unit
  /** The file under work as diagnostics name it: line markers may say otherwise than the path. */
  shown: SourceText
  private readonly parts: string[] = []
  /** Last token of the last expansion and where in the file it ended. */
  private last: { token: PpToken; offset: number } | null = null

  constructor(entry: SourceText) {
    this.unit = new Unit(entry)
    this.shown = entry
  }

  get text(): string {
    return this.parts.join('')
  }

  /** The file, under the name that a line marker gave it. */
  shownAs(file: SourceText): SourceText {
    return this.shown instanceof MarkedText && this.shown.base === file ? this.shown : file
  }

  /** A new block begins: nothing before it can fuse with what comes. */
  startBlock(): void {
    this.last = null
  }

  /** Text as the file has it. */
  copy(logical: LogicalText, start: number, end: number): void {
    while (start < end) {
      const cut = logical.cutWithin(start, end)
      const stop = cut < 0 ? end : cut
      this.parts.push(logical.text.slice(start, stop))
      this.unit.append(this.shownAs(logical.file), logical.start(start), stop - start)
      start = stop
    }
  }

  /** A line end that is missing in the file. */
  lineEnd(file: SourceText): void {
    this.parts.push('\n')
    this.unit.append(this.shownAs(file), file.text.length, 1)
  }

  /** What a use became; `space`: white space is left over at its end. */
  expansion(use: MacroUse, macro: Macro, tokens: readonly PpToken[], space: boolean, at: UsePlace): void {
    const { text, end } = at
    const previous = this.tokenBefore(text, at.limit, at.start)
    const [first] = tokens
    let printed = macro.isPlain ? macro.printed : printTokens(tokens, null)
    if (first && previous && wouldFuse(previous, first)) printed = ' ' + printed
    const last = tokens.at(-1) ?? previous
    this.last = last && { token: last, offset: end }
    if (space || (last && this.fusesWithNext(last, text, end))) printed += ' '
    if (printed === '') return
    this.parts.push(printed)
    this.unit.appendExpansion(use, printed.length)
  }

  /** The token that ends right before an offset, as far as it may fuse with what comes; null after white space. */
  private tokenBefore(text: string, limit: number, at: number): PpToken | null {
    if (this.last?.offset === at) return this.last.token
    const char = text.charAt(at - 1)
    if (at <= limit || !mayFuse(char) || text.startsWith('*/', at - 2)) return null
    const two = text.slice(at - 2, at)
    return new PpToken(char === '\\' ? 'other' : 'punctuation', two === '<<' || two === '>>' ? two : char)
  }

  private fusesWithNext(last: PpToken, text: string, end: number): boolean {
    const code = text.charCodeAt(end)
    if (end >= text.length || isBlank(code) || code === 59 || code === 44 || code === 41) return false
    if (code === 47 && (text.charCodeAt(end + 1) === 42 || text.charCodeAt(end + 1) === 47)) return false
    const next = new PpReader(text, end, text.length).next()
    return next !== null && !this.isMacro(next.text) && wouldFuse(last, next)
  }

  /** Set by the preprocessor: what follows a use and is a use itself decides about the space on its own. */
  isMacro: (name: string) => boolean = () => false
}
