import type { Diagnostic } from '@shared/diagnostics.ts'
import { type MacroUse, MarkedText, type SourceText, Unit } from '../source.ts'
import type { CompileOptions } from '../tree.ts'
import { evaluateCondition } from './condition.ts'
import { Expander, type ExpansionHost, isSameMacro, type Macro, parseDefinition } from './macro.ts'
import { builtinMacros } from './predefined.ts'
import { type Directive, scan, type TextBlock } from './scan.ts'
import { candidatePaths, type SourceCache } from './sources.ts'
import {
  isBlank,
  literalEnd,
  PpReader,
  type PpToken,
  ppToken,
  printTokens,
  skipBlanks,
  spliceLength,
  wouldFuse,
} from './token.ts'

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

const maximumIncludeDepth = 200
const maximumTokens = 1_000_000
const maximumCharacters = 64_000_000

interface Conditional {
  file: SourceText
  directive: Directive
  /** Text of this branch counts. */
  active: boolean
  /** A branch was taken already, or the whole stands in an inactive one. */
  done: boolean
  sawElse: boolean
}

export function preprocess(entry: SourceText, options: CompileOptions, cache: SourceCache): Preprocessed {
  return new Preprocessor(entry, options, cache).run()
}

class Preprocessor implements ExpansionHost {
  readonly macros: Map<string, Macro>
  readonly budget = { tokens: maximumTokens }
  place: { file: SourceText; offset: number }
  private readonly unit: Unit
  private readonly parts: string[] = []
  private readonly definitions: Macro[] = []
  private readonly uses: MacroUse[] = []
  private readonly includes: IncludeUse[] = []
  private readonly inactive: FileRange[] = []
  private readonly diagnostics: Diagnostic[] = []
  private conditionals: Conditional[] = []
  private readonly once = new Set<string>()
  private depth = 0
  private exhausted = false
  /** The file as diagnostics name it: line markers may say otherwise than the path. */
  private shown: SourceText
  /** Last token of the last expansion and where in the file it ended. */
  private last: { token: PpToken; offset: number } | null = null
  private complaint: Directive | { start: number; end: number } = { start: 0, end: 0 }

  constructor(
    private readonly entry: SourceText,
    private readonly options: CompileOptions,
    private readonly cache: SourceCache,
  ) {
    this.unit = new Unit(entry)
    this.place = { file: entry, offset: 0 }
    this.shown = entry
    this.macros = builtinMacros(entry, () => this.depth)
    for (const [name, value] of Object.entries(options.defines ?? {})) this.commandLineDefine(name, value)
  }

  run(): Preprocessed {
    this.file(this.entry)
    this.emit(this.entry, this.entry.text.length, this.entry.text.length, '\n')
    const { unit, macros, definitions, uses, includes, inactive, diagnostics } = this
    return { unit, text: this.parts.join(''), macros, definitions, uses, includes, inactive, diagnostics }
  }

  private commandLineDefine(name: string, value: string): void {
    const text = `${name} ${value}`
    const macro = parseDefinition(null, text, 0, text.length)
    if (typeof macro !== 'string') this.macros.set(macro.name, macro)
    else this.report(this.entry, 0, 0, 'error', 'bad-define', `-D ${name}=${value}: ${macro}`)
  }

  // -------------------------------------------------------------------------------------------------------------- files

  private file(file: SourceText): void {
    const { conditionals, shown } = this
    this.conditionals = []
    this.shown = file
    this.depth++
    let skipped = -1
    for (const item of scan(file)) {
      if (this.exhausted) break
      if (item.kind === 'text') {
        if (this.isActive()) this.block(file, item)
        continue
      }
      const before = this.isActive()
      this.directive(file, item)
      const after = this.isActive()
      if (before && !after) skipped = item.end
      if (!before && after) this.inactive.push({ file, start: skipped, end: item.start })
    }
    if (!this.isActive()) this.inactive.push({ file, start: skipped, end: file.text.length })
    for (const { directive } of this.conditionals)
      this.report(file, directive.start, directive.end, 'error', 'unterminated-if', `#${directive.name} without #endif`)
    if (file.text.length > 0 && !file.text.endsWith('\n')) this.emit(file, file.text.length, file.text.length, '\n')
    this.depth--
    this.conditionals = conditionals
    this.shown = shown
  }

  private isActive(): boolean {
    return this.conditionals.at(-1)?.active ?? true
  }

  private emit(file: SourceText, start: number, end: number, text = file.text.slice(start, end)): void {
    if (text === '') return
    this.parts.push(text)
    this.unit.append(
      this.shown instanceof MarkedText && file !== this.shown && this.shown.base === file ? this.shown : file,
      start,
      text.length,
    )
    if (this.unit.size > maximumCharacters) this.exhaust('the preprocessed text grows too large')
  }

  private exhaust(message: string): void {
    if (this.exhausted) return
    this.exhausted = true
    this.report(this.place.file, this.place.offset, this.place.offset, 'error', 'too-large', message)
  }

  report(
    file: SourceText,
    start: number,
    end: number,
    severity: Diagnostic['severity'],
    code: string,
    message: string,
    related?: Diagnostic['related'],
  ): void {
    const shown = this.shown instanceof MarkedText && this.shown.base === file ? this.shown : file
    this.diagnostics.push({ severity, code, message, ...shown.span(start, end), ...(related ? { related } : {}) })
  }

  complain(message: string): void {
    this.report(this.place.file, this.complaint.start, this.complaint.end, 'error', 'macro', message)
  }

  // --------------------------------------------------------------------------------------------------------------- text

  private block(file: SourceText, block: TextBlock): void {
    const { names, occurrences } = block
    let found = false
    const macros = names.map((name) => {
      const macro = this.macros.get(name)
      if (macro) found = true
      return macro
    })
    if (!found && !occurrences.includes(-1)) return this.emit(file, block.start, block.end)
    let copied = block.start
    this.last = null
    for (let index = 0; index < occurrences.length; index += 2) {
      const [at, name] = [occurrences[index]!, occurrences[index + 1]!]
      if (at < copied) continue
      if (name < 0) {
        this.emit(file, copied, at)
        copied = at + spliceLength(file.text, at)
        continue
      }
      const macro = macros[name]
      if (macro) copied = this.use(file, block, macro, at, copied)
      if (this.exhausted) return
    }
    this.emit(file, copied, block.end)
  }

  /** Replaces the use of a macro at `at`; returns up to where the file has been dealt with. */
  private use(file: SourceText, block: TextBlock, macro: Macro, at: number, copied: number): number {
    const { text } = file
    const nameEnd = at + macro.name.length
    this.place = { file, offset: at }
    this.complaint = { start: at, end: nameEnd }
    let tokens: PpToken[] | null = macro.plain
    let end = nameEnd
    if (!tokens) {
      const reader = new PpReader(text, nameEnd, block.end)
      tokens = new Expander(this, reader).expandUse(macro, ppToken('name', macro.name))
      if (!tokens) return copied
      end = reader.position
      if (this.budget.tokens < 0) this.exhaust('macros expand to too much text')
    }
    const use: MacroUse = { name: macro.name, file, start: at, end, macro }
    this.uses.push(use)
    if (end > nameEnd) this.argumentUses(file, nameEnd, end)
    this.emit(file, copied, at)
    this.emitExpansion(use, tokens, this.tokenBefore(file, block.start, at))
    return end
  }

  private argumentUses(file: SourceText, start: number, end: number): void {
    const reader = new PpReader(file.text, start, end)
    for (let token = reader.next(); token; token = reader.next()) {
      const macro = token.kind === 'name' ? this.macros.get(token.text) : undefined
      if (macro)
        this.uses.push({
          name: macro.name,
          file,
          start: reader.position - token.text.length,
          end: reader.position,
          macro,
        })
    }
  }

  private emitExpansion(use: MacroUse, tokens: PpToken[], previous: PpToken | null): void {
    const { file, end } = use
    const first = tokens[0] && { ...tokens[0], white: false, space: null, pad: true }
    let printed = first ? printTokens([first, ...tokens.slice(1)], previous) : ''
    const last = tokens.at(-1) ?? previous
    this.last = last && { token: last, offset: end }
    const next = last && this.tokenAfter(file, end)
    if (next && !this.macros.has(next.text) && wouldFuse(last, next)) printed += ' '
    if (printed === '') return
    this.parts.push(printed)
    this.unit.appendExpansion(use, printed.length)
  }

  /** The token that ends right before an offset, as far as it may fuse with what comes; null after white space. */
  private tokenBefore(file: SourceText, limit: number, at: number): PpToken | null {
    if (this.last?.offset === at) return this.last.token
    const { text } = file
    if (at <= limit || isBlank(text.charCodeAt(at - 1)) || text.startsWith('*/', at - 2)) return null
    const two = text.slice(at - 2, at)
    return ppToken(text[at - 1] === '\\' ? 'other' : 'punctuation', two === '<<' || two === '>>' ? two : text[at - 1]!)
  }

  private tokenAfter(file: SourceText, at: number): PpToken | null {
    const { text } = file
    const start = skipBlanks(text, at, text.length)
    return start > at ? null : new PpReader(text, at, text.length).next()
  }

  // --------------------------------------------------------------------------------------------------------- directives

  private directive(file: SourceText, directive: Directive): void {
    this.place = { file, offset: directive.start }
    this.complaint = directive
    if (this.conditional(file, directive) || !this.isActive()) return
    switch (directive.name) {
      case 'define':
        return this.define(file, directive)
      case 'undef':
        return this.undefine(file, directive)
      case 'include':
      case 'include_next':
      case 'import':
        return this.include(file, directive)
      case 'error':
      case 'warning':
        return this.fail(
          directive,
          directive.name,
          `#${directive.name} ${file.text.slice(directive.rest, directive.end).trim()}`,
          directive.name,
        )
      case 'pragma':
        if (/^\s*once\b/.test(file.text.slice(directive.rest, directive.end))) this.once.add(file.path)
        return
      case 'line':
      case 'marker':
        return this.lineMarker(file, directive)
    }
  }

  private fail(directive: Directive, code: string, message: string, severity: Diagnostic['severity'] = 'error'): void {
    this.report(this.place.file, directive.start, directive.end, severity, code, message)
  }

  private define(file: SourceText, directive: Directive): void {
    let macro = definitions.get(directive)
    if (macro === undefined)
      definitions.set(directive, (macro = parseDefinition(file, file.text, directive.rest, directive.end)))
    if (typeof macro === 'string') return this.fail(directive, 'bad-define', macro)
    const old = this.macros.get(macro.name)
    if (old && old !== macro && !isSameMacro(old, macro)) {
      const related = old.file ? [{ ...old.file.span(old.start, old.end), message: 'defined here before' }] : undefined
      this.report(
        file,
        macro.start,
        macro.end,
        'warning',
        'macro-redefined',
        `macro ${macro.name} is defined again, differently; #undef it first`,
        related,
      )
    }
    this.macros.set(macro.name, macro)
    this.definitions.push(macro)
  }

  private undefine(file: SourceText, directive: Directive): void {
    const name = this.oneName(file, directive)
    if (name) this.macros.delete(name)
  }

  private oneName(file: SourceText, directive: Directive): string | null {
    const token = new PpReader(file.text, directive.rest, directive.end).next()
    if (token?.kind === 'name') return token.text
    this.fail(directive, 'directive', `#${directive.name} needs the name of a macro`)
    return null
  }

  /** `# 12 "file"` and `#line 12 "file"`: what follows counts as line 12 of that file. */
  private lineMarker(file: SourceText, directive: Directive): void {
    const match = /^\s*(\d+)(?:\s+"((?:[^\\"]|\\.)*)")?/.exec(file.text.slice(directive.rest, directive.end))
    if (!match) return this.fail(directive, 'directive', '#line needs a line number')
    const path = match[2] ?? this.shown.path
    this.shown = new MarkedText(file, path, Number(match[1]) - (file.lineOf(directive.end) + 2))
  }

  // ----------------------------------------------------------------------------------------------------------- includes

  private include(file: SourceText, directive: Directive): void {
    const found = this.includeName(file, directive)
    if (!found) return this.fail(directive, 'directive', `#${directive.name} needs "file" or <file>`)
    const { name, start, end, angled } = found
    const target = this.open(file, name, angled, directive.name === 'include_next')
    this.includes.push({ file, start, end, name, target })
    if (!target)
      return this.report(
        file,
        start,
        end,
        'error',
        'include-not-found',
        `cannot find "${name}"; add its folder with -i`,
      )
    if (this.once.has(target.path)) return
    if (directive.name === 'import') this.once.add(target.path)
    if (this.depth >= maximumIncludeDepth) {
      this.report(
        file,
        start,
        end,
        'error',
        'include-depth',
        `includes nest more than ${maximumIncludeDepth} deep; a file seems to include itself`,
      )
      this.exhausted = true
      return
    }
    this.file(target)
  }

  private includeName(
    file: SourceText,
    directive: Directive,
  ): { name: string; start: number; end: number; angled: boolean } | null {
    const { text } = file
    const start = skipBlanks(text, directive.rest, directive.end)
    if (text[start] === '"') {
      const end = literalEnd(text, start)
      return end < 0 || end > directive.end ? null : { name: text.slice(start + 1, end - 1), start, end, angled: false }
    }
    if (text[start] === '<') {
      const end = text.indexOf('>', start)
      return end < 0 || end >= directive.end
        ? null
        : { name: text.slice(start + 1, end), start, end: end + 1, angled: true }
    }
    const tokens = new Expander(this, null).expandAll(new PpReader(text, start, directive.end).all())
    const printed = printTokens(tokens, null).trim()
    const match = /^"([^"]+)"$|^<\s*([^>]+?)\s*>$/.exec(printed)
    return match ? { name: (match[1] ?? match[2])!, start, end: directive.end, angled: match[2] !== undefined } : null
  }

  private open(file: SourceText, name: string, angled: boolean, next: boolean): SourceText | null {
    let paths = candidatePaths(name, angled ? null : file.path, this.options.includeDirs ?? [])
    if (next) paths = paths.slice(paths.indexOf(file.path) + 1)
    for (const path of paths) {
      const source = this.cache.read(this.options.files, path)
      if (source) return source
    }
    return null
  }

  // ------------------------------------------------------------------------------------------------------- conditionals

  private conditional(file: SourceText, directive: Directive): boolean {
    const { name } = directive
    if (name === 'if' || name === 'ifdef' || name === 'ifndef') {
      const outer = this.isActive()
      const active = outer && this.condition(file, directive, name)
      this.conditionals.push({ file, directive, active, done: active || !outer, sawElse: false })
      return true
    }
    if (!name.startsWith('el') && name !== 'endif') return false
    const current = this.conditionals.at(-1)
    if (!current) {
      this.fail(directive, 'directive', `#${name} without #if`)
      return true
    }
    if (name === 'endif') this.conditionals.pop()
    else this.branch(file, directive, current)
    return true
  }

  private branch(file: SourceText, directive: Directive, current: Conditional): void {
    if (current.sawElse) this.fail(directive, 'directive', `#${directive.name} after #else`)
    if (directive.name === 'else') {
      current.sawElse = true
      current.active = !current.done
    } else current.active = !current.done && this.condition(file, directive, directive.name.slice(2))
    current.done ||= current.active
  }

  private condition(file: SourceText, directive: Directive, kind: string): boolean {
    if (kind !== 'if') {
      const name = this.oneName(file, directive)
      return name !== null && this.isDefined(file, directive, name) === (kind === 'ifdef')
    }
    const tokens = this.operators(file, directive)
    const result = typeof tokens === 'string' ? tokens : evaluateCondition(new Expander(this, null).expandAll(tokens))
    if (typeof result === 'boolean') return result
    this.fail(directive, 'directive', result)
    return false
  }

  private isDefined(file: SourceText, directive: Directive, name: string): boolean {
    const macro = this.macros.get(name)
    if (macro) this.uses.push({ name, file, start: directive.rest, end: directive.end, macro })
    return macro !== undefined || name === '__has_include' || name === '__has_include_next'
  }

  /** The tokens of `#if` with `defined` and `__has_include` answered. */
  private operators(file: SourceText, directive: Directive): PpToken[] | string {
    const reader = new PpReader(file.text, directive.rest, directive.end)
    const out: PpToken[] = []
    for (let token = reader.next(); token; token = reader.next()) {
      if (token.text === 'defined') {
        let name = reader.next()
        const parenthesised = name?.text === '('
        if (parenthesised) name = reader.next()
        if (name?.kind !== 'name') return "'defined' needs the name of a macro"
        if (parenthesised && reader.next()?.text !== ')') return "'defined(' without ')'"
        out.push(ppToken('number', this.isDefined(file, directive, name.text) ? '1' : '0'))
      } else if (token.text === '__has_include' || token.text === '__has_include_next') {
        const match = /\s*\(\s*(?:"([^"\n]*)"|<([^>\n]*)>)\s*\)/y
        match.lastIndex = reader.position
        const found = match.exec(file.text)
        if (!found) return `${token.text} needs ("file") or (<file>)`
        reader.position = match.lastIndex
        const exists = this.open(file, (found[1] ?? found[2])!, found[2] !== undefined, token.text.endsWith('next'))
        out.push(ppToken('number', exists ? '1' : '0'))
      } else out.push(token)
    }
    return out
  }
}

/** Parsed `#define` lines, kept with the files they stand in. */
const definitions = new WeakMap<Directive, Macro | string>()
