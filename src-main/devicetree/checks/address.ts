import type { LiveNode } from '../livetree.ts'
import {
  addressCells,
  type Check,
  type CheckContext,
  failUnlessString,
  isMultipleOf,
  rawAddressCells,
  rawSizeCells,
  sizeCells,
  textOf,
} from './check.ts'
import { nodeByPath } from '../livetree.ts'

/** As C counts: absurd numbers of cells wrap. */
const cellBytes = (cells: number): number => (cells * 4) | 0

/** `reg`, `ranges` and unit addresses, and the style of /chosen and /aliases. */
function regFormat(context: CheckContext, node: LiveNode): void {
  const reg = node.property('reg')!
  if (!node.parent) return context.fail(node, null, 'Root node has a "reg" property')
  const { length } = reg.bytes
  if (length === 0) context.fail(node, reg, 'property is empty')
  const [address, size] = [addressCells(node.parent), sizeCells(node.parent)]
  if (!isMultipleOf(length, cellBytes(address + size)))
    context.fail(
      node,
      reg,
      `property has invalid length (${length} bytes) (#address-cells == ${address}, #size-cells == ${size})`,
    )
}

const rangesFormat =
  (name: string) =>
  (context: CheckContext, node: LiveNode): void => {
    const ranges = node.property(name)!
    const { parent } = node
    if (!parent) return context.fail(node, ranges, `Root node has a "${name}" property`)
    const { length } = ranges.bytes
    const [parentAddress, parentSize, address, size] = [
      addressCells(parent),
      sizeCells(parent),
      addressCells(node),
      sizeCells(node),
    ]
    if (length > 0) {
      if (!isMultipleOf(length, cellBytes(parentAddress + address + size)))
        context.fail(
          node,
          ranges,
          `"${name}" property has invalid length (${length} bytes) (parent #address-cells == ${parentAddress}, child #address-cells == ${address}, #size-cells == ${size})`,
        )
      return
    }
    const differs = (what: string, mine: number, theirs: number): void => {
      if (mine !== theirs)
        context.fail(
          node,
          ranges,
          `empty "${name}" property but its ${what} (${mine}) differs from ${parent.path} (${theirs})`,
        )
    }
    differs('#address-cells', address, parentAddress)
    differs('#size-cells', size, parentSize)
  }

function unitAddressVsReg(context: CheckContext, node: LiveNode): void {
  if (node.child('__overlay__')) return
  const addressed =
    node.property('reg') ?? (node.property('ranges')?.bytes.length ? node.property('ranges') : undefined)
  if (addressed && !node.unitAddress) context.fail(node, null, 'node has a reg or ranges property, but no unit name')
  if (!addressed && node.unitAddress) context.fail(node, null, 'node has a unit name, but no reg or ranges property')
}

function unitAddressFormat(context: CheckContext, node: LiveNode): void {
  if (node.parent && context.bus.has(node.parent)) return
  let unit = node.unitAddress
  if (unit.startsWith('0x')) {
    context.fail(node, null, 'unit name should not have leading "0x"')
    unit = unit.slice(2)
  }
  if (/^0[0-9a-fA-F]/.test(unit)) context.fail(node, null, 'unit name should not have leading 0s')
}

function avoidDefaultAddrSize(context: CheckContext, node: LiveNode): void {
  if (!node.parent) return
  if (rawAddressCells(node.parent) === -1) context.fail(node, null, 'Relying on default #address-cells value')
  if (rawSizeCells(node.parent) === -1) context.fail(node, null, 'Relying on default #size-cells value')
}

function avoidUnnecessaryAddrSize(context: CheckContext, node: LiveNode): void {
  if (!node.parent || rawAddressCells(node) < 0 || rawSizeCells(node) < 0) return
  if (node.property('ranges') || !node.hadChildren || node.children.some((child) => child.property('reg'))) return
  context.fail(node, null, 'unnecessary #address-cells/#size-cells without "ranges" or child "reg" property')
}

const uniqueUnitAddress =
  (onlyEnabled: boolean) =>
  (context: CheckContext, node: LiveNode): void => {
    if (rawAddressCells(node) < 0 || rawSizeCells(node) < 0) return
    const seen = new Map<string, LiveNode[]>()
    for (const child of node.children) {
      const unit = child.unitAddress
      if (!unit || (onlyEnabled && textOf(child.property('status')) === 'disabled')) continue
      const earlier = seen.get(unit) ?? []
      for (const other of earlier) context.fail(other, null, `duplicate unit-address (also used in node ${child.path})`)
      seen.set(unit, [...earlier, child])
    }
  }

// -------------------------------------------------------------------------------------------------------- chosen, aliases

function obsoleteChosenInterruptController(context: CheckContext, node: LiveNode): void {
  const chosen = node.parent ? null : nodeByPath(node, '/chosen')
  const property = chosen?.property('interrupt-controller')
  if (property) context.fail(node, property, '/chosen has obsolete "interrupt-controller" property')
}

function chosenStdoutPath(context: CheckContext, node: LiveNode): void {
  const old = node.property('linux,stdout-path')
  if (node.name !== 'chosen') return
  if (node.property('stdout-path')) return failUnlessString(context, node, 'stdout-path')
  if (!old) return
  context.fail(node, old, "Use 'stdout-path' instead")
  failUnlessString(context, node, 'linux,stdout-path')
}

function aliasPaths(context: CheckContext, node: LiveNode): void {
  if (node.name !== 'aliases') return
  for (const property of node.properties) {
    if (property.name === 'phandle' || property.name === 'linux,phandle') continue
    const path = textOf(property)
    if (property.bytes.length === 0 || !nodeByPath(context.tree.root, path))
      context.fail(
        node,
        property,
        `aliases property is not a valid node (${property.bytes.length === 0 ? '(null)' : path})`,
      )
    else if (/[^a-z0-9-]/.test(property.name))
      context.fail(node, null, "aliases property name must include only lowercase and '-'")
  }
}

// prettier-ignore
export const addressChecks: Check[] = [
  { name: 'addr_size_cells', level: 'warning', needs: ['address_cells_is_cell', 'size_cells_is_cell'], run: (context) => { context.cellsAreRead = true } },
  { name: 'reg_format', level: 'warning', needs: ['addr_size_cells'], on: 'reg', run: regFormat },
  { name: 'ranges_format', level: 'warning', needs: ['addr_size_cells'], on: 'ranges', run: rangesFormat('ranges') },
  { name: 'dma_ranges_format', level: 'warning', needs: ['addr_size_cells'], on: 'dma-ranges', run: rangesFormat('dma-ranges') },
  { name: 'unit_address_vs_reg', level: 'warning', run: unitAddressVsReg },
  { name: 'unit_address_format', level: 'warning', needs: ['node_name_format', 'pci_bridge', 'simple_bus_bridge'], run: unitAddressFormat },
]

// prettier-ignore
export const addressStyleChecks: Check[] = [
  { name: 'avoid_default_addr_size', level: 'warning', needs: ['addr_size_cells'], on: (name) => name === 'reg' || name === 'ranges', run: avoidDefaultAddrSize },
  { name: 'avoid_unnecessary_addr_size', level: 'warning', needs: ['avoid_default_addr_size'], on: '#address-cells', run: avoidUnnecessaryAddrSize },
  { name: 'unique_unit_address', level: 'warning', needs: ['avoid_default_addr_size'], on: '#address-cells', run: uniqueUnitAddress(false) },
  { name: 'unique_unit_address_if_enabled', level: 'off', needs: ['avoid_default_addr_size'], on: '#address-cells', run: uniqueUnitAddress(true) },
  { name: 'obsolete_chosen_interrupt_controller', level: 'warning', run: obsoleteChosenInterruptController },
  { name: 'chosen_node_is_root', level: 'warning', run: (context, node) => { if (node.name === 'chosen' && node.parent !== context.tree.root) context.fail(node, null, 'chosen node must be at root node') } },
  { name: 'chosen_node_bootargs', level: 'warning', on: 'bootargs', run: (context, node) => { if (node.name === 'chosen') failUnlessString(context, node, 'bootargs') } },
  { name: 'chosen_node_stdout_path', level: 'warning', on: (name) => name === 'stdout-path' || name === 'linux,stdout-path', run: chosenStdoutPath },
]

export const aliasCheck: Check = { name: 'alias_paths', level: 'warning', run: aliasPaths }
