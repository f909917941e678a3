/** Devices that may do DMA, as drivers/of/platform.c makes them from the tree, with what of_dma_configure() finds for each. */
import type { Diagnostic } from '@shared/diagnostics.ts'
import type { BoardDevice } from '@shared/board.ts'
import { findProperty, type DtNode } from '../devicetree/tree.ts'
import { dmaRangesOf, firstRegAddress } from './address.ts'
import type { BoardBindings } from './bindings.ts'
import { cellOf, cellsOf, has, isAvailable, stringsOf } from './cells.ts'
import { reportAt } from './diagnostics.ts'

/** phandle → node. */
export type Phandles = Map<number, DtNode>

/** Nodes that describe the machine and never become devices. */
const NOT_DEVICES = new Set([
  'cpus',
  'reserved-memory',
  'chosen',
  'aliases',
  'lab',
  'opp-table',
  'thermal-zones',
  '__symbols__',
])
const DEFAULT_DMA_BITS = 32

/** Every platform device of the tree, in tree order: children of the root and of buses whose addresses the CPU reaches. */
export function boardDevices(
  root: DtNode,
  phandles: Phandles,
  bindings: BoardBindings,
  diagnostics: Diagnostic[],
): BoardDevice[] {
  return platformNodes(root).map((node) => boardDevice(node, phandles, bindings, diagnostics))
}

function platformNodes(bus: DtNode): DtNode[] {
  return bus.children.flatMap((node) => {
    const isMemory = stringsOf(node, 'device_type')[0] === 'memory'
    if (NOT_DEVICES.has(node.name) || isMemory) return []
    return [...(has(node, 'compatible') ? [node] : []), ...(isBus(node) ? platformNodes(node) : [])]
  })
}

const isBus = (node: DtNode): boolean =>
  has(node, 'ranges') || stringsOf(node, 'compatible').some((c) => c === 'simple-bus' || c === 'simple-mfd')

function boardDevice(
  node: DtNode,
  phandles: Phandles,
  bindings: BoardBindings,
  diagnostics: Diagnostic[],
): BoardDevice {
  const ranges = dmaRangesOf(node)
  return {
    name: deviceName(node),
    path: node.path,
    labels: node.labels,
    compatible: stringsOf(node, 'compatible'),
    dmaBits: DEFAULT_DMA_BITS,
    coherent: isCoherent(node),
    memoryRegions: memoryRegions(node, phandles, diagnostics),
    noInit: false,
    dmaRanges: ranges ?? [],
    hasDmaRanges: ranges !== null,
    iommu: iommuOf(node, phandles, diagnostics),
    numaNode: cellOf(node, 'numa-node-id') ?? 0,
    enabled: isAvailable(node),
    span: node.nameSpan,
    ...bindings.device?.(node),
  }
}

/** of_device_make_bus_id(): `ADDRESS.NODE`, or the names up to the first node that has an address, joined by colons. */
export function deviceName(device: DtNode): string {
  const parts: string[] = []
  for (let node: DtNode | null = device; node?.parent; node = node.parent) {
    const address = firstRegAddress(node)
    if (address !== null) return [`${address.toString(16)}.${node.name.split('@')[0]}`, ...parts].join(':')
    parts.unshift(node.name)
  }
  return parts.join(':')
}

/** of_dma_is_coherent(): the nearest node above that says either. */
function isCoherent(device: DtNode): boolean {
  for (let node: DtNode | null = device; node; node = node.parent) {
    if (has(node, 'dma-coherent')) return true
    if (has(node, 'dma-noncoherent')) return false
  }
  return false
}

function memoryRegions(node: DtNode, phandles: Phandles, diagnostics: Diagnostic[]): BoardDevice['memoryRegions'] {
  return (cellsOf(node, 'memory-region') ?? []).flatMap((phandle) => {
    const target = phandles.get(phandle)
    if (target) return [{ path: target.path, name: target.name, enabled: isAvailable(target) }]
    diagnostics.push(dangling(node, 'memory-region', phandle))
    return []
  })
}

/** The first entry of `iommus`; a device behind several units counts as behind the first. */
function iommuOf(node: DtNode, phandles: Phandles, diagnostics: Diagnostic[]): BoardDevice['iommu'] {
  const cells = cellsOf(node, 'iommus')
  if (!cells?.length) return null
  const unit = phandles.get(cells[0]!)
  if (!unit) {
    diagnostics.push(dangling(node, 'iommus', cells[0]!))
    return null
  }
  if (!isAvailable(unit)) return null
  return { path: unit.path, streamIds: cells.slice(1, 1 + (cellOf(unit, '#iommu-cells') ?? 0)) }
}

const dangling = (node: DtNode, property: string, phandle: number): Diagnostic =>
  reportAt(
    findProperty(node, property)?.span ?? node.nameSpan,
    'error',
    'dangling-phandle',
    `${node.path}: ${property} refers to phandle ${phandle}, which no node has; name the node with &label`,
  )
