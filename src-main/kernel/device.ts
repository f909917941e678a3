/** A device as the DMA layer sees it: struct device's dma fields, include/linux/device.h. */
import { KiB, type Bytes } from '@shared/units.ts'
import type { CmaArea } from './cma.ts'
import type { DeclaredMemory } from './coherent.ts'
import type { Dmabounce } from './dmabounce.ts'
import type { IommuDomain } from './iommu-domain.ts'
import type { DmaOps } from './dma-ops.ts'
import type { SwiotlbPool } from './swiotlb.ts'

/** DMA_BIT_MASK(32): what a device has whose driver sets no mask. */
export const DMA_BIT_MASK_32: Bytes = 0xffff_ffff

/** dma_get_max_seg_size() of a device that sets none. */
export const MAX_SEGMENT_BYTES: Bytes = 64 * KiB

/** What the board says of a device when it is added; the kernel resolves the rest once. */
export interface DeviceDescription {
  name: string
  /** Bits of the streaming and the coherent mask that its driver sets. */
  dmaBits: number
  /** `dma-coherent`; null: as the profile has it by default. */
  coherent: boolean | null
  dmaRanges: DmaRange[]
  /** Names of its reserved regions, in order of `memory-region`. */
  memoryRegions: string[]
  /** Its driver initialises them (of_reserved_mem_device_init_by_idx); restricted pools need no driver for that. */
  driverInits: boolean
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

/** The fields that every room reads. */
export interface Device {
  readonly name: string
  readonly coherent: boolean
  /** Highest address that the mask allows, inclusive. 64 bits: 2^64 as a double, which no address reaches. */
  dmaMask: Bytes
  coherentMask: Bytes
  /** Highest address that the bus passes, inclusive; 0: no limit. */
  readonly busLimit: Bytes
  readonly dmaRanges: readonly DmaRange[]
  /** Its implementation of the DMA API. */
  readonly ops: DmaOps
  readonly numaNode: number
  /** cma_area: its own area; null: the default one serves. */
  cmaArea: CmaArea | null
  /** dma_mem: memory that only this device is served from. */
  declared: DeclaredMemory | null
  /** dma_io_tlb_mem */
  ioTlb: SwiotlbPool | null
  /** archdata.dmabounce */
  dmabounce: Dmabounce | null
  /** The IOVA space that it shares with its IOMMU group; null without translation. */
  domain: IommuDomain | null
  /** dma_parms.min_align_mask */
  minAlignMask: number
}
