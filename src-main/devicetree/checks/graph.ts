import type { LiveNode } from '../livetree.ts'
import {
  cellAtIndex,
  cellOf,
  type Check,
  type CheckContext,
  hex,
  isNamed,
  isPhandle,
  rawAddressCells,
  rawSizeCells,
} from './check.ts'

/** Graphs of ports and endpoints that refer to each other. */
function graphNodes(context: CheckContext, node: LiveNode): void {
  for (const child of node.children) {
    if (!isNamed(child, 'endpoint') && !child.property('remote-endpoint')) continue
    context.bus.set(node, 'graph-port')
    const { parent } = node
    if (parent && !context.bus.has(parent) && (parent.name === 'ports' || node.property('reg')))
      context.bus.set(parent, 'graph-ports')
    return
  }
}

/** `#address-cells` and `#size-cells` as dtc knows them: 0 until `addr_size_cells` has read them, which these checks do not wait for. */
const knownCells = (context: CheckContext, node: LiveNode): [number, number] =>
  context.cellsAreRead ? [rawAddressCells(node), rawSizeCells(node)] : [0, 0]

function graphReg(context: CheckContext, node: LiveNode): void {
  const reg = node.property('reg')
  if (!reg) return
  if (reg.bytes.length !== 4) return context.fail(node, null, "graph node malformed 'reg' property")
  const expected = hex(cellAtIndex(reg, 0)!)
  if (node.unitAddress !== expected) context.fail(node, null, `graph node unit address error, expected "${expected}"`)
  const { parent } = node
  if (!parent) return
  const [address, size] = knownCells(context, parent)
  if (address !== 1)
    context.fail(node, node.property('#address-cells') ?? null, `graph node '#address-cells' is ${address}, must be 1`)
  if (size !== 0)
    context.fail(node, node.property('#size-cells') ?? null, `graph node '#size-cells' is ${size}, must be 0`)
}

function graphPort(context: CheckContext, node: LiveNode): void {
  if (context.bus.get(node) !== 'graph-port') return
  if (!isNamed(node, 'port')) context.fail(node, null, "graph port node name should be 'port'")
  graphReg(context, node)
}

function remoteEndpoint(context: CheckContext, endpoint: LiveNode): LiveNode | null {
  const phandle = cellOf(endpoint, 'remote-endpoint')
  if (phandle === null || !isPhandle(phandle)) return null
  const remote = context.resolver.byPhandle.get(phandle)
  if (!remote || remote.deleted) {
    context.fail(endpoint, endpoint.property('remote-endpoint')!, 'graph phandle is not valid')
    return null
  }
  return remote
}

function graphEndpoint(context: CheckContext, node: LiveNode): void {
  if (!node.parent || context.bus.get(node.parent) !== 'graph-port') return
  if (!isNamed(node, 'endpoint')) context.fail(node, null, "graph endpoint node name should be 'endpoint'")
  graphReg(context, node)
  const remote = remoteEndpoint(context, node)
  if (remote && remoteEndpoint(context, remote) !== node)
    context.fail(node, null, `graph connection to node '${remote.path}' is not bidirectional`)
}

function graphChildAddress(context: CheckContext, node: LiveNode): void {
  const bus = context.bus.get(node)
  if (bus !== 'graph-ports' && bus !== 'graph-port') return
  if (node.children.some((child) => (cellOf(child, 'reg') ?? 0) !== 0)) return
  if (node.children.length === 1 && knownCells(context, node)[0] !== -1)
    context.fail(
      node,
      null,
      `graph node has single child node '${node.children[0]!.name}', #address-cells/#size-cells are not necessary`,
    )
}

// prettier-ignore
export const graphChecks: Check[] = [
  { name: 'graph_nodes', level: 'warning', run: graphNodes },
  { name: 'graph_child_address', level: 'warning', needs: ['graph_nodes'], run: graphChildAddress },
  { name: 'graph_port', level: 'warning', needs: ['graph_nodes'], run: graphPort },
  { name: 'graph_endpoint', level: 'warning', needs: ['graph_nodes'], run: graphEndpoint },
]
