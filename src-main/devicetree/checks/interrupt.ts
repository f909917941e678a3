import type { LiveNode } from '../livetree.ts'
import { cellAtIndex, cellOf, type Check, type CheckContext, isMultipleOf, isPhandle } from './check.ts'

/** Interrupts: who provides them and whether the specifiers have the provider's size. */
const isProvider = (node: LiveNode): boolean =>
  node.property('interrupt-controller') !== undefined || node.property('interrupt-map') !== undefined

function interruptsProperty(context: CheckContext, node: LiveNode): void {
  const interrupts = node.property('interrupts')!
  const { length } = interrupts.bytes
  if (length % 4 !== 0) context.fail(node, interrupts, `size (${length}) is invalid, expected multiple of 4`)
  const controller = controllerOf(context, node)
  if (controller === 'given up') return
  if (!controller) return context.fail(node, null, 'Missing interrupt-parent')
  const cells = cellOf(controller, '#interrupt-cells')
  if (cells !== null && !isMultipleOf(length, cells * 4))
    context.fail(
      node,
      controller.property('#interrupt-cells')!,
      `size is (${length}), expected multiple of ${cells * 4}`,
    )
}

/** The nearest `interrupt-parent`, or the nearest node above that is a controller itself. */
function controllerOf(context: CheckContext, node: LiveNode): LiveNode | null | 'given up' {
  for (let at: LiveNode | null = node; at; at = at.parent) {
    if (at !== node && isProvider(at)) return at
    const property = at.property('interrupt-parent')
    if (!property) continue
    const phandle = cellAtIndex(property, 0) ?? 0
    if (!isPhandle(phandle)) {
      if (context.tree.plugin) return 'given up'
      context.fail(at, property, 'Invalid phandle')
      return null
    }
    const controller = context.resolver.byPhandle.get(phandle)
    if (!controller || controller.deleted) {
      context.fail(at, property, 'Bad phandle')
      return 'given up'
    }
    if (!isProvider(controller))
      context.fail(controller, null, 'Missing interrupt-controller or interrupt-map property')
    return controller
  }
  return null
}

function interruptProvider(context: CheckContext, node: LiveNode): void {
  if (!isProvider(node)) return
  for (const name of ['#interrupt-cells', '#address-cells'])
    if (!node.property(name)) context.fail(node, null, `Missing ${name} in interrupt provider`)
}

// prettier-ignore
export const interruptChecks: Check[] = [
  { name: 'interrupts_property', level: 'warning', on: 'interrupts', run: interruptsProperty },
  { name: 'interrupt_provider', level: 'warning', on: (name) => name === 'interrupt-controller' || name === 'interrupt-map', run: interruptProvider },
]
