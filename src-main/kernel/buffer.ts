/** What the DMA layer hands out: a buffer of dma_alloc_attrs and its kin, or a mapping. They are given back as they are. */
import type { Bytes, Pages } from '@shared/units.ts'
import type { DmaDirection } from './attrs.ts'
import type { Device } from './device.ts'

/** How the kernel reaches a buffer: the linear map, a mapping of its own, the consistent window of 2012, or not at all. */
export type VirtKind = 'linear' | 'vmalloc' | 'window' | 'none'

/** Consecutive physical pages, as [address of the first, how many]. */
export type PageRun = [phys: Bytes, pages: Pages]

/** Who takes a buffer's memory back. */
export type Backing =
  /** A CMA area or the page allocator, as a block of a power of two. */
  | 'contiguous'
  /** The page allocator, page by page. */
  | 'pages'
  | 'pool'
  | 'declared'
  /** An owner's carve-out, or the carve-out API. */
  | 'carveout'
  | 'swiotlb'

export interface DmaBuffer {
  readonly device: Device
  readonly call: 'attrs' | 'pages' | 'noncontiguous'
  /** What was asked for, and what it takes. */
  readonly bytes: Bytes
  readonly allocBytes: Bytes
  readonly dma: Bytes
  /** First page. */
  readonly phys: Bytes
  readonly virt: VirtKind
  /** Bytes from the start of the consistent window; null elsewhere. */
  readonly windowOffset: Bytes | null
  /** `cma:NAME`, `pool:NAME`, `declared`, `swiotlb`, `zone:NAME`. */
  readonly from: string
  /** Bytes from the start of the source; null for zones and pools. */
  readonly offset: Bytes | null
  /** Behind an IOMMU: physical runs in the order of the IOVA; null elsewhere. */
  readonly runs: PageRun[] | null
  readonly attrs: number
  readonly backing: Backing
  /** Kernel address of its own mapping, where such addresses can run out; null: none. */
  readonly remap: Bytes | null
}

/** A streaming mapping (dma_map_page, dma_map_resource, an entry of dma_map_sgtable). */
export interface DmaMapping {
  readonly device: Device
  readonly kind: 'page' | 'resource'
  readonly dma: Bytes
  readonly bytes: Bytes
  readonly direction: DmaDirection
  readonly attrs: number
  /** What was mapped. */
  readonly origin: Bytes
  /** What the device really reaches: the bounce buffer, or the origin. */
  readonly phys: Bytes
  readonly bounced: boolean
  /** What it bounced through: `swiotlb`, `dmabounce:small`; null where nothing bounced. */
  readonly through: string | null
  /** Slot of the bounce buffer and bytes into it; -1 where nothing bounced. */
  readonly slot: number
  readonly slotOffset: Bytes
}

export interface SgEntry {
  phys: Bytes
  bytes: Bytes
}

export interface SgMapping {
  readonly device: Device
  readonly direction: DmaDirection
  /** Segments that the device sees. */
  readonly count: number
  /** One for each entry; those that were joined to another have no bytes. */
  readonly segments: { phys: Bytes; dma: Bytes; bytes: Bytes; bounced: boolean }[]
  /** What unmapping gives back. */
  readonly mappings: DmaMapping[]
}
