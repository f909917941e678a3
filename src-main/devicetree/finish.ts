import type { Diagnostic } from '@shared/diagnostics.ts'
import { runChecks } from './checks/run.ts'
import type { LiveTree } from './livetree.ts'
import type { PhandleFormat } from './resolve.ts'
import { addFixups, addLabelTree, addLocalFixups, type Complain } from './symbols.ts'
import type { DtTree } from './tree.ts'

/** What happens to every tree once it is merged or read: references, checks, symbols, order. */
export interface FinishOptions {
  /** `-W` and `-E` options in order. */
  levels?: { error: boolean; name: string }[]
  /** `-@` */
  symbols?: boolean
  /** `-A` */
  autoAliases?: boolean
  /** `-L` */
  fixups?: boolean
  /** Leave out the checks that only warn. */
  quiet?: boolean
  /** `-H` */
  phandles?: PhandleFormat
  /** Names the tree in diagnostics that have no place in a source. */
  file?: string
}

/** Resolves, checks and completes the tree in place. */
export function finish(live: LiveTree, options: FinishOptions = {}): Diagnostic[] {
  const { symbols = false, levels = [], quiet = false, phandles = 'epapr' } = options
  const file = options.file ?? live.unit?.entry.path ?? ''
  const { diagnostics, resolver } = runChecks(live, { levels, symbols, quiet, phandles, file })
  const complain: Complain = (node, property, message) => {
    const span = property?.span ?? node.nameSpan ?? { file, line: 1, column: 1, endLine: 1, endColumn: 1 }
    diagnostics.push({ severity: 'warning', code: 'symbols', message, ...span })
  }
  if (options.autoAliases) addLabelTree(live, resolver, 'aliases', false, complain)
  if (symbols) addLabelTree(live, resolver, '__symbols__', true, complain)
  if (live.plugin || options.fixups) {
    addFixups(live, resolver, complain)
    addLocalFixups(live, resolver)
  }
  return diagnostics
}

/** The tree as later steps read it. */
export function toTree(live: LiveTree): DtTree {
  const labels = new Map<string, string>()
  for (const node of live.root.walk())
    for (const label of node.labels) if (!labels.has(label)) labels.set(label, node.path)
  const { root, memreserve, plugin, bootCpuid, readStrings } = live
  return { root, memreserve, labels, plugin, bootCpuid, ...(readStrings === undefined ? {} : { readStrings }) }
}

/** `-s`: properties, nodes and reservations in order of their names and addresses. */
export function sortTree(tree: DtTree): void {
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
  const sortNode = (node: DtTree['root']): void => {
    node.properties.sort(byName)
    node.children.sort(byName)
    node.children.forEach(sortNode)
  }
  sortNode(tree.root)
  tree.memreserve.sort(
    (a, b) =>
      Number(a.address > b.address) - Number(a.address < b.address) ||
      Number(a.size > b.size) - Number(a.size < b.size),
  )
}
