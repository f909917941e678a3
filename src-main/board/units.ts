/** IOMMU units of the tree: every node with `#iommu-cells`. */
import type { BoardIommu } from '@shared/board.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import type { DtNode } from '../devicetree/tree.ts'
import type { BoardBindings } from './bindings.ts'
import { descendants, has, isAvailable, stringsOf } from './cells.ts'
import { reportAt } from './diagnostics.ts'
import { recogniseIommu, UNKNOWN_IOMMU } from './iommus.ts'

/** Units in tree order; one that nobody knows gets the default model and a note. */
export function boardIommus(root: DtNode, bindings: BoardBindings, diagnostics: Diagnostic[]): BoardIommu[] {
  const nodes = [...descendants(root)].filter((n) => has(n, '#iommu-cells') && isAvailable(n))
  return nodes.map((node) => {
    const compatible = stringsOf(node, 'compatible')
    const place = { path: node.path, compatible, span: node.nameSpan }
    const bound = bindings.iommu?.(node)
    if (bound) return { ...place, ...bound }
    const known = recogniseIommu(compatible)
    if (!known) diagnostics.push(unknownUnit(node, compatible))
    const { model, iovaBits, pageSizes } = known ?? UNKNOWN_IOMMU
    return { ...place, model, iovaBits, pageSizes: [...pageSizes], identity: false, oneGroup: false }
  })
}

const unknownUnit = (node: DtNode, compatible: string[]): Diagnostic =>
  reportAt(
    node.nameSpan,
    'info',
    'unknown-iommu',
    `${node.path}: no model of ${compatible[0] ?? 'this unit'} is known; it is treated as one with 48 address bits and pages of 4 KiB, 2 MiB and 1 GiB`,
  )
