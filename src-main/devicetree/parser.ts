import type { AstItem, AstLabel, AstMemreserve, AstNode, AstProperty, AstRange, AstUnit } from './ast.ts'
import { ExpressionParser } from './expression.ts'
import { TokenStream } from './token-stream.ts'
import { parseValue } from './value.ts'

/**
 * Devicetree source → syntax tree, after dtc's grammar. Parsing never fails: at a syntax error it says what it expected, skips to the
 * end of the statement and goes on, so that one run reports every error of a file and the editor always has a tree.
 */
const maximumNodeDepth = 200
const maximumErrors = 200

const noProperties: readonly AstProperty[] = []
const noNodes: readonly AstNode[] = []
const noParts: AstProperty['parts'] = []

export class Parser extends TokenStream {
  readonly expressions = new ExpressionParser(this)

  /** `known`: what is known of the beginning; only what comes after it is read. */
  parse(known: { ast: AstUnit; next: number } | null = null): AstUnit {
    if (known) this.lexer.startAt(known.next)
    this.lexer.next()
    const { plugin, memreserves, items } = known?.ast ?? { plugin: this.headers(), memreserves: [], items: [] }
    while (this.lexer.kind !== 'end') {
      const labels = this.labels()
      if (this.at('/memreserve/')) this.memreserve(labels, memreserves, items)
      else this.item(labels, items)
      if (this.diagnostics.length >= maximumErrors) break
    }
    if (!items.length && !this.diagnostics.length) this.expected('a root node: / { … };')
    return { plugin, memreserves, items }
  }

  // -------------------------------------------------------------------------------------------------------------- units

  private headers(): boolean {
    let plugin: boolean | null = null
    if (!this.at('/dts-v1/')) this.expected("'/dts-v1/;' at the beginning of the file")
    while (this.at('/dts-v1/') || this.at('/plugin/')) {
      const { start, end } = this.lexer
      if (plugin !== null && this.at('/plugin/')) this.expected("one '/plugin/;', right after '/dts-v1/;'")
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

  private memreserve(labels: readonly AstLabel[], into: AstMemreserve[], items: AstItem[]): void {
    const start = labels[0]?.start ?? this.lexer.start
    if (items.length) this.expected('memory reservations before the first node')
    this.lexer.next()
    const address = this.expressions.primary()
    const size = address === null ? null : this.expressions.primary()
    if (address === null || size === null) return this.skipStatement()
    into.push({ labels, address, size, start, end: this.lexer.end })
    this.semicolon()
  }

  private item(labels: readonly AstLabel[], items: AstItem[]): void {
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

  private emptyNode(labels: readonly AstLabel[], start: number): AstNode {
    const at = this.lexer.start
    // prettier-ignore
    return { labels, name: '', nameStart: start, nameEnd: at, isOmit: false, isDelete: false, properties: noProperties, children: noNodes, start, end: at, bodyStart: at, bodyEnd: at, closeEnd: at }
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
    node.end = node.bodyEnd
    node.closeEnd = this.semicolon()
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

  private deleteProperty(node: AstNode, labels: readonly AstLabel[], start: number): void {
    this.lexer.next()
    if (this.lexer.kind !== 'name') {
      this.expected('the name of the property to delete')
      return this.skipStatement()
    }
    this.finishProperty(node, this.property(labels, start, true))
  }

  private deleteNode(node: AstNode, labels: readonly AstLabel[], start: number): void {
    this.lexer.next()
    if (this.lexer.kind !== 'name') {
      this.expected('the name of the node to delete (a reference can only be deleted outside of nodes)')
      return this.skipStatement()
    }
    const child = this.emptyNode(labels, start)
    child.isDelete = true
    this.takeNodeName(child)
    child.end = this.lexer.end
    node.children = added(node.children, child)
    this.semicolon()
  }

  private omitNode(node: AstNode, labels: readonly AstLabel[], start: number): void {
    this.lexer.next()
    const all = labels.length > 0 ? [...labels, ...this.labels()] : this.labels()
    if (this.at('/omit-if-no-ref/')) return this.omitNode(node, all, start)
    if (this.lexer.kind === 'name') return this.named(node, all, start, true)
    this.expected('a node after /omit-if-no-ref/')
    this.skipStatement()
  }

  /** A name: what follows tells a property from a node. */
  private named(node: AstNode, labels: readonly AstLabel[], start: number, isOmit: boolean): void {
    const property = this.property(labels, start, false)
    if (this.at('{')) {
      const child = this.emptyNode(labels, start)
      Object.assign(child, { name: property.name, nameStart: property.nameStart, nameEnd: property.nameEnd, isOmit })
      if (this.body(child)) node.children = added(node.children, child)
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

  private property(labels: readonly AstLabel[], start: number, isDelete: boolean): AstProperty {
    const { text: name, start: nameStart, end: nameEnd } = this.lexer
    this.lexer.next()
    return {
      labels,
      name,
      nameStart,
      nameEnd,
      parts: noParts,
      valueStart: nameEnd,
      valueEnd: nameEnd,
      isDelete,
      start,
      end: nameEnd,
    }
  }

  private finishProperty(node: AstNode, property: AstProperty): void {
    const { length } = this.diagnostics
    const hasValue = !property.isDelete && this.take('=')
    if (hasValue) {
      property.valueStart = this.lexer.start
      const complete = parseValue(this, property)
      property.valueEnd = this.lexer.previousEnd
      if (!complete) this.skipStatement()
      else property.end = this.semicolon()
    } else property.end = this.semicolon()
    // a name with neither value nor semicolon is more likely a node without its brace
    if (node.children.length && (hasValue || this.diagnostics.length === length))
      this.error(
        property.start,
        property.nameEnd,
        'property-after-node',
        `properties must precede subnodes; move '${property.name}' up`,
      )
    node.properties = added(node.properties, property)
  }
}

/** With one more; the first makes a list of its own, since most nodes have none. */
function added<T>(list: readonly T[], item: T): readonly T[] {
  if (list.length === 0) return [item]
  ;(list as T[]).push(item)
  return list
}
