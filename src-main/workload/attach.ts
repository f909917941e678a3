import type { Board, BoardDevice } from '@shared/board.ts'
import type { DeviceDescription } from '../kernel/index.ts'

/** A device of the board as the kernel is told of it when its driver binds. `maskBits`: what the driver sets, where it says so. */
export function describeDevice(board: Board, device: BoardDevice, maskBits: number | null = null): DeviceDescription {
  return {
    name: device.name,
    dmaBits: maskBits ?? device.dmaBits,
    coherent: device.coherent ? true : null,
    dmaRanges: device.dmaRanges,
    memoryRegions: device.memoryRegions.filter(({ enabled }) => enabled).map(({ name }) => name),
    driverInits: !device.noInit,
    iommu: describeIommu(board, device),
    numaNode: device.numaNode,
  }
}

/** Masters with the same stream ids share a domain; on a unit with one group all do. */
function describeIommu(board: Board, { iommu }: BoardDevice): DeviceDescription['iommu'] {
  const unit = iommu && board.iommus.find(({ path }) => path === iommu.path)
  if (!unit) return null
  const group = unit.oneGroup ? unit.path : `${unit.path} ${iommu.streamIds.join(',')}`
  return { group, iovaBits: unit.iovaBits, pageSizes: unit.pageSizes, identity: unit.identity }
}
