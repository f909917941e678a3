/** The optional /lab node: what a devicetree cannot say of the machine. */
import { ARCHITECTURES, KERNELS, type LabNode } from '@shared/board.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import { findChild, findProperty, type DtNode } from '../devicetree/tree.ts'
import { cellsOf, stringsOf } from './cells.ts'
import type { Phandles } from './devices.ts'
import { reportAt } from './diagnostics.ts'
import { labChildren } from './lab-children.ts'

const OWN = new Set(['compatible', 'kernel', 'arch', 'config'])

export function labNode(root: DtNode, phandles: Phandles, diagnostics: Diagnostic[]): LabNode {
  const node = findChild(root, 'lab')
  const none = { dmabounce: [], carveouts: [], contiguous: [], declared: [], carveoutApi: false }
  if (!node) return { kernel: null, arch: null, config: [], properties: {}, ...none }
  const others = node.properties.filter((p) => !OWN.has(p.name))
  return {
    kernel: oneOf(node, 'kernel', KERNELS, diagnostics),
    arch: oneOf(node, 'arch', ARCHITECTURES, diagnostics),
    config: stringsOf(node, 'config').map((line) => line.replace(/^CONFIG_/, '')),
    properties: Object.fromEntries(
      others.map((p) => [p.name, isText(p.bytes) ? stringsOf(node, p.name) : (cellsOf(node, p.name) ?? [])]),
    ),
    ...labChildren(node, phandles, diagnostics),
    carveoutApi: findProperty(node, 'carveout-api') !== undefined,
  }
}

function oneOf<T extends string>(node: DtNode, name: string, known: readonly T[], diagnostics: Diagnostic[]): T | null {
  const value = stringsOf(node, name)[0]
  if (value === undefined) return null
  const match = known.find((k) => k === value)
  const span = findProperty(node, name)?.valueSpan ?? node.nameSpan
  if (!match)
    diagnostics.push(
      reportAt(span, 'error', `lab-${name}`, `/lab: ${name} "${value}" is not known; write one of ${known.join(', ')}`),
    )
  return match ?? null
}

/** Printable strings, each ended by a zero; dtc's own test for printing a property. */
const isText = (bytes: Uint8Array): boolean =>
  bytes.length > 1 && bytes.at(-1) === 0 && bytes[0] !== 0 && bytes.every((b) => b === 0 || (b >= 32 && b < 127))
