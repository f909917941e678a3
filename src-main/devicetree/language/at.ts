import type { DtNode } from '../tree.ts'
import { type NodeKind, kindOf } from './bindings.ts'
import { contextAt, type TextContext } from './context.ts'
import type { Snapshot } from './snapshot.ts'

/** A place of a file with what stands around it, in the text and in the tree. */
export interface At {
  file: string
  text: string
  offset: number
  context: TextContext
  /** Path of the node whose body the place is in; null at the top level, and where a reference leads nowhere. */
  path: string | null
  node: DtNode | null
  kind: NodeKind
}

export function lookAt(snapshot: Snapshot, file: string, offset: number): At {
  const text = snapshot.text(file)
  const context = contextAt(text, offset)
  const path = pathOfChain(snapshot, context.chain)
  const node = snapshot.node(path)
  return { file, text, offset, context, path, node, kind: kindOf(path, node) }
}

/** Where a chain of heads as they are written (`&label`, `cam@0`) leads to. */
export function pathOfChain(snapshot: Snapshot, chain: readonly string[]): string | null {
  const [first, ...rest] = chain
  if (first === undefined) return null
  const base = first.startsWith('&') ? snapshot.pathOfTarget(first.slice(1).replace(/^\{|\}$/g, '')) : '/'
  if (base === null) return null
  return rest.reduce((path, name) => `${path === '/' ? '' : path}/${name}`, base)
}
