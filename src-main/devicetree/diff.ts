import { cellAt } from './resolve.ts'
import type { DtNode, DtProperty, DtTree } from './tree.ts'

/**
 * What differs between two trees in meaning: order does not count, and phandles count by the node they lead to, not by their number.
 */
export interface TreeDifference {
  kind: 'added' | 'removed' | 'changed'
  path: string
  /** Null when it is the node itself. */
  property: string | null
  before: DtProperty | null
  after: DtProperty | null
}

export function diffTrees(before: DtTree, after: DtTree): TreeDifference[] {
  const differ = new Differ(before, after)
  differ.reservations()
  differ.nodes(before.root, after.root)
  return differ.found
}

const phandleNames = new Set(['phandle', 'linux,phandle'])

/** phandle → path, from the phandle properties. */
function phandles(tree: DtTree): Map<number, string> {
  const paths = new Map<number, string>()
  const visit = (node: DtNode): void => {
    for (const { name, bytes } of node.properties)
      if (phandleNames.has(name) && bytes.length === 4) paths.set(cellAt(bytes, 0), node.path)
    node.children.forEach(visit)
  }
  visit(tree.root)
  return paths
}

class Differ {
  readonly found: TreeDifference[] = []
  private readonly paths: [Map<number, string>, Map<number, string>]

  constructor(
    private readonly before: DtTree,
    private readonly after: DtTree,
  ) {
    this.paths = [phandles(before), phandles(after)]
  }

  reservations(): void {
    const list = (tree: DtTree): Set<string> =>
      new Set(tree.memreserve.map(({ address, size }) => `0x${address.toString(16)} 0x${size.toString(16)}`))
    const [mine, theirs] = [list(this.before), list(this.after)]
    const add = (kind: 'added' | 'removed', entry: string): void =>
      void this.found.push({ kind, path: `/memreserve/ ${entry}`, property: null, before: null, after: null })
    for (const entry of mine) if (!theirs.has(entry)) add('removed', entry)
    for (const entry of theirs) if (!mine.has(entry)) add('added', entry)
  }

  nodes(before: DtNode, after: DtNode): void {
    this.properties(before, after)
    const theirs = new Map(after.children.map((child) => [child.name, child]))
    for (const child of before.children) {
      const other = theirs.get(child.name)
      if (other) this.nodes(child, other)
      else this.found.push({ kind: 'removed', path: child.path, property: null, before: null, after: null })
      theirs.delete(child.name)
    }
    for (const child of theirs.values())
      this.found.push({ kind: 'added', path: child.path, property: null, before: null, after: null })
  }

  private properties(before: DtNode, after: DtNode): void {
    const theirs = new Map(after.properties.map((property) => [property.name, property]))
    const add = (kind: TreeDifference['kind'], mine: DtProperty | null, other: DtProperty | null): void =>
      void this.found.push({ kind, path: before.path, property: (mine ?? other)!.name, before: mine, after: other })
    for (const property of before.properties) {
      const other = theirs.get(property.name)
      theirs.delete(property.name)
      if (phandleNames.has(property.name)) continue
      if (!other) add('removed', property, null)
      else if (!this.isSame(property.bytes, other.bytes)) add('changed', property, other)
    }
    for (const property of theirs.values()) if (!phandleNames.has(property.name)) add('added', null, property)
  }

  /** Equal bytes, or cells that differ only where both are phandles of the same node. */
  private isSame(a: Uint8Array, b: Uint8Array): boolean {
    if (a.length !== b.length) return false
    for (let at = 0; at < a.length; at++) {
      if (a[at] === b[at]) continue
      const cell = at - (at % 4)
      if (cell + 4 > a.length) return false
      const path = this.paths[0].get(cellAt(a, cell))
      if (path === undefined || path !== this.paths[1].get(cellAt(b, cell))) return false
      at = cell + 3
    }
    return true
  }
}
