/** What differs between the releases of 2012 in arch/arm/mm/dma-mapping.c, as data; `profiles/` fills it in. */
import type { Bytes } from '@shared/units.ts'
import type { PoolSearchPolicy } from './arm-pool.ts'
import type { LogLevel } from './log.ts'

/** Where a request is served: the one source that it has. Window and vmalloc are page allocator memory mapped there. */
export type ArmSource = 'area' | 'pool' | 'window' | 'vmalloc'

export interface ArmDmaProfile {
  source: (atomic: boolean, translated: boolean) => ArmSource
  /**
   * What serves where the area cannot and the board asks for "CMA with fall-back to the old code" (`cma-fallback` of its lab node).
   * No kernel had it; it is what the discussion of 2012 proposed.
   */
  fallback: 'window' | 'vmalloc'
  /** Null: no atomic pool. */
  pool: ArmPoolProfile | null
  /** Devices that are coherent by themselves get plain pages (arm_coherent_dma_ops). */
  coherentDevices: boolean
  /** Buffers in high memory are left alone or cleared through a mapping; without either the kernel dies. */
  clearsHighmem: boolean
  iommu: ArmIommuProfile | null
  messages: ArmDmaMessages
}

export interface ArmPoolProfile {
  defaultBytes: Bytes
  /** Root `compatible` → what its platform code asks for instead (init_dma_coherent_pool_size). */
  platformBytes: readonly { compatible: string; bytes: Bytes }[]
  search: PoolSearchPolicy
  /** Memory of the pool: out of the CMA area, or pages mapped in vmalloc space. */
  from: 'area' | 'vmalloc'
}

export interface ArmIommuProfile {
  /** The range that the recordings' and the examples' mappings translate. */
  base: Bytes
  sizeBytes: Bytes
  /** Only the first page of an atomic buffer is translated (3.6 and 3.7). */
  mapsFirstAtomicPageOnly: boolean
  /** DMA_ATTR_NO_KERNEL_MAPPING spares the kernel's own mapping. */
  sparesMapping: boolean
}

export interface ArmDmaMessages {
  /** Printed at each request of a pool that was never set up. */
  noPool: readonly { level: LogLevel; text: string }[]
  /** A request larger than the window or the pool, each time; null: not said. */
  tooBig: ((sizeBytes: Bytes) => string) | null
  /** Once per boot, whatever made the pool fail; empty: silent. */
  poolTooSmall: (poolKib: number) => readonly string[]
}
