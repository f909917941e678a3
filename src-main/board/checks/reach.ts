/** Devices and their memory: what `memory-region` names, and whether mask and bus reach it. */
import type { BoardDevice } from '@shared/board.ts'
import { formatBytes, type AddressRange } from '@shared/units.ts'
import { findProperty } from '../../devicetree/tree.ts'
import { cellsOf, descendants, nodeByPath } from '../cells.ts'
import { hex, related, type BoardCheck, type CheckContext, type Finding } from './check.ts'
import { placeOf, type Region } from './region.ts'

const whereOf = ({ tree }: CheckContext, device: BoardDevice) => {
  const node = nodeByPath(tree.root, device.path)
  return (node && findProperty(node, 'memory-region')?.span) ?? device.span
}

function disabledRegions(context: CheckContext): Finding[] {
  return context.board.devices
    .filter((device) => device.enabled)
    .flatMap((device) =>
      device.memoryRegions
        .filter((region) => !region.enabled)
        .map((region) => {
          const target = nodeByPath(context.tree.root, region.path)
          return {
            at: whereOf(context, device),
            message: `${device.path}: memory-region names ${region.path}, which is disabled, so its driver gets no memory of its own and most then fail to probe; enable the region or drop it from memory-region`,
            related: related((target && findProperty(target, 'status')?.span) ?? null, 'disabled here'),
          }
        }),
    )
}

/** The CPU addresses that a device can name with its mask, through its bus. */
function reachOf({ dmaBits, dmaRanges, hasDmaRanges }: BoardDevice): AddressRange[] {
  const limit = 2 ** Math.min(dmaBits, 52)
  if (!hasDmaRanges) return [{ start: 0, end: limit }]
  return dmaRanges.flatMap(({ cpuAddr, dmaAddr, size }) => {
    const usable = Math.min(size, limit - dmaAddr)
    return usable > 0 ? [{ start: cpuAddr, end: cpuAddr + usable }] : []
  })
}

const reaches = (device: BoardDevice, { start, end }: AddressRange): boolean =>
  reachOf(device).some((range) => range.start <= start && end <= range.end)

const placeInRam = ({ ranges, placed }: Region): AddressRange | null => placed ?? ranges[0] ?? null

const limitText = (device: BoardDevice): string =>
  device.hasDmaRanges
    ? `the dma-ranges above it reach ${
        reachOf(device)
          .map((r) => `${hex(r.start)}–${hex(r.end - 1)}`)
          .join(', ') || 'nothing'
      }`
    : `a device has a mask of ${device.dmaBits} bits until its driver widens it`

/** Pools that a device names and cannot address. */
function ownAreas(context: CheckContext): Finding[] {
  return context.board.devices
    .filter((device) => device.enabled && !device.iommu)
    .flatMap((device) =>
      device.memoryRegions.flatMap(({ path }) => {
        const region = context.regions.find((candidate) => candidate.node.path === path)
        const place = region?.isPool ? placeInRam(region) : null
        if (!region || !place || reaches(device, place)) return []
        return [
          {
            at: whereOf(context, device),
            message: `${device.path} cannot reach its area ${region.node.name} at ${hex(place.start)}–${hex(place.end - 1)}: ${limitText(device)}; put the area lower with alloc-ranges or reg`,
            related: related(region.dt.nameSpan, `${region.node.name}, ${formatBytes(place.end - place.start)}`),
          },
        ]
      }),
    )
}

/** Devices that share the default area and whose bus does not reach it. */
function defaultArea(context: CheckContext): Finding[] {
  const { report, board, regions, args } = context
  const area = report?.cma.find((candidate) => candidate.default)
  if (!area) return []
  const place = { start: area.base, end: area.base + area.size }
  const blind = board.devices.filter(
    (device) =>
      device.enabled &&
      !device.iommu &&
      device.hasDmaRanges &&
      device.memoryRegions.length === 0 &&
      !reaches(device, place),
  )
  if (blind.length === 0) return []
  const region = regions.find((candidate) => candidate.node.name === area.from_node)
  const names =
    blind
      .slice(0, 3)
      .map((device) => device.name)
      .join(', ') + (blind.length > 3 ? ` and ${blind.length - 3} more` : '')
  return [
    {
      at: region
        ? placeOf(region, region.node.reg ? 'reg' : 'size')
        : (args.find((argument) => argument.name === 'cma')?.span ?? blind[0]!.span),
      message: `the default CMA area lies at ${hex(place.start)}–${hex(place.end - 1)}, where ${names} cannot reach it: ${limitText(blind[0]!)}; their buffers come from the page allocator; put the area lower with alloc-ranges${region ? '' : ' in a linux,cma-default node'}`,
      related: blind.slice(0, 3).flatMap((device) => related(device.span, 'cannot reach the default area') ?? []),
    },
  ]
}

/** Named by no node at all; a device that is switched off counts as a user. */
function unusedPools({ regions, tree }: CheckContext): Finding[] {
  const used = new Set([...descendants(tree.root)].flatMap((node) => cellsOf(node, 'memory-region') ?? []))
  return regions
    .filter(({ isPool, node }) => isPool && !node.linuxCmaDefault && !node.linuxDmaDefault)
    .filter(({ node }) => node.phandle === null || !used.has(node.phandle))
    .map((region) => ({
      at: region.dt.nameSpan,
      message: `${region.node.name}: no device names this pool in memory-region, so nothing allocates from it; name it, or remove it`,
    }))
}

// prettier-ignore
export const reachChecks: readonly BoardCheck[] = [
  { code: 'region-disabled', severity: 'warning', title: 'memory-region names a disabled region', needs: [], run: disabledRegions },
  { code: 'area-out-of-reach', severity: 'warning', title: 'A device cannot reach its area', needs: [], run: ownAreas },
  { code: 'default-area-out-of-reach', severity: 'warning', title: 'Devices cannot reach the default area', needs: ['boot'], run: defaultArea },
  { code: 'pool-unused', severity: 'info', title: 'A pool that no device names', needs: [], run: unusedPools },
]
