import { type DtProperty, type TreeDifference, writeSource } from '../devicetree/index.ts'

/** Differences as a patch would show them: removed lines with `-`, added ones with `+`, each under the path of its node. */
export function printDifferences(differences: TreeDifference[], before: string, after: string): string {
  if (differences.length === 0) return ''
  const lines = [`--- ${before}`, `+++ ${after}`]
  let path = ''
  for (const difference of differences) {
    if (difference.property === null) {
      lines.push(`${difference.kind === 'removed' ? '-' : '+'}${difference.path}`)
      path = ''
      continue
    }
    if (difference.path !== path) lines.push(`@@ ${difference.path} @@`)
    path = difference.path
    if (difference.before) lines.push(`-\t${printProperty(difference.before)}`)
    if (difference.after) lines.push(`+\t${printProperty(difference.after)}`)
  }
  return lines.join('\n') + '\n'
}

/** The property as a source file would have it. */
function printProperty(property: DtProperty): string {
  const root = {
    name: '',
    path: '/',
    labels: [],
    properties: [property],
    children: [],
    parent: null,
    phandle: null,
    spans: [],
    nameSpan: null,
  }
  return writeSource({ root, memreserve: [], labels: new Map(), plugin: false }).split('\n').at(-3)!.trim()
}
