/**
 * Translation between buses: `ranges` and `dma-ranges`, as drivers/of/address.c reads them. Left out: PCI's three-cell addresses
 * beyond their memory part, ISA.
 */
import type { Bytes } from '@shared/units.ts'
import type { DtNode } from '../devicetree/tree.ts'
import { cellCounts, cellsOf, joinCells } from './cells.ts'

export interface BusRange {
  child: Bytes
  parent: Bytes
  size: Bytes
}

type RangesProperty = 'ranges' | 'dma-ranges'
/** Every device asks for the ranges of all its buses: they are read once a node. */
const read = {
  ranges: new WeakMap<DtNode, BusRange[] | null>(),
  'dma-ranges': new WeakMap<DtNode, BusRange[] | null>(),
}

/** Entries of `ranges` or `dma-ranges` of a bus; null: the property is absent, empty: addresses pass unchanged. */
export function busRanges(bus: DtNode, property: RangesProperty): BusRange[] | null {
  const known = read[property].get(bus)
  if (known !== undefined) return known
  const ranges = readRanges(bus, property)
  read[property].set(bus, ranges)
  return ranges
}

function readRanges(bus: DtNode, property: RangesProperty): BusRange[] | null {
  const cells = cellsOf(bus, property)
  if (!cells) return null
  const own = cellCounts(bus)
  const parentAddress = bus.parent ? cellCounts(bus.parent).address : 2
  const stride = own.address + parentAddress + own.size
  const entries: BusRange[] = []
  for (let at = 0; at + stride <= cells.length; at += stride) {
    const part = (from: number, count: number) => joinCells(cells.slice(at + from, at + from + count))
    entries.push({
      child: part(0, own.address),
      parent: part(own.address, parentAddress),
      size: part(own.address + parentAddress, own.size),
    })
  }
  return entries
}

/** An address on the bus `bus` as the CPU sees it; null when some bus above does not pass it. */
export function translate(address: Bytes, bus: DtNode, property: RangesProperty): Bytes | null {
  let at = address
  for (let node: DtNode | null = bus; node?.parent; node = node.parent) {
    const ranges = busRanges(node, property)
    // Of missing `dma-ranges` the kernel makes an identity; missing `ranges` close the bus.
    if (ranges === null && property === 'ranges') return null
    if (!ranges?.length) continue
    const entry = ranges.find((r) => at >= r.child && at < r.child + r.size)
    if (!entry) return null
    at = entry.parent + (at - entry.child)
  }
  return at
}

/** The first address of a node's `reg` as the CPU sees it; null without one. */
export function firstRegAddress(node: DtNode): Bytes | null {
  if (!node.parent) return null
  const counts = cellCounts(node.parent)
  const reg = cellsOf(node, 'reg')
  if (!reg || counts.address === 0 || reg.length < counts.address) return null
  return translate(joinCells(reg.slice(0, counts.address)), node.parent, 'ranges')
}

/**
 * The translations that a device's DMA goes through (of_dma_get_range()): the first non-empty `dma-ranges` above it.
 * Null where the tree says nothing, or not from the first bus on.
 */
export function dmaRangesOf(device: DtNode): { cpuAddr: Bytes; dmaAddr: Bytes; size: Bytes }[] | null {
  let found = false
  for (let bus = device.parent; bus; bus = bus.parent) {
    const ranges = busRanges(bus, 'dma-ranges')
    if (ranges?.length) return toCpu(bus, ranges)
    if (found && ranges === null) return null
    found = true
  }
  return null
}

function toCpu(bus: DtNode, ranges: BusRange[]): { cpuAddr: Bytes; dmaAddr: Bytes; size: Bytes }[] | null {
  const out = ranges.flatMap(({ child, parent, size }) => {
    const cpuAddr = bus.parent ? translate(parent, bus.parent, 'dma-ranges') : parent
    return cpuAddr === null ? [] : [{ cpuAddr, dmaAddr: child, size }]
  })
  return out.length ? out : null
}

/** of_dma_get_max_cpu_address(): the highest address that every bus with `dma-ranges` reaches, inclusive; null: none is limited. */
export function maxDmaCpuAddress(node: DtNode): Bytes | null {
  const own = busRanges(node, 'dma-ranges')?.length ? dmaEnd(node) : null
  const below = node.children.map(maxDmaCpuAddress)
  const limits = [own, ...below].filter((limit): limit is Bytes => limit !== null)
  return limits.length ? Math.min(...limits) : null
}

function dmaEnd(bus: DtNode): Bytes | null {
  const ends = (toCpu(bus, busRanges(bus, 'dma-ranges') ?? []) ?? []).map((r) => r.cpuAddr + r.size - 1)
  return ends.length ? Math.max(...ends) : null
}
