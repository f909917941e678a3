/** The rooms that work once early boot is done, as they see each other. `start.ts` makes and joins them. */
import type { Bytes, Pages } from '@shared/units.ts'
import type { DmaBuffer } from './buffer.ts'
import type { ArmRooms } from './arm-rooms.ts'
import type { Bounce } from './bounce.ts'
import type { CarveoutOwners } from './carveout-owners.ts'
import type { Cma } from './cma.ts'
import type { ContigRange } from './contig-range.ts'
import type { Contiguous } from './contiguous.ts'
import type { Device } from './device.ts'
import type { DmaOps } from './dma-ops.ts'
import type { EarlyBoot } from './early-boot.ts'
import type { Kmalloc } from './kmalloc.ts'
import type { Log } from './log.ts'
import type { Mapping } from './mapping.ts'
import type { MovablePages } from './movable.ts'
import type { OomKiller } from './oom.ts'
import type { PageAllocator } from './page-alloc.ts'
import type { OpsName, Profile } from './profile.ts'
import type { Tracer } from './tracer.ts'
import type { Vmalloc } from './vmalloc.ts'

/** Memory for requests that may not sleep. */
export interface AtomicPool {
  /** Name of the pool and physical address, null when it has no room; `reaches`: whether the device can use an address. */
  alloc(
    device: Device,
    bytes: Bytes,
    gfp: number,
    reaches: ((phys: Bytes) => boolean) | null,
  ): { phys: Bytes; from: string } | null
  /** False when the memory is not the pool's. */
  free(phys: Bytes, bytes: Bytes): boolean
  runWork(): void
  /** What it looks like from outside. */
  state(): AtomicPoolState[]
}

export interface AtomicPoolState {
  name: string
  sizeBytes: Bytes
  availBytes: Bytes
  chunks: { base: Bytes; size: Bytes }[]
  /** Set where pages of it are listed one by one. */
  usedPages?: Pages
  regions?: [start: Pages, count: Pages][]
  /** The kernel's. */
  address?: Bytes
}

/** arch_dma_alloc and arch_dma_free, where an architecture serves the devices that don't snoop itself. */
export interface ArchDma {
  alloc(device: Device, bytes: Bytes, gfp: number, attrs: number): DmaBuffer | null
  free(buffer: DmaBuffer): void
}

export interface Rooms {
  readonly profile: Profile
  readonly tracer: Tracer
  readonly log: Log
  readonly early: EarlyBoot
  readonly pages: PageAllocator
  readonly movable: MovablePages
  readonly kmalloc: Kmalloc
  readonly contig: ContigRange
  readonly cma: Cma
  readonly contiguous: Contiguous
  /** Null: this kernel has no atomic pool. */
  readonly pools: AtomicPool | null
  /** What arch/arm of 2012 sets up; null elsewhere. */
  readonly arm: ArmRooms | null
  /** Null: who dies without memory is not modelled. */
  readonly oom: OomKiller | null
  readonly bounce: Bounce
  readonly vmalloc: Vmalloc
  readonly archDma: ArchDma | null
  readonly carveouts: CarveoutOwners
  readonly mapping: Mapping
  /** The tables that devices may get. */
  readonly ops: ReadonlyMap<OpsName, DmaOps>
  /** SIZE_MAX */
  readonly sizeMax: Bytes
  /** (max_pfn - 1) << PAGE_SHIFT */
  readonly lastPageAddress: Bytes
  /** Where memory at an address is from. */
  sourceOf(device: Device | null, phys: Bytes): { from: string; offset: Bytes | null }
}
