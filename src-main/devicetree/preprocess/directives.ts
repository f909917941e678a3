import type { Diagnostic } from '@shared/diagnostics.ts'
import { MarkedText, type MacroUse, type SourceText } from '../source.ts'
import type { CompileOptions } from '../tree.ts'
import { Assertions } from './assertions.ts'
import { Conditionals, type ConditionKind } from './conditionals.ts'
import { isSameMacro, type Macro, parseDefinition } from './definition.ts'
import { DirectiveTokens, Expander } from './expand.ts'
import type { LogicalText } from './logical.ts'
import { type ConditionHost, evaluateIf, headerName } from './operators.ts'
import { Output } from './output.ts'
import { Pragmas } from './pragma.ts'
import { builtinMacros } from './predefined.ts'
import type { FileRange, IncludeUse } from './preprocessor.ts'
import { printTokens } from './print.ts'
import type { Directive, ScannedFile } from './scan.ts'
import { candidatePaths, type SourceCache } from './sources.ts'
import { literalEnd, PpReader, PpToken, skipBlanks } from './token.ts'

const maximumIncludeDepth = 200
const maximumTokens = 1_000_000

/** The state of the preprocessor, and what directives do to it. Offsets are into the logical text of the file under work. */
export abstract class Directives implements ConditionHost {
  readonly macros: Map<string, Macro>
  readonly budget = { tokens: maximumTokens }
  protected readonly output: Output
  protected readonly definitions: Macro[] = []
  protected readonly uses: MacroUse[] = []
  protected readonly includes: IncludeUse[] = []
  protected readonly inactive: FileRange[] = []
  protected readonly diagnostics: Diagnostic[] = []
  /** What is under work: complaints stand here. */
  protected place = { start: 0, end: 0 }
  protected exhausted = false
  protected inArguments = false
  private logical!: LogicalText
  private conditionals = this.newConditionals()
  private readonly once = new Set<string>()
  private readonly pragmas: Pragmas
  private readonly assertions = new Assertions()
  private depth = 0
  /** Where the branch that is being left out begins. */
  private skippedFrom = 0

  constructor(
    protected readonly entry: SourceText,
    private readonly options: CompileOptions,
    private readonly cache: SourceCache,
  ) {
    this.output = new Output(entry)
    this.output.isMacro = (name) => this.macros.has(name)
    this.macros = builtinMacros({
      entryPath: entry.path,
      path: () => this.output.shown.path,
      depth: () => this.depth - 1,
      pragma: (text) => this.pragma(text),
    })
    this.pragmas = new Pragmas(this.macros)
    for (const [name, value] of Object.entries(options.defines ?? {})) this.commandLineDefine(name, value)
  }

  private commandLineDefine(name: string, value: string): void {
    const text = `${name} ${value}`
    const macro = parseDefinition(null, text, 0, text.length)
    if (typeof macro !== 'string') this.macros.set(macro.name, macro)
    else this.report(this.entry, 0, 0, 'error', 'bad-define', `-D ${name}=${value}: ${macro}`)
  }

  protected abstract file(file: SourceText): void

  protected get isActive(): boolean {
    return this.conditionals.isActive
  }

  /** Begins a file; what is returned ends it. */
  protected enterFile({ logical, openComment }: ScannedFile): () => void {
    const outer = [this.logical, this.conditionals, this.output.shown, this.skippedFrom] as const
    const { file } = logical
    this.logical = logical
    this.conditionals = this.newConditionals()
    this.output.shown = file
    this.depth++
    return () => {
      if (openComment && (openComment.inDirective || !this.isActive))
        this.fail(openComment, 'unterminated-comment', 'unterminated comment; close it with */')
      if (!this.isActive) this.leaveOut(logical.text.length)
      for (const directive of this.conditionals.open)
        this.fail(directive, 'unterminated-if', `#${directive.name} without #endif`)
      if (file.text.length > 0 && !file.text.endsWith('\n')) this.output.lineEnd(file)
      this.depth--
      ;[this.logical, this.conditionals, this.output.shown, this.skippedFrom] = outer
    }
  }

  private newConditionals(): Conditionals {
    return new Conditionals(
      (directive, kind) => this.condition(directive, kind),
      (directive, message) => this.fail(directive, 'directive', message),
    )
  }

  // -------------------------------------------------------------------------------------------------------- diagnostics

  private report(
    file: SourceText,
    start: number,
    end: number,
    severity: Diagnostic['severity'],
    code: string,
    message: string,
    related?: Diagnostic['related'],
  ): void {
    const span = this.output.shownAs(file).span(start, end)
    this.diagnostics.push({ severity, code, message, ...span, ...(related ? { related } : {}) })
  }

  private fail(
    at: { start: number; end: number },
    code: string,
    message: string,
    severity: Diagnostic['severity'] = 'error',
    related?: Diagnostic['related'],
  ): void {
    const { logical } = this
    this.report(logical.file, logical.start(at.start), logical.end(at.end), severity, code, message, related)
  }

  complain(message: string): void {
    this.fail(this.place, 'macro', message)
  }

  protected exhaust(message: string): void {
    if (this.exhausted) return
    this.exhausted = true
    this.fail(this.place, 'too-large', message)
  }

  lineAt(offset: number): number {
    const at = this.logical.start(offset < 0 ? this.place.start : offset)
    return this.output.shownAs(this.logical.file).span(at, at).line
  }

  // --------------------------------------------------------------------------------------------------------- directives

  protected directive(directive: Directive): void {
    const before = this.isActive
    this.place = directive
    if (!this.conditionals.take(directive)) {
      if (before) this.carryOut(directive)
      return
    }
    if (before && !this.isActive) this.skippedFrom = directive.end
    if (!before && this.isActive) this.leaveOut(directive.start)
  }

  private leaveOut(end: number): void {
    const { logical } = this
    this.inactive.push({ file: logical.file, start: logical.start(this.skippedFrom), end: logical.end(end) })
  }

  private carryOut(directive: Directive): void {
    switch (directive.name) {
      case 'define':
        return this.define(directive)
      case 'undef': {
        const name = this.oneName(directive)
        if (name !== null) this.macros.delete(name)
        return
      }
      case 'include':
      case 'include_next':
      case 'import':
        return this.include(directive)
      case 'ident':
      case 'sccs': {
        const text = new PpReader(this.logical.text, directive.rest, directive.end).next()
        return text?.kind === 'string'
          ? undefined
          : this.fail(directive, 'directive', `#${directive.name} needs a "text"`)
      }
      case 'assert':
      case 'unassert': {
        const complaint = this.assertions[directive.name](
          new PpReader(this.logical.text, directive.rest, directive.end),
        )
        return complaint === null ? undefined : this.fail(directive, 'directive', complaint)
      }
      case 'error':
      case 'warning':
        return this.fail(directive, directive.name, `#${directive.name} ${this.argument(directive)}`, directive.name)
      case 'pragma':
        return this.pragma(this.argument(directive))
      case 'line':
      case 'marker':
        return this.lineMarker(directive)
    }
  }

  private argument(directive: Directive): string {
    return this.logical.text.slice(directive.rest, directive.end).trim()
  }

  private define(directive: Directive): void {
    const { logical } = this
    const macro = (directive.definition ??= parseDefinition(logical, logical.text, directive.rest, directive.end))
    if (typeof macro === 'string') return this.fail(directive, 'bad-define', macro)
    const old = this.macros.get(macro.name)
    if (old && old !== macro && (old.builtin || !isSameMacro(old, macro))) {
      const related = old.file ? [{ ...old.file.span(old.start, old.end), message: 'defined here before' }] : undefined
      const message = `macro ${macro.name} is defined again, differently; #undef it first`
      this.report(logical.file, macro.start, macro.end, 'warning', 'macro-redefined', message, related)
    }
    this.macros.set(macro.name, macro)
    this.definitions.push(macro)
  }

  private oneName(directive: Directive): string | null {
    const token = new PpReader(this.logical.text, directive.rest, directive.end).next()
    if (token?.kind === 'name' && token.text !== 'defined') return token.text
    this.fail(directive, 'directive', `#${directive.name} needs the name of a macro`)
    return null
  }

  pragma(text: string): void {
    if (/^once\b/.test(text)) this.once.add(this.logical.file.path)
    const complaint = this.pragmas.take(text)
    if (complaint) this.fail(this.place, complaint.severity, complaint.message, complaint.severity)
  }

  /** `# 12 "file"` and `#line 12 "file"`: what follows counts as line 12 of that file. */
  private lineMarker(directive: Directive): void {
    const { file } = this.logical
    const match = /^(\d+)\s*(?:"((?:[^\\"]|\\.)*)".*)?$/.exec(this.expanded(directive.rest, directive))
    if (!match) return this.fail(directive, 'directive', '#line needs a line number, and may have a "file"')
    const path = match[2] ?? this.output.shown.path
    const next = file.lineOf(this.logical.end(directive.end)) + 2
    this.output.shown = new MarkedText(file, path, Number(match[1]) - next)
  }

  /** The text of a directive from `start` on, macros expanded. */
  private expanded(start: number, directive: Directive): string {
    const tokens = new DirectiveTokens(this.logical.text, start, directive.end)
    return printTokens(new Expander(this, tokens).expandRaw(), null).trim()
  }

  // ----------------------------------------------------------------------------------------------------------- includes

  private include(directive: Directive): void {
    if (this.inArguments) return this.complain(`#${directive.name} cannot stand in the arguments of a macro`)
    const found = this.includeName(directive)
    if (!found) return this.fail(directive, 'directive', `#${directive.name} needs "file" or <file>`)
    const { logical } = this
    const { name, angled } = found
    const target = this.open(name, angled, directive.name === 'include_next')
    const [start, end] = [logical.start(found.start), logical.end(found.end)]
    this.includes.push({ file: logical.file, start, end, name, target })
    if (!target) return this.fail(found, 'include-not-found', `cannot find "${name}"; add its folder with -i`)
    if (this.once.has(target.path)) return
    if (directive.name === 'import') this.once.add(target.path)
    if (this.depth < maximumIncludeDepth) return this.file(target)
    const message = `includes nest more than ${maximumIncludeDepth} deep; a file seems to include itself`
    this.fail(found, 'include-depth', message)
    this.exhausted = true
  }

  private includeName(directive: Directive): { name: string; start: number; end: number; angled: boolean } | null {
    const { text } = this.logical
    const start = skipBlanks(text, directive.rest, directive.end)
    const quote = text.charAt(start)
    if (quote === '"' || quote === '<') {
      const end = quote === '"' ? literalEnd(text, start) : text.indexOf('>', start) + 1
      if (end <= start + 2 || end > directive.end) return null
      return { name: text.slice(start + 1, end - 1), start, end, angled: quote === '<' }
    }
    const found = headerName(this.expanded(start, directive))
    return found && { ...found, start, end: directive.end }
  }

  private open(name: string, angled: boolean, next: boolean): SourceText | null {
    const { path: from } = this.logical.file
    let paths = candidatePaths(name, angled ? null : from, this.options.includeDirs ?? [])
    if (next) paths = paths.slice(paths.indexOf(from) + 1)
    for (const path of paths) {
      const source = this.cache.read(this.options.files, path)
      if (source) return source
    }
    return null
  }

  isThere(name: string, angled: boolean, next: boolean): boolean {
    return this.open(name, angled, next) !== null
  }

  // --------------------------------------------------------------------------------------------------------- conditions

  private condition(directive: Directive, kind: ConditionKind): boolean {
    if (kind !== 'if') {
      const name = this.oneName(directive)
      return name !== null && this.isDefined(name) === (kind === 'ifdef')
    }
    let wrong: string | null = null
    const asserted = (reader: PpReader): PpToken => {
      const answer = this.assertions.test(reader)
      if (typeof answer === 'string') wrong ??= answer
      return new PpToken('number', answer === true ? '1' : '0')
    }
    const { text } = this.logical
    const result = evaluateIf(new DirectiveTokens(text, directive.rest, directive.end, asserted), this)
    if (typeof result === 'boolean' && wrong === null) return result
    this.fail(directive, 'directive', wrong ?? (result as string))
    return false
  }

  isDefined(name: string): boolean {
    const { logical, place } = this
    const macro = this.macros.get(name)
    if (macro) {
      const directive = place as Partial<Directive>
      const [start, end] = [logical.start(directive.rest ?? place.start), logical.end(place.end)]
      this.uses.push({ name, file: logical.file, start, end, macro })
    }
    return macro !== undefined
  }
}
