import type { LiveNode, LiveProperty } from '../livetree.ts'
import { cellAtIndex, cellOf, type Check, type CheckContext, isPhandle } from './check.ts'
import { isCell } from './types.ts'

/** Lists of phandles with arguments: each provider says in a `#…-cells` property how many arguments follow its phandle. */
interface Provider {
  cells: string
  /** Without the property there are no arguments. */
  isOptional: boolean
}

function phandleArguments(context: CheckContext, node: LiveNode, property: LiveProperty, provider: Provider): void {
  const { length } = property.bytes
  if (length % 4 !== 0)
    return context.fail(node, property, `property size (${length}) is invalid, expected multiple of 4`)
  for (let cell = 0; cell < length / 4;) {
    const count = argumentsAt(context, node, property, provider, cell)
    if (count === null) return
    if ((cell + count + 1) * 4 > length)
      return context.fail(node, property, `property size (${length}) too small for cell size ${count | 0}`)
    cell += count + 1
  }
}

/** How many arguments follow the phandle at `cell`; null to give up on this property. */
function argumentsAt(
  context: CheckContext,
  node: LiveNode,
  property: LiveProperty,
  provider: Provider,
  cell: number,
): number | null {
  const phandle = cellAtIndex(property, cell)!
  // 0 and -1 skip an optional entry; in an overlay they are references to the base
  if (!isPhandle(phandle)) return context.tree.plugin ? null : 0
  if (
    property.markers.length > 0 &&
    !property.markers.some((marker) => marker.type === 'phandle' && marker.offset === cell * 4)
  )
    context.fail(node, property, `cell ${cell} is not a phandle reference`)
  const target = context.resolver.byPhandle.get(phandle)
  if (!target || target.deleted) {
    context.fail(node, property, `Could not get phandle node for (cell ${cell})`)
    return null
  }
  const count = cellOf(target, provider.cells)
  if (count !== null) return count
  if (provider.isOptional) return 0
  context.fail(
    node,
    null,
    `Missing property '${provider.cells}' in node ${target.path} or bad phandle (referred from ${property.name}[${cell}])`,
  )
  return null
}

const providerChecks = (stem: string, property: string, cells: string, isOptional = false): Check[] => [
  {
    name: `${stem}_property`,
    level: 'warning',
    needs: [`${stem}_is_cell`, 'phandle_references'],
    on: property,
    run: (context, node) => phandleArguments(context, node, node.property(property)!, { cells, isOptional }),
  },
  isCell(`${stem}_is_cell`, cells),
]

const isGpio = (name: string): boolean =>
  !name.endsWith(',nr-gpios') && (/-gpios?$/.test(name) || name === 'gpios' || name === 'gpio')

function gpiosProperty(context: CheckContext, node: LiveNode): void {
  if (node.property('gpio-hog')) return
  for (const property of node.properties)
    if (isGpio(property.name)) phandleArguments(context, node, property, { cells: '#gpio-cells', isOptional: false })
}

function deprecatedGpioProperty(context: CheckContext, node: LiveNode): void {
  for (const property of node.properties)
    if (isGpio(property.name) && property.name.endsWith('gpio'))
      context.fail(node, property, "'[*-]gpio' is deprecated, use '[*-]gpios' instead")
}

export const phandleChecks: Check[] = [
  ...providerChecks('clocks', 'clocks', '#clock-cells'),
  ...providerChecks('cooling_device', 'cooling-device', '#cooling-cells'),
  ...providerChecks('dmas', 'dmas', '#dma-cells'),
  ...providerChecks('hwlocks', 'hwlocks', '#hwlock-cells'),
  ...providerChecks('interrupts_extended', 'interrupts-extended', '#interrupt-cells'),
  ...providerChecks('io_channels', 'io-channels', '#io-channel-cells'),
  ...providerChecks('iommus', 'iommus', '#iommu-cells'),
  ...providerChecks('mboxes', 'mboxes', '#mbox-cells'),
  ...providerChecks('msi_parent', 'msi-parent', '#msi-cells', true),
  ...providerChecks('mux_controls', 'mux-controls', '#mux-control-cells'),
  ...providerChecks('phys', 'phys', '#phy-cells'),
  ...providerChecks('power_domains', 'power-domains', '#power-domain-cells'),
  ...providerChecks('pwms', 'pwms', '#pwm-cells'),
  ...providerChecks('resets', 'resets', '#reset-cells'),
  ...providerChecks('sound_dai', 'sound-dai', '#sound-dai-cells'),
  ...providerChecks('thermal_sensors', 'thermal-sensors', '#thermal-sensor-cells'),
  { name: 'deprecated_gpio_property', level: 'off', on: isGpio, run: deprecatedGpioProperty },
  { name: 'gpios_property', level: 'warning', needs: ['phandle_references'], on: isGpio, run: gpiosProperty },
]
