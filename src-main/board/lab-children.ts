/** Children of the /lab node: what board code registered for devices, and memory that boot takes away for an owner. */
import {
  CARVEOUT_ALLOCATORS,
  type CarveoutAllocatorName,
  type LabCarveout,
  type LabContiguous,
  type LabDeclared,
  type LabDmabounce,
  type LabNode,
} from '@shared/board.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import { KiB, type Bytes } from '@shared/units.ts'
import { findProperty, type DtNode } from '../devicetree/tree.ts'
import { cellOf, cellsOf, has, joinCells, stringsOf } from './cells.ts'
import { deviceName, type Phandles } from './devices.ts'
import { reportAt } from './diagnostics.ts'

const DMABOUNCE = 'carveout,dmabounce'
const CARVEOUT = 'carveout,carveout'
const CONTIGUOUS = 'carveout,contiguous'
const DECLARED = 'carveout,declared'
type Children = Pick<LabNode, 'dmabounce' | 'carveouts' | 'contiguous' | 'declared'>
const PAGE: Bytes = 4 * KiB

/** Every child is of one kind, by its `compatible`; what is wrong with one is reported and the child left out. */
export function labChildren(lab: DtNode, phandles: Phandles, diagnostics: Diagnostic[]): Children {
  const found: Children = { dmabounce: [], carveouts: [], contiguous: [], declared: [] }
  for (const node of lab.children) {
    const compatible = stringsOf(node, 'compatible')
    const say: Say = (property, message) =>
      void diagnostics.push(
        reportAt(
          findProperty(node, property)?.valueSpan ?? node.nameSpan,
          'error',
          'lab-child',
          `${node.path}: ${message}`,
        ),
      )
    if (compatible.includes(DMABOUNCE)) found.dmabounce.push(dmabounceOf(node, phandles, say))
    else if (compatible.includes(CARVEOUT)) found.carveouts.push(...carveoutOf(node, phandles, say))
    else if (compatible.includes(CONTIGUOUS)) found.contiguous.push(...contiguousOf(node, phandles, say))
    else if (compatible.includes(DECLARED)) found.declared.push(...declaredOf(node, phandles, say))
    else
      say(
        'compatible',
        `the lab knows no such node; set compatible to "${DMABOUNCE}", "${CARVEOUT}", "${CONTIGUOUS}" or "${DECLARED}"`,
      )
  }
  return found
}

type Say = (property: string, message: string) => void

function dmabounceOf(node: DtNode, phandles: Phandles, say: Say): LabDmabounce {
  return {
    devices: devicesOf(node, phandles, say),
    smallBytes: cellOf(node, 'small-size'),
    largeBytes: cellOf(node, 'large-size'),
    limit: numberOf(node, 'limit'),
    span: node.nameSpan,
  }
}

function carveoutOf(node: DtNode, phandles: Phandles, say: Say): LabCarveout[] {
  const place = placeOf(node, phandles, 'a carve-out', say)
  if (!place) return []
  return [
    {
      name: node.name,
      path: node.path,
      owner: stringsOf(node, 'owner')[0] ?? node.name,
      devices: devicesOf(node, phandles, say),
      ...place,
      allocator: allocatorOf(node, say),
      granuleBytes: granuleOf(node, say),
      isolated: has(node, 'isolated'),
      span: node.nameSpan,
    },
  ]
}

function declaredOf(node: DtNode, phandles: Phandles, say: Say): LabDeclared[] {
  const place = placeOf(node, phandles, 'declared memory', say)
  if (!place) return []
  const devices = devicesOf(node, phandles, say)
  if (devices.length > 1) say('devices', 'each device has declared memory of its own; write a node for each')
  const exclusive = has(node, 'exclusive')
  return devices.slice(0, 1).map((device) => ({
    name: node.name,
    path: node.path,
    device,
    ...place,
    exclusive,
    removed: false,
    span: node.nameSpan,
  }))
}

/** Where memory lies: a reserved region, or a size and perhaps a base. Null: neither, which is reported. */
function placeOf(
  node: DtNode,
  phandles: Phandles,
  what: string,
  say: Say,
): Pick<LabCarveout, 'region' | 'base' | 'sizeBytes'> | null {
  const region = regionOf(node, phandles, say)
  const sizeBytes = numberOf(node, 'size')
  const base = numberOf(node, 'base')
  if (region === undefined) return null
  if (region === null && !sizeBytes) {
    say('size', `${what} needs memory; write size = <BYTES>, or memory-region = <&NODE>`)
    return null
  }
  for (const [property, value] of [
    ['base', base],
    ['size', sizeBytes],
  ] as const)
    if (value !== null && value % PAGE !== 0) say(property, `${property} is no multiple of 4 KiB; memory goes by pages`)
  return { region, base, sizeBytes: sizeBytes ?? 0 }
}

function contiguousOf(node: DtNode, phandles: Phandles, say: Say): LabContiguous[] {
  const sizeBytes = numberOf(node, 'size')
  if (!sizeBytes) {
    say('size', 'an area needs a size; write size = <BYTES>')
    return []
  }
  return [{ name: node.name, devices: devicesOf(node, phandles, say), sizeBytes, span: node.nameSpan }]
}

/** Names, or phandles of the board's devices. */
function devicesOf(node: DtNode, phandles: Phandles, say: Say): string[] {
  const property = findProperty(node, 'devices')
  if (!property) {
    say('devices', 'nobody has it; write devices = <&LABEL>, or devices = "NAME" for a device that a script adds')
    return []
  }
  const cells = cellsOf(node, 'devices') ?? []
  if (cells.length === 0 || !cells.every((phandle) => phandles.has(phandle))) return stringsOf(node, 'devices')
  return cells.map((phandle) => deviceName(phandles.get(phandle)!))
}

/** Null: it has none; undefined: it refers to what is no reserved region. */
function regionOf(node: DtNode, phandles: Phandles, say: Say): string | null | undefined {
  const phandle = cellOf(node, 'memory-region')
  if (phandle === null) return null
  const target = phandles.get(phandle)
  if (target?.parent?.name === 'reserved-memory') return target.name
  say('memory-region', 'memory-region refers to no child of /reserved-memory; name one with &LABEL')
  return undefined
}

function allocatorOf(node: DtNode, say: Say): CarveoutAllocatorName {
  const asked = stringsOf(node, 'allocator')[0]
  const known = CARVEOUT_ALLOCATORS.find((name) => name === asked)
  if (asked !== undefined && !known)
    say('allocator', `allocator "${asked}" is not known; write one of ${CARVEOUT_ALLOCATORS.join(', ')}`)
  return known ?? 'first-fit'
}

function granuleOf(node: DtNode, say: Say): Bytes {
  const bytes = cellOf(node, 'granule')
  if (bytes === null) return PAGE
  if (bytes >= PAGE && Number.isInteger(Math.log2(bytes))) return bytes
  say('granule', 'granule must be a power of two of at least 4 KiB')
  return PAGE
}

const numberOf = (node: DtNode, name: string): Bytes | null => {
  const cells = cellsOf(node, name)
  return cells && cells.length > 0 ? joinCells(cells) : null
}
