import type { Diagnostic } from '@shared/diagnostics.ts'
import type { AstLabel, AstReference } from './ast.ts'
import { Lexer } from './lexer.ts'
import type { SourceText, Unit } from './source.ts'

/** What the parser may ask for: files that the source names. */
export interface ParserHost {
  include(name: string, from: SourceText): SourceText | null
  /** Content of an `/incbin/` file; null when it cannot be found. */
  incbin(name: string, from: SourceText): Uint8Array | null
}

const noLabels: readonly AstLabel[] = []

/** The tokens of a unit as the grammar takes them; complaints, and the way back into step after a syntax error. */
export class TokenStream {
  readonly lexer: Lexer
  /** In the order of the source, whatever found them. */
  readonly diagnostics: Diagnostic[] = []
  /** Where each of them stands in the unit. */
  private readonly starts: number[] = []
  /** How many nodes are open. */
  protected depth = 0

  constructor(
    readonly unit: Unit,
    text: string,
    readonly host: ParserHost,
  ) {
    this.lexer = new Lexer(unit, text, {
      include: (name, from, start, end) => this.openInclude(name, from, start, end),
      error: (start, end, code, message) => this.error(start, end, code, message),
    })
  }

  private openInclude(name: string, from: SourceText, start: number, end: number): SourceText | null {
    const file = this.host.include(name, from)
    if (!file) this.error(start, end, 'include-not-found', `cannot find "${name}"; add its folder with -i`)
    return file
  }

  at(what: string): boolean {
    return (
      this.lexer.kind === what ||
      (this.lexer.text === what && (this.lexer.kind === 'punctuation' || this.lexer.kind === 'operator'))
    )
  }

  take(what: string): boolean {
    if (!this.at(what)) return false
    this.lexer.next()
    return true
  }

  /** Takes the token or complains; the statement goes on either way. */
  expect(what: string, hint: string): boolean {
    if (this.take(what)) return true
    this.expected(hint)
    return false
  }

  error(start: number, end: number, code: string, message: string): Diagnostic {
    const span = this.unit.span(start, end)
    const related = this.macroTrail(start)
    const diagnostic: Diagnostic = { severity: 'error', code, message, ...span, ...(related ? { related } : {}) }
    let at = this.starts.length
    while (at > 0 && this.starts[at - 1]! > start) at--
    this.starts.splice(at, 0, start)
    this.diagnostics.splice(at, 0, diagnostic)
    return diagnostic
  }

  /** Puts in front what earlier passes found. */
  prepend(diagnostics: Diagnostic[]): void {
    this.starts.unshift(...diagnostics.map(() => -1))
    this.diagnostics.unshift(...diagnostics)
  }

  /** A diagnostic inside an expansion stands at the use; the definition is related. */
  private macroTrail(start: number): Diagnostic['related'] {
    const use = this.unit.segmentAt(start)?.use
    if (!use?.macro.file) return undefined
    return [{ ...use.macro.file.span(use.macro.start, use.macro.end), message: `expanded from macro ${use.name}` }]
  }

  expected(what: string): void {
    const { lexer } = this
    if (what === "';'" && lexer.previousEnd > 0) return this.missingSemicolon()
    this.error(lexer.start, lexer.end, 'syntax', `syntax error: expected ${what}, found ${describeToken(lexer)}`)
  }

  /** A forgotten semicolon belongs to the statement before, not to the line on which it was noticed. */
  private missingSemicolon(): void {
    const { previousEnd } = this.lexer
    const message = `syntax error: expected ';' before ${describeToken(this.lexer)}`
    const diagnostic = this.error(previousEnd - 1, previousEnd, 'syntax', message)
    const { file, endLine: line, endColumn: column } = this.unit.span(previousEnd - 1, previousEnd)
    const edit = { file, line, column, endLine: line, endColumn: column, newText: ';' }
    diagnostic.fixes = [{ title: 'Insert the missing semicolon', edits: [edit] }]
  }

  labels(): readonly AstLabel[] {
    if (this.lexer.kind !== 'label') return noLabels
    const labels: AstLabel[] = []
    while (this.lexer.kind === 'label') {
      labels.push({ name: this.lexer.text, start: this.lexer.start, end: this.lexer.end - 1 })
      this.lexer.next()
    }
    return labels
  }

  reference(): AstReference {
    const { kind, text: target, start, end } = this.lexer
    this.lexer.next()
    return { kind: 'reference', target, isPath: kind === 'path-reference', start, end }
  }

  /** Takes `;`; returns where the statement ends. When it is missing the statement is taken as complete. */
  semicolon(): number {
    const { end } = this.lexer
    if (this.take(';')) return end
    this.expected("';'")
    const { previousEnd } = this.lexer
    if (this.startsLine()) this.lexer.rescanAsName()
    else if (!this.at('}') && this.lexer.kind !== 'end') this.skipStatement()
    return previousEnd
  }

  /** Whether the current token is the first of its line and may begin a statement. */
  private startsLine(): boolean {
    if (this.at('}') || this.lexer.kind === 'end') return false
    const { file, offset } = this.unit.locate(this.lexer.start)
    return file.text.slice(file.lineStarts[file.lineOf(offset)], offset).trim() === ''
  }

  /** Skips to the end of the statement: past the next `;`, over whole `{ … }` blocks, not past the `}` of the node around it. */
  skipStatement(): void {
    while (this.lexer.kind !== 'end') {
      if (this.take(';')) return
      if (this.at('}')) {
        if (this.depth > 0) return
        this.lexer.next()
      } else if (this.at('{')) {
        this.skipBlock()
        return
      } else this.lexer.next()
    }
  }

  skipBlock(): void {
    let open = 0
    do {
      if (this.at('{')) open++
      if (this.at('}')) open--
      this.lexer.next()
    } while (open > 0 && this.lexer.kind !== 'end')
    this.take(';')
  }
}

/** The token as it was written, shortened. */
function describeToken({ kind, text }: Lexer): string {
  if (kind === 'end') return 'the end of the file'
  const short = text.length > 40 ? text.slice(0, 40) + '…' : text
  if (kind === 'string') return `"${short}"`
  if (kind === 'char') return `'${short}'`
  const spelt = { label: `${short}:`, reference: `&${short}`, 'path-reference': `&{${short}}` }[kind as string]
  return `'${spelt ?? short}'`
}
