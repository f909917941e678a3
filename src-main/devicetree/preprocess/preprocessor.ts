import type { Diagnostic } from '@shared/diagnostics.ts'
import type { MacroUse, SourceText, Unit } from '../source.ts'
import type { CompileOptions } from '../tree.ts'
import type { Macro } from './definition.ts'
import { Directives } from './directives.ts'
import { Expander, type RawTokens } from './expand.ts'
import { scan, type ScannedFile, type TextBlock } from './scan.ts'
import type { SourceCache } from './sources.ts'
import { PpReader, PpToken } from './token.ts'

/**
 * The preprocessor: what `cpp -nostdinc -undef -x assembler-with-cpp` makes of a file, with positions that lead back through includes
 * and macros. Comments stay in the text (the devicetree scanner skips them); directives and inactive branches go.
 */
export interface IncludeUse {
  file: SourceText
  start: number
  end: number
  name: string
  /** Null when it was not found. */
  target: SourceText | null
}

export interface FileRange {
  file: SourceText
  start: number
  end: number
}

export interface Preprocessed {
  unit: Unit
  text: string
  /** As they stand at the end of the file. */
  macros: Map<string, Macro>
  /** Every definition met, in order, those replaced or undefined later included. */
  definitions: Macro[]
  /** Every use met, in order; uses inside the arguments of another follow it. */
  uses: MacroUse[]
  includes: IncludeUse[]
  /** Branches that `#if` left out. */
  inactive: FileRange[]
  diagnostics: Diagnostic[]
}

export function preprocess(entry: SourceText, options: CompileOptions, cache: SourceCache): Preprocessed {
  return new Preprocessor(entry, options, cache).run()
}

/** Walks through the items of a file and of those it includes; directives change the state, text is copied with its macros replaced. */
class Preprocessor extends Directives {
  private scanned!: ScannedFile
  private index = 0

  run(): Preprocessed {
    this.file(this.entry)
    this.output.lineEnd(this.entry)
    const { macros, definitions, uses, includes, inactive, diagnostics } = this
    const { unit, text } = this.output
    return { unit, text, macros, definitions, uses, includes, inactive, diagnostics }
  }

  protected file(file: SourceText): void {
    const { scanned, index } = this
    this.scanned = scan(file)
    this.index = -1
    const leave = this.enterFile(this.scanned)
    for (let block = this.nextBlock(); block; block = this.nextBlock()) this.block(block)
    leave()
    this.scanned = scanned
    this.index = index
  }

  /** The next text that counts; the directives before it are carried out. Null at the end of the file. */
  private nextBlock(): TextBlock | null {
    const { items } = this.scanned
    for (this.index++; this.index < items.length && !this.exhausted; this.index++) {
      const item = items[this.index]!
      if (item.kind === 'directive') this.directive(item)
      else if (this.isActive) return item
    }
    return null
  }

  private block(block: TextBlock): void {
    const { scanned, macros } = this
    const { logical, names, offsets, indexes } = scanned
    let copied = block.start
    let { first: at, last } = block
    this.output.startBlock()
    for (; at < last; at++) {
      const offset = offsets[at]!
      if (offset < copied) continue
      const macro = macros.get(names[indexes[at]!]!)
      if (!macro) continue
      const end = this.use(macro, block, offset, copied)
      if (end < 0) continue
      copied = end
      if (this.exhausted) return
      // its arguments may have gone on behind a directive
      const now = scanned.items[this.index] as TextBlock | undefined
      if (!now) return
      if (now !== block) {
        block = now
        at = now.first - 1
        last = now.last
      }
    }
    this.output.copy(logical, copied, block.end)
    if (this.output.unit.size > maximumCharacters) this.exhaust('the preprocessed text grows too large')
  }

  /** Replaces the use of a macro at `at`; returns up to where the file has been dealt with, -1 when it is no use. */
  private use(macro: Macro, block: TextBlock, at: number, copied: number): number {
    const { logical } = this.scanned
    const { text, file } = logical
    const nameEnd = at + macro.name.length
    this.place = { start: at, end: nameEnd }
    let tokens: readonly PpToken[] | null = macro.tokens
    let end = nameEnd
    let space = false
    if (!macro.isPlain) {
      const following = new FollowingText(text, nameEnd, block, () => this.argumentBlock())
      const expander = new Expander(this, following)
      tokens = expander.expandUse(macro, new PpToken('name', macro.name, false, at))
      if (!tokens) return -1
      space = expander.white
      end = following.position
      if (this.budget.tokens < 0) this.exhaust('macros expand to too much text')
    }
    const use: MacroUse = { name: macro.name, file, start: logical.start(at), end: logical.end(end), macro }
    this.uses.push(use)
    if (end > nameEnd) this.argumentUses(nameEnd, end)
    this.output.copy(logical, copied, at)
    this.output.expansion(use, macro, tokens, space, { text, limit: block.start, start: at, end })
    return end
  }

  private argumentBlock(): TextBlock | null {
    this.inArguments = true
    const block = this.nextBlock()
    this.inArguments = false
    return block
  }

  private argumentUses(start: number, end: number): void {
    const { logical } = this.scanned
    const reader = new PpReader(logical.text, start, end)
    for (let token = reader.next(); token; token = reader.next()) {
      const macro = token.kind === 'name' ? this.macros.get(token.text) : undefined
      if (macro) {
        const [from, to] = [logical.start(token.at), logical.end(token.at + token.text.length)]
        this.uses.push({ name: macro.name, file: logical.file, start: from, end: to, macro })
      }
    }
  }
}

const maximumCharacters = 64_000_000

/** The text after a use: to the end of the block, and for arguments on behind the directives that follow. */
class FollowingText implements RawTokens {
  private reader: PpReader
  private end: number

  constructor(
    private readonly text: string,
    /** Up to where it was taken. */
    public position: number,
    block: TextBlock,
    private readonly nextBlock: () => TextBlock | null,
  ) {
    this.reader = new PpReader(text, position, block.end)
    this.end = block.end
  }

  open(): boolean {
    if (!this.reader.take('(')) return false
    this.position = this.reader.position
    return true
  }

  next(): PpToken | null {
    for (;;) {
      const token = this.reader.next()
      if (token) {
        this.position = this.reader.position
        return token
      }
      const block = this.nextBlock()
      if (!block) {
        this.position = this.end
        return null
      }
      this.end = block.end
      this.reader = new PpReader(this.text, block.start, block.end)
    }
  }
}
