import type { Signature } from '@shared/language.ts'
import { type DtNode, findProperty } from '../tree.ts'
import { type At, lookAt } from './at.ts'
import { bindingOf } from './bindings.ts'
import { cellCount, cellsOf } from './decode.ts'
import type { Snapshot } from './snapshot.ts'

/** Which cell is being written: address, size, reference or argument, by the counts that hold there. */
export function signatureAt(snapshot: Snapshot, file: string, offset: number): Signature | null {
  const at = lookAt(snapshot, file, offset)
  const { where, property, cell } = at.context
  if (where !== 'cells' || !property) return null
  const binding = bindingOf(property)
  const parts = partsOf(snapshot, at, property)
  if (parts.length === 0) return null
  const isArgs = binding?.cells === 'phandle-args' || parts[0] === '&provider'
  const { reference } = at.context
  const position = isArgs ? (reference ? reference.cellsAfter + 1 : 0) : cell % parts.length
  return build(property, parts, Math.min(position, parts.length - 1), binding?.meaning ?? '')
}

function build(property: string, parts: string[], active: number, documentation: string): Signature {
  let label = `${property} = <`
  const parameters = parts.map((part, n): [number, number] => {
    if (n) label += ' '
    const start = label.length
    label += part
    return [start, label.length]
  })
  return { label: label + '>', documentation, parameters, active }
}

function partsOf(snapshot: Snapshot, at: At, property: string): string[] {
  const parent = at.node?.parent ?? snapshot.node(at.path?.replace(/\/[^/]*$/, '') || '/')
  const address = cellCount(parent, '#address-cells')
  const size = cellCount(parent, '#size-cells')
  switch (bindingOf(property)?.cells ?? null) {
    case 'address-size':
      return [...words('address', address), ...words('size', size)]
    case 'address':
      return words(property, address)
    case 'size':
      return words('size', size)
    case 'ranges':
      return [
        ...words('child', cellCount(at.node, '#address-cells')),
        ...words('parent', address),
        ...words('size', cellCount(at.node, '#size-cells')),
      ]
    case 'one':
      return [property]
    case 'phandles':
      return ['&node']
    case 'phandle-args':
      return ['&provider', ...argumentsOf(snapshot, at)]
    default:
      return property === 'interrupts'
        ? interruptParts(snapshot, at.node)
        : at.context.reference
          ? ['&provider', ...argumentsOf(snapshot, at)]
          : []
  }
}

const words = (name: string, count: number): string[] =>
  count === 1
    ? [name]
    : count === 2
      ? [`${name}-high`, `${name}-low`]
      : Array.from({ length: count }, (_, n) => `${name}-${n}`)

/** Names for the cells after a reference, as the provider's `#…-cells` counts them. */
function argumentsOf(snapshot: Snapshot, { context }: At): string[] {
  if (!context.reference) return ['argument']
  const provider = snapshot.node(snapshot.pathOfTarget(context.reference.target))
  const name = `#${(context.property ?? '').replace(/s$/, '')}-cells`
  const count = provider ? cellsOf(findProperty(provider, name))[0] : undefined
  return Array.from({ length: Math.min(count ?? 1, 8) }, (_, n) => (count === 1 ? 'argument' : `argument${n + 1}`))
}

function interruptParts(snapshot: Snapshot, node: DtNode | null): string[] {
  for (let at = node; at; at = at.parent) {
    const parent = cellsOf(findProperty(at, 'interrupt-parent'))[0]
    if (parent === undefined) continue
    const controller = [...snapshot.tree.labels.values()]
      .map((path) => snapshot.node(path))
      .find((n) => n?.phandle === parent)
    const count = controller ? cellsOf(findProperty(controller, '#interrupt-cells'))[0] : undefined
    return count === 3 ? ['type', 'number', 'flags'] : Array.from({ length: count ?? 1 }, (_, n) => `cell${n + 1}`)
  }
  return ['interrupt']
}
