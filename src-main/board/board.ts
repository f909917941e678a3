/** Tree → Board: everything that the kernel, the sizing and the views want to know of a board, and what is wrong with it. */
import type { BlobFacts, Board } from '@shared/board.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import { findChild, findProperty, type DtNode, type DtTree } from '../devicetree/tree.ts'
import { writeBlob } from '../devicetree/index.ts'
import { maxDmaCpuAddress } from './address.ts'
import type { BoardBindings } from './bindings.ts'
import { cellCounts, descendants, isAvailable, stringsOf } from './cells.ts'
import { boardDevices, type Phandles } from './devices.ts'
import { labNode } from './lab-node.ts'
import { memoryBanks, memoryNodes, reservedMemory } from './memory.ts'
import { boardIommus } from './units.ts'

/**
 * The board that a tree describes. Never fails: what cannot be read is reported and left out.
 * `bindings`: what drivers know beside the tree.
 */
export function boardFromTree(tree: DtTree, bindings: BoardBindings = {}): { board: Board; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  const { root } = tree
  const phandles: Phandles = new Map(
    [...descendants(root)].flatMap((n) => (n.phandle ? [[n.phandle, n] as const] : [])),
  )
  const counts = cellCounts(root)
  const chosen = findChild(root, 'chosen')
  const board: Board = {
    model: stringsOf(root, 'model')[0] ?? '',
    compatible: stringsOf(root, 'compatible'),
    addressCells: counts.address,
    sizeCells: counts.size,
    memory: memoryBanks(root, diagnostics),
    memreserve: tree.memreserve.map(({ address, size, span }) => ({
      base: Number(address),
      size: Number(size),
      span,
    })),
    reservedMemory: reservedMemory(root),
    devices: boardDevices(root, phandles, bindings, diagnostics),
    iommus: boardIommus(root, bindings, diagnostics),
    bootargs: (chosen && stringsOf(chosen, 'bootargs')[0]) ?? '',
    bootargsSpan: (chosen && findProperty(chosen, 'bootargs')?.span) ?? null,
    cpus: countCpus(root),
    cpuCompatible: (findChild(root, 'cpus')?.children ?? []).flatMap((n) => stringsOf(n, 'compatible')),
    lab: labNode(root, phandles, diagnostics),
    blob: blobFacts(tree),
    span: root.spans[0] ?? null,
    memorySpan: memoryNodes(root)[0]?.nameSpan ?? null,
    maxDmaCpuAddr: maxDmaCpuAddress(root),
  }
  return { board, diagnostics }
}

function countCpus(root: DtNode): number {
  const cpus = findChild(root, 'cpus')?.children ?? []
  return Math.max(1, cpus.filter((n) => stringsOf(n, 'device_type')[0] === 'cpu' && isAvailable(n)).length)
}

function blobFacts(tree: DtTree): BlobFacts {
  const nodes = [tree.root, ...descendants(tree.root)]
  return {
    bytes: writeBlob(tree, {}).length,
    properties: nodes.reduce((sum, n) => sum + n.properties.length, 0),
    nodeNames: nodes.map((n) => n.name),
    chosen: findChild(tree.root, 'chosen')?.properties.map((p) => p.name) ?? null,
  }
}
