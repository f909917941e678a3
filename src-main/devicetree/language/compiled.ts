import type { Span } from '@shared/diagnostics.ts'
import type { CompiledView } from '@shared/language.ts'
import { writeSource } from '../treesource.ts'
import type { DtNode } from '../tree.ts'
import type { Snapshot } from './snapshot.ts'

/** The tree as dtc would print it, with the way from each of its lines back to the source. */
export function compiledView({ tree }: Snapshot): CompiledView {
  const text = writeSource(tree)
  const lines: (Span | null)[] = [null, null, ...tree.memreserve.map(({ span }) => span)]
  addNode(lines, tree.root)
  return { text, lines }
}

/** writeSource() gives a node its head, a line for each property, and for each child an empty line before it. */
function addNode(lines: (Span | null)[], node: DtNode): void {
  lines.push(node.nameSpan)
  for (const property of node.properties) lines.push(property.span)
  for (const child of node.children) {
    lines.push(null)
    addNode(lines, child)
  }
  lines.push(null)
}
