import type { Landing } from '@shared/language.ts'
import type { Span } from '@shared/diagnostics.ts'
import type { AstItem, AstLabel, AstNode, AstReference } from '../ast.ts'
import type { ParseResult } from '../compile.ts'
import type { SourceText } from '../source.ts'
import { type DtNode, type DtTree, findChild } from '../tree.ts'

/** One node body of the source, with the path of the node that it ends up in; null where its reference leads nowhere. */
export interface WrittenNode {
  ast: AstNode
  item: AstItem
  path: string | null
  parent: WrittenNode | null
}

/**
 * A board at one revision, as the editor's questions need it: text, syntax tree, merged tree, and the ways between them. Made once a
 * revision; what a question needs beyond that is worked out when it is first asked.
 */
export class Snapshot {
  private written: WrittenNode[] | null = null
  private byPath: Map<string, SourceText> | null = null
  private nodes: Map<string, DtNode> | null = null

  constructor(
    readonly parsed: ParseResult,
    readonly tree: DtTree,
    /** Where early boot puts the node at a path; null for nodes that are no regions, and where nobody knows. */
    readonly landing: (nodePath: string) => Landing | null = () => null,
    /** Where what a word of the command line asks for ends up. */
    readonly argumentLanding: (name: string) => Landing | null = () => null,
  ) {}

  /** Every file that the board is made of. */
  get files(): Map<string, SourceText> {
    if (this.byPath) return this.byPath
    const files = new Map([[this.parsed.unit.entry.path, this.parsed.unit.entry]])
    for (const { target } of [...this.parsed.preprocessed.includes, ...this.parsed.includes])
      if (target) files.set(target.path, target)
    return (this.byPath = files)
  }

  text(file: string): string {
    return this.files.get(file)?.text ?? ''
  }

  /** Offset of a line and column; past the end of either, the end. */
  offset(file: string, line: number, column: number): number {
    const source = this.files.get(file)
    if (!source) return 0
    const { lineStarts, text } = source
    if (line > lineStarts.length) return text.length
    const end = line < lineStarts.length ? lineStarts[line]! - 1 : text.length
    return Math.min((lineStarts[line - 1] ?? 0) + column - 1, end)
  }

  span(file: string, start: number, end: number): Span {
    return this.files.get(file)!.span(start, end)
  }

  /** Place of a stretch of the unit in the files. */
  place = (range: { start: number; end: number }): Span => this.parsed.unit.span(range.start, range.end)

  /** Every node body, outer before inner, in source order. */
  get writtenNodes(): WrittenNode[] {
    if (this.written) return this.written
    const all: WrittenNode[] = []
    const visit = (ast: AstNode, item: AstItem, path: string | null, parent: WrittenNode | null): void => {
      const written = { ast, item, path, parent }
      all.push(written)
      for (const child of ast.children)
        visit(child, item, path === null ? null : `${path === '/' ? '' : path}/${child.name}`, written)
    }
    for (const item of this.parsed.ast.items) if (item.node) visit(item.node, item, this.pathOf(item.reference), null)
    return (this.written = all)
  }

  /** Path that a reference names; the root for none. */
  pathOf(reference: AstReference | null): string | null {
    return reference ? this.pathOfTarget(reference.target) : '/'
  }

  pathOfTarget(target: string): string | null {
    if (target.startsWith('/')) return target
    const [label, ...rest] = target.split('/')
    const base = this.tree.labels.get(label!)
    return base === undefined ? null : [base, ...rest].join('/')
  }

  node(path: string | null): DtNode | null {
    if (path === null) return null
    this.nodes ??= new Map()
    const known = this.nodes.get(path)
    if (known) return known
    let node: DtNode | undefined = this.tree.root
    for (const name of path.split('/')) if (name !== '') node = node && findChild(node, name)
    if (node) this.nodes.set(path, node)
    return node ?? null
  }

  /** Labels of nodes and properties, wherever they stand. */
  *labels(): Generator<AstLabel> {
    for (const { ast, item, parent } of this.writtenNodes) {
      if (!parent) yield* item.labels
      yield* ast.labels
      for (const property of ast.properties) {
        yield* property.labels
        for (const part of property.parts) {
          if (part.kind === 'label') yield part
          if (part.kind === 'bytes') yield* part.labels
          if (part.kind === 'cells')
            for (const element of part.elements) if (isObject(element) && element.kind === 'label') yield element
        }
      }
    }
  }

  *references(): Generator<AstReference> {
    for (const item of this.parsed.ast.items) if (item.reference) yield item.reference
    for (const { ast } of this.writtenNodes)
      for (const property of ast.properties)
        for (const part of property.parts) {
          if (part.kind === 'reference') yield part
          if (part.kind === 'cells')
            for (const element of part.elements) if (isObject(element) && element.kind === 'reference') yield element
        }
  }
}

const isObject = <T>(element: T | number | bigint): element is T => typeof element === 'object'
