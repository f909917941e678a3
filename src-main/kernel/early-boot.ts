/**
 * State of a kernel between its first instruction and the page allocator's taking over: what the steps of `earlyBoot.steps` read
 * and write, and what the runtime rooms are then made from.
 */
import type { Board } from '@shared/board.ts'
import type { AddressRange, Bytes } from '@shared/units.ts'
import type { KernelConfig } from './config.ts'
import type { Log } from './log.ts'
import type { Profile, ZoneName } from './profile.ts'
import type { Memblock } from './memblock.ts'

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
  readonly params: readonly { name: string; value: string | null }[]
  reservedMem: ReservedRegion[]
  cma: CmaReservation[]
  /** Index into `cma` of the area that devices without their own use; -1: none. */
  defaultCma: number
  zones: ZoneSpan[]
  /** Inclusive. */
  zoneDmaLimit: Bytes
  highMemory: Bytes
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
  /** `shared-dma-pool`, `restricted-dma-pool`; null: no handler took it. */
  handler: string | null
  /** What its handler made of it. */
  kind: 'cma' | 'declared' | 'restricted' | 'plain'
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
