/** A device as the DMA layer sees it: struct device's dma fields, include/linux/device.h. */
import type { Bytes } from '@shared/units.ts'
import type { OpsName } from './profile.ts'

/** What the board says of a device when it is added; the kernel resolves the rest once. */
export interface DeviceDescription {
  name: string
  /** Bits of the streaming and the coherent mask that its driver sets. */
  dmaBits: number
  /** `dma-coherent`; null: as the profile has it by default. */
  coherent: boolean | null
  dmaRanges: DmaRange[]
  /** Names of reserved regions that its driver initialises, in order of `memory-region`. */
  memoryRegions: string[]
  iommu: IommuDescription | null
  numaNode: number
}

export interface DmaRange {
  cpuAddr: Bytes
  dmaAddr: Bytes
  size: Bytes
}

export interface IommuDescription {
  /** Devices with the same key share one domain. */
  group: string
  iovaBits: number
  /** Bytes of each page size, ascending. */
  pageSizes: Bytes[]
  identity: boolean
}

/** The fields that every room reads. Rooms keep what is theirs (areas, domains) in their own maps, keyed by the device. */
export interface Device {
  readonly name: string
  readonly coherent: boolean
  /** Highest address that the mask allows, inclusive. 64 bits: 2^64 as a double, which no address reaches. */
  dmaMask: Bytes
  coherentMask: Bytes
  /** Highest address that the bus passes, inclusive; 0: no limit. */
  readonly busLimit: Bytes
  readonly dmaRanges: readonly DmaRange[]
  readonly ops: OpsName
  readonly numaNode: number
}
