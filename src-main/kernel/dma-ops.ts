/** include/linux/dma-map-ops.h: what an implementation of the DMA API offers. A device gets one table when it is added. */
import type { Bytes } from '@shared/units.ts'
import type { DmaDirection } from './attrs.ts'
import type { DmaBuffer, DmaMapping, SgEntry, SgMapping } from './buffer.ts'
import type { Device } from './device.ts'

/** Sizes are bytes as the caller gave them; null stands for the kernel's NULL or DMA_MAPPING_ERROR. */
export interface DmaOps {
  /** As `info` of the recordings names it. */
  readonly name: string
  alloc(device: Device, bytes: Bytes, gfp: number, attrs: number): DmaBuffer | null
  free(buffer: DmaBuffer): void
  /** dma_alloc_pages, of whole pages. */
  allocPages(device: Device, bytes: Bytes, gfp: number): DmaBuffer | null
  freePages(buffer: DmaBuffer): void
  /** Null: a single block of pages serves instead. */
  readonly allocNoncontiguous: ((device: Device, bytes: Bytes, gfp: number, attrs: number) => DmaBuffer | null) | null
  /** `page` is the address of a page, `offset` may be larger than one. */
  mapPage(
    device: Device,
    page: Bytes,
    offset: Bytes,
    bytes: Bytes,
    direction: DmaDirection,
    attrs: number,
  ): DmaMapping | null
  unmapPage(mapping: DmaMapping): void
  mapResource(device: Device, phys: Bytes, bytes: Bytes, direction: DmaDirection, attrs: number): DmaMapping | null
  unmapResource(mapping: DmaMapping): void
  /** A positive errno on failure. */
  mapSg(device: Device, entries: readonly SgEntry[], direction: DmaDirection, attrs: number): SgMapping | number
  unmapSg(mapping: SgMapping): void
  syncForDevice(mapping: DmaMapping, bytes: Bytes): void
  syncForCpu(mapping: DmaMapping, bytes: Bytes): void
  /** SIZE_MAX of the kernel's word when there is no limit. */
  maxMappingBytes(device: Device): Bytes
  requiredMask(device: Device): Bytes
}

/** An address that is none, as the kernel's word has it. */
export const mappingError = (wordBits: 32 | 64): Bytes => 2 ** wordBits - 1
