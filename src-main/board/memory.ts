/** RAM and what is reserved in it, as drivers/of/fdt.c and of_reserved_mem.c find it in the tree. Values stay raw where the kernel judges them. */
import type { Diagnostic } from '@shared/diagnostics.ts'
import type { MemoryBank, ReservedMemory, ReservedNode } from '@shared/board.ts'
import { findChild, findProperty, type DtNode } from '../devicetree/tree.ts'
import { cellCounts, cellOf, cellsOf, has, isAvailable, joinCells, stringsOf } from './cells.ts'
import { reportAt } from './diagnostics.ts'

/** Banks of the `device_type = "memory"` nodes below the root (early_init_dt_scan_memory()); banks of size zero are dropped. */
export function memoryBanks(root: DtNode, diagnostics: Diagnostic[]): MemoryBank[] {
  return memoryNodes(root).flatMap((node) => banksOf(root, node, diagnostics))
}

/** Nodes that describe RAM and are not switched off. */
export const memoryNodes = (root: DtNode): DtNode[] =>
  root.children.filter((n) => stringsOf(n, 'device_type')[0] === 'memory' && isAvailable(n))

function banksOf(root: DtNode, node: DtNode, diagnostics: Diagnostic[]): MemoryBank[] {
  const { address, size } = cellCounts(root)
  const name = has(node, 'linux,usable-memory') ? 'linux,usable-memory' : 'reg'
  const cells = cellsOf(node, name)
  if (!cells) return []
  const stride = address + size
  const span = findProperty(node, name)?.span ?? null
  if (cells.length % stride !== 0)
    diagnostics.push(
      reportAt(
        span,
        'error',
        'memory-reg-cells',
        `${node.path}: ${name} has ${cells.length} cells, which is no multiple of ${stride} (#address-cells ${address} + #size-cells ${size} of the root); write whole banks`,
      ),
    )
  const banks: MemoryBank[] = []
  for (let at = 0; at + stride <= cells.length; at += stride) {
    const start = joinCells(cells.slice(at, at + address))
    const bytes = joinCells(cells.slice(at + address, at + stride))
    if (bytes === 0) continue
    const numaNode = cellOf(node, 'numa-node-id') ?? 0
    banks.push({ node: node.path, start, end: start + bytes, numaNode, hotpluggable: has(node, 'hotpluggable'), span })
  }
  return banks
}

/** /reserved-memory; null when the tree has none. */
export function reservedMemory(root: DtNode): ReservedMemory | null {
  const node = findChild(root, 'reserved-memory')
  if (!node) return null
  return {
    addressCells: cellOf(node, '#address-cells'),
    sizeCells: cellOf(node, '#size-cells'),
    hasRanges: has(node, 'ranges'),
    span: node.nameSpan,
    nodes: node.children.map(reservedNode),
  }
}

function reservedNode(node: DtNode): ReservedNode {
  return {
    name: node.name,
    path: node.path,
    labels: node.labels,
    compatible: stringsOf(node, 'compatible'),
    reg: cellsOf(node, 'reg'),
    size: cellsOf(node, 'size'),
    alignment: cellsOf(node, 'alignment'),
    allocRanges: cellsOf(node, 'alloc-ranges'),
    noMap: has(node, 'no-map'),
    reusable: has(node, 'reusable'),
    linuxCmaDefault: has(node, 'linux,cma-default'),
    linuxDmaDefault: has(node, 'linux,dma-default'),
    enabled: isAvailable(node),
    phandle: node.phandle,
    span: node.nameSpan,
  }
}
