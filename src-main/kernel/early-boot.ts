/**
 * State of a kernel between its first instruction and the page allocator's taking over: what the steps of `earlyBoot.steps` read
 * and write, and what the runtime rooms are then made from.
 */
import type { Board } from '@shared/board.ts'
import type { AddressRange, Bytes, Pages } from '@shared/units.ts'
import type { Param } from './cmdline.ts'
import type { KernelConfig } from './config.ts'
import type { Log } from './log.ts'
import type { Profile, ZoneName } from './profile.ts'
import type { Memblock } from './memblock.ts'
import type { SwiotlbPlan } from './swiotlb-init.ts'

/** What boot loader and firmware leave behind, beside the board. */
export interface LoaderFacts {
  /** Usable RAM; replaces the board's memory nodes where firmware tells it (x86), fills them in where the board is silent. */
  memory: AddressRange[]
  cmdline: string
  kernelImage: AddressRange
  initrd: AddressRange | null
  /** Where the blob lies; null: no devicetree in memory. */
  dtb: AddressRange | null
  cpus: number
}

export interface EarlyBoot {
  readonly profile: Profile
  readonly config: KernelConfig
  readonly board: Board
  readonly loader: LoaderFacts
  readonly log: Log
  readonly memblock: Memblock
  /** Parsed early parameters: name → value; null where the parameter has no `=`. In order, the last one wins unless a room says otherwise. */
  readonly params: readonly Param[]
  reservedMem: ReservedRegion[]
  /** Entries that the table of reserved regions has room for (total_reserved_mem_cnt). */
  reservedMemLimit: number
  cma: CmaReservation[]
  /** Index into `cma` of the area that devices without their own use; -1: none. */
  defaultCma: number
  /** Ranges that may become CMA areas, as dma_contiguous_early_fixup() hears of them. */
  contiguousFixups: { base: Bytes; size: Bytes }[]
  zones: ZoneSpan[]
  /** Inclusive. */
  zoneDmaLimit: Bytes
  /** End of what the DMA zone reaches, exclusive: the limit of the default CMA area. */
  dmaPhysLimit: Bytes
  highMemory: Bytes
  /** Where high memory begins, as CMA finds it while areas are reserved. */
  highmemStart: Bytes
  /** nr_kernel_pages: free pages when the zones are laid out. */
  kernelPages: Pages
  readonly swiotlbPlan: SwiotlbPlan
  swiotlb: SwiotlbReservation | null
  /** Further numbers of the report that this architecture has (lowmem_limit, vmalloc_start, …). */
  numbers: Record<string, number>
}

/** An entry of drivers/of/of_reserved_mem.c's table. */
export interface ReservedRegion {
  name: string
  base: Bytes
  size: Bytes
  noMap: boolean
  reusable: boolean
  /** `shared-dma-pool`, `restricted-dma-pool`; null: none of them knows it, or none took it. */
  handler: string | null
  /** Its memory was given back, because no handler took it. */
  refused: boolean
  /** What its handler made of it. */
  kind: 'cma' | 'declared' | 'restricted' | 'plain'
  /** Index into `cma`; -1 for other kinds. */
  cmaIndex: number
}

/** An area that mm/cma.c has noted, to be activated when the page allocator is up. */
export interface CmaReservation {
  name: string
  base: Bytes
  size: Bytes
  orderPerBit: number
  fromNode: string | null
}

export interface ZoneSpan {
  name: ZoneName
  /** Start of the zone, and its end, exclusive; bytes. */
  start: Bytes
  end: Bytes
  /** Parts of it that hold RAM, ascending. */
  present: AddressRange[]
}

/** kernel/dma/swiotlb.c: the default pool, allocated before the page allocator exists. */
export interface SwiotlbReservation {
  start: Bytes
  slots: number
  areas: number
  force: boolean
}

/** The kernel stops: a panic, or a hang that prints nothing. */
export class BootPanic extends Error {
  override readonly name = 'BootPanic'
}
