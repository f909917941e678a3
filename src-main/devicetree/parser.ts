import type { Diagnostic } from '@shared/diagnostics.ts'
import type { AstItem, AstLabel, AstMemreserve, AstNode, AstProperty, AstRange, AstReference, AstUnit } from './ast.ts'
import { ExpressionParser } from './expression.ts'
import { Lexer } from './lexer.ts'
import type { SourceText, Unit } from './source.ts'
import { parseValue } from './value.ts'

/**
 * Devicetree source → syntax tree, after dtc's grammar. Parsing never fails: at a syntax error it says what it expected, skips to the
 * end of the statement and goes on, so that one run reports every error of a file and the editor always has a tree.
 */
export interface ParserHost {
  include(name: string, from: SourceText): SourceText | null
  /** Content of an `/incbin/` file; null when it cannot be found. */
  incbin(name: string, from: SourceText): Uint8Array | null
}

const maximumNodeDepth = 200
const maximumErrors = 200

export class Parser {
  readonly lexer: Lexer
  readonly diagnostics: Diagnostic[] = []
  readonly expressions: ExpressionParser
  private depth = 0

  constructor(
    readonly unit: Unit,
    text: string,
    readonly host: ParserHost,
  ) {
    this.lexer = new Lexer(unit, text, {
      include: (name, from, start, end) => this.openInclude(name, from, start, end),
      error: (start, end, code, message) => this.error(start, end, code, message),
    })
    this.expressions = new ExpressionParser(this)
  }

  parse(): AstUnit {
    this.lexer.next()
    const plugin = this.headers()
    const memreserves: AstMemreserve[] = []
    const items: AstItem[] = []
    while (this.lexer.kind !== 'end') {
      const labels = this.labels()
      if (this.at('/memreserve/')) this.memreserve(labels, memreserves, items)
      else this.item(labels, items)
      if (this.diagnostics.length >= maximumErrors) break
    }
    if (!items.length && !this.diagnostics.length) this.expected('a root node: / { … };')
    return { plugin, memreserves, items }
  }

  // ------------------------------------------------------------------------------------------------------------- tokens

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

  error(start: number, end: number, code: string, message: string): void {
    const span = this.unit.span(start, end)
    const related = this.macroTrail(start)
    this.diagnostics.push({ severity: 'error', code, message, ...span, ...(related ? { related } : {}) })
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
    this.error(previousEnd - 1, previousEnd, 'syntax', `syntax error: expected ';' before ${describeToken(this.lexer)}`)
    const { file, endLine: line, endColumn: column } = this.unit.span(previousEnd - 1, previousEnd)
    const edit = { file, line, column, endLine: line, endColumn: column, newText: ';' }
    this.diagnostics.at(-1)!.fixes = [{ title: 'Insert the missing semicolon', edits: [edit] }]
  }

  private openInclude(name: string, from: SourceText, start: number, end: number): SourceText | null {
    const file = this.host.include(name, from)
    if (!file) this.error(start, end, 'include-not-found', `cannot find "${name}"; add its folder with -i`)
    return file
  }

  // -------------------------------------------------------------------------------------------------------------- units

  private headers(): boolean {
    let plugin: boolean | null = null
    if (!this.at('/dts-v1/')) this.expected("'/dts-v1/;' at the beginning of the file")
    while (this.at('/dts-v1/') || this.at('/plugin/')) {
      const { start, end } = this.lexer
      let flag = false
      if (this.take('/dts-v1/')) this.expect(';', "';'")
      if (this.take('/plugin/')) {
        flag = true
        this.expect(';', "';'")
      }
      if (plugin !== null && flag !== plugin)
        this.error(
          start,
          end,
          'header-flags',
          "this header's /plugin/ does not match the earlier one; write the same header in every file",
        )
      plugin ??= flag
    }
    return plugin ?? false
  }

  private memreserve(labels: AstLabel[], into: AstMemreserve[], items: AstItem[]): void {
    const start = labels[0]?.start ?? this.lexer.start
    if (items.length) this.expected('memory reservations before the first node')
    this.lexer.next()
    const address = this.expressions.primary()
    const size = address === null ? null : this.expressions.primary()
    if (address === null || size === null) return this.skipStatement()
    into.push({ labels, address, size, start, end: this.lexer.end })
    this.semicolon()
  }

  private item(labels: AstLabel[], items: AstItem[]): void {
    const start = labels[0]?.start ?? this.lexer.start
    const first = items.length === 0
    if (this.at('/') && !labels.length) {
      this.lexer.next()
      const node = this.body(this.openedBy({ start, end: this.lexer.previousEnd }, start))
      if (node) items.push({ kind: 'root', labels, reference: null, node, start, end: node.end })
    } else if (this.lexer.kind === 'reference' || this.lexer.kind === 'path-reference') {
      if (labels[1])
        this.error(
          labels[1].start,
          labels[1].end,
          'syntax',
          'syntax error: only one label may stand before a reference',
        )
      const reference = this.reference()
      const node = this.body(this.openedBy(reference, start))
      if (node) items.push({ kind: 'extend', labels, reference, node, start, end: node.end })
    } else if ((this.at('/delete-node/') || this.at('/omit-if-no-ref/')) && !labels.length) {
      this.commandItem(start, first, items)
    } else {
      this.expected("'/ {', '&label {', '/delete-node/ &label;' or '/omit-if-no-ref/ &label;'")
      this.skipStatement()
    }
  }

  private commandItem(start: number, first: boolean, items: AstItem[]): void {
    const kind = this.at('/delete-node/') ? 'delete' : 'omit'
    if (first) this.expected("a node before it: '/ { … };'")
    this.lexer.next()
    if (this.lexer.kind !== 'reference' && this.lexer.kind !== 'path-reference') {
      this.expected('a reference: &label or &{/path}')
      return this.skipStatement()
    }
    const reference = this.reference()
    items.push({ kind, labels: [], reference, node: null, start, end: this.lexer.end })
    this.semicolon()
  }

  // -------------------------------------------------------------------------------------------------------------- nodes

  private emptyNode(labels: AstLabel[], start: number): AstNode {
    const at = this.lexer.start
    // prettier-ignore
    return { labels, name: '', nameStart: start, nameEnd: at, isOmit: false, isDelete: false, properties: [], children: [], start, end: at, bodyStart: at, bodyEnd: at }
  }

  /** A node opened by `/` or a reference: that stands for its name. */
  private openedBy(opener: AstRange, start: number): AstNode {
    return { ...this.emptyNode([], start), nameStart: opener.start, nameEnd: opener.end }
  }

  /** `{ … };` into the node; null when there is no `{`. */
  private body(node: AstNode): AstNode | null {
    if (!this.at('{')) {
      this.expected("'{'")
      this.skipStatement()
      return null
    }
    node.bodyStart = this.lexer.start
    if (++this.depth > maximumNodeDepth) {
      this.error(this.lexer.start, this.lexer.end, 'node-depth', `nodes nest more than ${maximumNodeDepth} deep`)
      this.depth--
      this.skipBlock()
      return node
    }
    this.lexer.next()
    while (!this.at('}') && this.lexer.kind !== 'end' && this.diagnostics.length < maximumErrors) this.member(node)
    this.depth--
    node.bodyEnd = this.lexer.end
    if (!this.expect('}', "'}' to close this node")) {
      node.end = this.lexer.start
      return node
    }
    node.end = this.lexer.end
    this.semicolon()
    return node
  }

  private member(node: AstNode): void {
    const { start } = this.lexer
    const labels = this.labels()
    if (this.at('/delete-property/')) this.deleteProperty(node, labels, start)
    else if (this.at('/delete-node/')) this.deleteNode(node, labels, start)
    else if (this.at('/omit-if-no-ref/')) this.omitNode(node, labels, start)
    else if (this.lexer.kind === 'name') this.named(node, labels, start, false)
    else {
      this.expected("a property, a node or '}'")
      this.skipStatement()
    }
  }

  private deleteProperty(node: AstNode, labels: AstLabel[], start: number): void {
    this.lexer.next()
    if (this.lexer.kind !== 'name') {
      this.expected('the name of the property to delete')
      return this.skipStatement()
    }
    this.finishProperty(node, this.property(labels, start, true))
  }

  private deleteNode(node: AstNode, labels: AstLabel[], start: number): void {
    this.lexer.next()
    if (this.lexer.kind !== 'name') {
      this.expected('the name of the node to delete (a reference can only be deleted outside of nodes)')
      return this.skipStatement()
    }
    const child = this.emptyNode(labels, start)
    child.isDelete = true
    this.takeNodeName(child)
    child.end = this.lexer.end
    node.children.push(child)
    this.semicolon()
  }

  private omitNode(node: AstNode, labels: AstLabel[], start: number): void {
    this.lexer.next()
    labels.push(...this.labels())
    if (this.at('/omit-if-no-ref/')) return this.omitNode(node, labels, start)
    if (this.lexer.kind === 'name') return this.named(node, labels, start, true)
    this.expected('a node after /omit-if-no-ref/')
    this.skipStatement()
  }

  /** A name: what follows tells a property from a node. */
  private named(node: AstNode, labels: AstLabel[], start: number, isOmit: boolean): void {
    const property = this.property(labels, start, false)
    if (this.at('{')) {
      const child = this.emptyNode(labels, start)
      Object.assign(child, { name: property.name, nameStart: property.nameStart, nameEnd: property.nameEnd, isOmit })
      if (this.body(child)) node.children.push(child)
    } else if (isOmit) {
      this.expected("'{': /omit-if-no-ref/ is for nodes")
      this.skipStatement()
    } else this.finishProperty(node, property)
  }

  private takeNodeName(child: AstNode): void {
    child.name = this.lexer.text
    child.nameStart = this.lexer.start
    child.nameEnd = this.lexer.end
    this.lexer.next()
  }

  private property(labels: AstLabel[], start: number, isDelete: boolean): AstProperty {
    const { text: name, start: nameStart, end: nameEnd } = this.lexer
    this.lexer.next()
    return {
      labels,
      name,
      nameStart,
      nameEnd,
      parts: [],
      valueStart: nameEnd,
      valueEnd: nameEnd,
      isDelete,
      start,
      end: nameEnd,
    }
  }

  private finishProperty(node: AstNode, property: AstProperty): void {
    if (node.children.length)
      this.error(
        property.start,
        property.nameEnd,
        'property-after-node',
        `properties must precede subnodes; move '${property.name}' up`,
      )
    if (!property.isDelete && this.take('=')) {
      property.valueStart = this.lexer.start
      const complete = parseValue(this, property)
      property.valueEnd = this.lexer.previousEnd
      if (!complete) this.skipStatement()
      else property.end = this.semicolon()
    } else property.end = this.semicolon()
    node.properties.push(property)
  }

  // ------------------------------------------------------------------------------------------------------------- shared

  labels(): AstLabel[] {
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
  private semicolon(): number {
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

  private skipBlock(): void {
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
