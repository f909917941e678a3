import type { LiveNode } from '../livetree.ts'
import { addressCells, cellAtIndex, type Check, type CheckContext, hex, isNamed, sizeCells, textOf } from './check.ts'

/** Buses that are told by device_type, compatible or name: what they have to say, and how their children's unit addresses look. */
function pciBridge(context: CheckContext, node: LiveNode): void {
  if (textOf(node.property('device_type')) !== 'pci') return
  context.bus.set(node, 'pci')
  if (!isNamed(node, 'pci') && !isNamed(node, 'pcie')) context.fail(node, null, 'node name is not "pci" or "pcie"')
  if (!node.property('ranges')) context.fail(node, null, 'missing ranges for PCI bridge (or not a bridge)')
  if (addressCells(node) !== 3) context.fail(node, null, 'incorrect #address-cells for PCI bridge')
  if (sizeCells(node) !== 2) context.fail(node, null, 'incorrect #size-cells for PCI bridge')
  const range = node.property('bus-range')
  if (!range) return
  if (range.bytes.length !== 8) return context.fail(node, range, 'value must be 2 cells')
  const [first, last] = [cellAtIndex(range, 0)!, cellAtIndex(range, 1)!]
  if (first > last) context.fail(node, range, '1st cell must be less than or equal to 2nd cell')
  if (last > 0xff) context.fail(node, range, 'maximum bus number must be less than 256')
}

function pciDeviceBusNum(context: CheckContext, node: LiveNode): void {
  if (!node.parent || context.bus.get(node.parent) !== 'pci') return
  const reg = cellAtIndex(node.property('reg')!, 0)
  if (reg === null) return
  const bus = (reg >>> 16) & 0xff
  const range = node.parent.property('bus-range')
  const [first, last] = range ? [cellAtIndex(range, 0) ?? 0, cellAtIndex(range, 1) ?? 0] : [0, 0]
  if (bus < first || bus > last)
    context.fail(node, range ?? null, `PCI bus number ${bus} out of range, expected (${first} - ${last})`)
}

function pciDeviceReg(context: CheckContext, node: LiveNode): void {
  if (!node.parent || context.bus.get(node.parent) !== 'pci') return
  const reg = node.property('reg')!
  const [first, second, third] = [cellAtIndex(reg, 0), cellAtIndex(reg, 1), cellAtIndex(reg, 2)]
  if (first === null) return
  if (second || third) context.fail(node, reg, 'PCI reg config space address cells 2 and 3 must be 0')
  if (first >>> 24) context.fail(node, reg, 'PCI reg address is not configuration space')
  if (first & 0xff) context.fail(node, reg, 'PCI reg config space address register number must be 0')
  const [device, func] = [(first & 0xf800) >> 11, (first & 0x700) >> 8]
  if (func === 0 && node.unitAddress === hex(device)) return
  // dtc prints into five bytes
  const expected = `${hex(device)},${hex(func)}`.slice(0, 4)
  if (node.unitAddress !== expected) context.fail(node, null, `PCI unit address format error, expected "${expected}"`)
}

const isCompatible = (node: LiveNode, compatible: string): boolean => {
  const property = node.property('compatible')
  return (
    property !== undefined &&
    String.fromCharCode(...property.bytes)
      .split('\0')
      .slice(0, -1)
      .includes(compatible)
  )
}

function simpleBusReg(context: CheckContext, node: LiveNode): void {
  const { parent } = node
  if (!parent || context.bus.get(parent) !== 'simple') return
  const ranges = node.property('ranges')
  const value = node.property('reg') ?? (ranges?.bytes.length ? ranges : undefined)
  if (!value || (value.bytes.length === 0 && value !== ranges)) {
    if (parent.parent && context.bus.get(node) !== 'simple')
      context.fail(node, null, 'missing or empty reg/ranges property')
    return
  }
  const skip = value === ranges ? addressCells(node) : 0
  let address = 0n
  for (let index = 0; index < addressCells(parent); index++)
    address = BigInt.asUintN(64, (address << 32n) | BigInt(cellAtIndex(value, skip + index) ?? 0))
  if (node.unitAddress !== hex(address))
    context.fail(node, null, `simple-bus unit address format error, expected "${hex(address)}"`)
}

// ------------------------------------------------------------------------------------------------------------------ i2c, spi

function i2cBusBridge(context: CheckContext, node: LiveNode): void {
  if (isNamed(node, 'i2c')) {
    // dtc compares with as many characters as this node's name has
    if (node.children.some((child) => child.name.slice(0, 3) === 'i2c-bus')) return
  } else if (!isNamed(node, 'i2c-bus') && !isNamed(node, 'i2c-arb')) return
  context.bus.set(node, 'i2c')
  if (!node.hadChildren) return
  if (addressCells(node) !== 1) context.fail(node, null, 'incorrect #address-cells for I2C bus')
  if (sizeCells(node) !== 0) context.fail(node, null, 'incorrect #size-cells for I2C bus')
}

const ownSlaveAddress = 0x40000000
const tenBitAddress = 0x80000000

function i2cBusReg(context: CheckContext, node: LiveNode): void {
  if (!node.parent || context.bus.get(node.parent) !== 'i2c') return
  const reg = node.property('reg')
  const first = reg && cellAtIndex(reg, 0)
  if (!reg || first === null || first === undefined) return context.fail(node, null, 'missing or empty reg property')
  const expected = hex((first & ~ownSlaveAddress) >>> 0)
  if (node.unitAddress !== expected)
    context.fail(node, null, `I2C bus unit address format error, expected "${expected}"`)
  for (let index = 0; index * 4 < reg.bytes.length; index++)
    i2cAddress(context, node, ((cellAtIndex(reg, index) ?? 0) & ~ownSlaveAddress) >>> 0)
}

function i2cAddress(context: CheckContext, node: LiveNode, address: number): void {
  const reg = node.property('reg')!
  if (address >= tenBitAddress) {
    if (address - tenBitAddress > 0x3ff)
      context.fail(node, reg, `I2C address must be less than 10-bits, got "0x${hex(address)}"`)
  } else if (address > 0x7f)
    context.fail(
      node,
      reg,
      `I2C address must be less than 7-bits, got "0x${hex(address)}". Set I2C_TEN_BIT_ADDRESS for 10 bit addresses or fix the property`,
    )
}

function spiBusBridge(context: CheckContext, node: LiveNode): void {
  if (isNamed(node, 'spi')) context.bus.set(node, 'spi')
  else {
    if (addressCells(node) !== 1 || sizeCells(node) !== 0) return
    const isSpi = node.children.some((child) => child.properties.some((property) => property.name.startsWith('spi-')))
    if (isSpi) context.bus.set(node, 'spi')
    if (context.bus.get(node) === 'spi' && node.property('reg'))
      context.fail(node, null, "node name for SPI buses should be 'spi'")
  }
  if (context.bus.get(node) !== 'spi' || !node.hadChildren) return
  const expected = node.property('spi-slave') ? 0 : 1
  if (addressCells(node) !== expected) context.fail(node, null, 'incorrect #address-cells for SPI bus')
  if (sizeCells(node) !== 0) context.fail(node, null, 'incorrect #size-cells for SPI bus')
}

function spiBusReg(context: CheckContext, node: LiveNode): void {
  if (!node.parent || context.bus.get(node.parent) !== 'spi' || node.parent.property('spi-slave')) return
  const reg = node.property('reg')
  const first = reg ? cellAtIndex(reg, 0) : null
  if (first === null) return context.fail(node, null, 'missing or empty reg property')
  if (node.unitAddress !== hex(first))
    context.fail(node, null, `SPI bus unit address format error, expected "${hex(first)}"`)
}

// prettier-ignore
export const busChecks: Check[] = [
  { name: 'pci_bridge', level: 'warning', needs: ['device_type_is_string', 'addr_size_cells'], on: 'device_type', run: pciBridge },
  { name: 'pci_device_reg', level: 'warning', needs: ['reg_format', 'pci_bridge'], on: 'reg', run: pciDeviceReg },
  { name: 'pci_device_bus_num', level: 'warning', needs: ['reg_format', 'pci_bridge'], on: 'reg', run: pciDeviceBusNum },
  { name: 'simple_bus_bridge', level: 'warning', needs: ['addr_size_cells', 'compatible_is_string_list'], on: 'compatible', run: (context, node) => { if (isCompatible(node, 'simple-bus')) context.bus.set(node, 'simple') } },
  { name: 'simple_bus_reg', level: 'warning', needs: ['reg_format', 'simple_bus_bridge'], run: simpleBusReg },
  { name: 'i2c_bus_bridge', level: 'warning', needs: ['addr_size_cells'], run: i2cBusBridge },
  { name: 'i2c_bus_reg', level: 'warning', needs: ['reg_format', 'i2c_bus_bridge'], run: i2cBusReg },
  { name: 'spi_bus_bridge', level: 'warning', needs: ['addr_size_cells'], run: spiBusBridge },
  { name: 'spi_bus_reg', level: 'warning', needs: ['reg_format', 'spi_bus_bridge'], run: spiBusReg },
]
