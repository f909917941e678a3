/**
 * One booted kernel, as its callers see it: the DMA API, the page allocator, what user space does, and reports. `boot-kernel.ts` makes it from
 * what early boot decided, attaching the rooms in the order of the kernel's initcalls.
 */
import type { BootReport } from '@shared/run.ts'
import type { AddressRange, Bytes, Microseconds, Order, Pages, Pfn } from '@shared/units.ts'
import type { DmaDirection } from './attrs.ts'
import type { DmaBuffer, DmaMapping, SgEntry, SgMapping } from './buffer.ts'
import type { Device, DeviceDescription } from './device.ts'
import type { BounceCounters } from './dmabounce.ts'
import type { EarlyBoot } from './early-boot.ts'
import type { Log } from './log.ts'
import type { Profile } from './profile.ts'
import type { Tracer } from './tracer.ts'

export interface Kernel {
  readonly profile: Profile
  readonly tracer: Tracer
  readonly log: Log
  /** Memory, zones, reserved regions and CMA areas as early boot left them. */
  readonly early: EarlyBoot
  readonly devices: Map<string, Device>

  /** Early boot and what the initcalls made of it: pools, activated areas, the log of boot. */
  report(): BootReport
  /** Free pages of every zone that has memory, and its lowest watermark; cheap enough to be asked often. */
  freeMemory(): { zone: string; free: Pages; freeCma: Pages; min: Pages }[]
  /** What a `dump` of the command language records. */
  state(): KernelState
  setTime(time: Microseconds): void
  /** Advances time; work items run (pools grow). */
  sleep(milliseconds: number): void
  /** Lets work items run that the calls so far have left behind, as any moment between two calls of a process does. */
  runWork(): void

  /** Null: no driver could bind to it. */
  addDevice(description: DeviceDescription): Device | null
  deviceInfo(device: Device): DeviceInfo

  /** `gfp` as in gfp.ts, `attrs` as in attrs.ts. */
  dmaAllocAttrs(device: Device, bytes: Bytes, gfp: number, attrs: number): Result<DmaBuffer>
  dmaAllocPages(device: Device, bytes: Bytes, gfp: number): Result<DmaBuffer>
  dmaAllocNoncontiguous(device: Device, bytes: Bytes, gfp: number, attrs: number): Result<DmaBuffer>
  dmaFree(buffer: DmaBuffer): void

  /** `page` is the address of a page; `offset` from there, perhaps larger than a page. */
  dmaMapPageAttrs(
    device: Device,
    page: Bytes,
    offset: Bytes,
    bytes: Bytes,
    direction: DmaDirection,
    attrs: number,
  ): Result<DmaMapping>
  dmaMapResource(device: Device, phys: Bytes, bytes: Bytes, direction: DmaDirection): Result<DmaMapping>
  dmaUnmap(mapping: DmaMapping): void
  /** Entries are the scatterlist; the result has one segment for each entry, those that were joined to another have length 0. */
  dmaMapSgtable(device: Device, entries: SgEntry[], direction: DmaDirection): Result<SgMapping>
  dmaUnmapSgtable(mapping: SgMapping): void
  syncForCpu(mapping: DmaMapping): void
  syncForDevice(mapping: DmaMapping): void

  cmaAlloc(area: string, pages: Pages, alignOrder: Order, noWarn: boolean): Result<CmaPages>
  cmaRelease(pages: CmaPages): void
  allocPages(gfp: number, order: Order): Result<PageBlock>
  freePages(block: PageBlock): void
  /** kmalloc() and kfree(). */
  kmalloc(bytes: Bytes): void
  kfree(bytes: Bytes): void
  /** Runs of pages in the area that movable pages use, ascending; pinned ones apart. */
  movableRuns(area: string): MovableRun[]
  /** Per pageblock of an area: pages allocated, free, and in use by movable pages. */
  areaMap(area: string): { pageblockPages: Pages; blocks: [allocated: Pages, free: Pages, movable: Pages][] } | null

  // What user space does to memory; how many pages were to be had.
  /** `locked`: as mlock() would. */
  touchAnon(pages: Pages, locked?: boolean): Pages
  /** Of the last block keeps every `stride`-th page. */
  punchAnon(stride: number): void
  freeAnon(): void
  writeTmpfs(name: string, pages: Pages): Pages
  removeTmpfs(name: string): void
  /** Pins up to `count` movable pages in use in the area, every `stride`-th; their page offsets in the area. */
  pinPages(area: string, count: number, stride: number): Pages[]
  /** Pins these pages of the area, whether or not something uses them. */
  pinAt(area: string, offsets: Pages[]): void
  unpin(): number
  /** A process that the OOM killer may take, with so much anonymous memory; how many of a name live. */
  startProcess(name: string, pages: Pages): void
  processesAlive(name: string): number
  hog(order: Order, count: number, gfp: number): HogResult
  /** Gives back `count` blocks, all when absent; how many. */
  unhog(count?: number): number
}

/** What the kernel returns: a value, or a positive errno. */
export type Result<T> = { ok: true; value: T } | { ok: false; errno: number }

export type { DmaBuffer, DmaMapping, SgEntry, SgMapping } from './buffer.ts'

export interface CmaPages {
  readonly area: string
  readonly phys: Bytes
  readonly pages: Pages
  /** Bytes from the start of the area. */
  readonly offset: Bytes
}
/** Pages of an area from its start on. */
export interface MovableRun {
  start: Pages
  pages: Pages
  pinned: boolean
}

export interface PageBlock {
  readonly phys: Bytes
  readonly order: Order
  /** `zone:NAME`, or `cma:NAME` for a movable page. */
  readonly from: string
}
export interface HogResult {
  got: number
  inArea: number
  failed: boolean
  freePages: Pages
  freeCmaPages: Pages
}

/** `info DEV`; masks and limits are addresses, inclusive; 64 bits as 2^64. */
export interface DeviceInfo {
  coherent: boolean
  mask: Bytes
  coherentMask: Bytes
  busLimit: Bytes
  maxMapping: Bytes
  requiredMask: Bytes
  /** `direct`, `iommu`, …, as the recordings name them. */
  ops: string
  cmaArea: string | null
  declaredPages: Pages
  /** Name of the bounce buffer it uses; null: none. */
  swiotlb: string | null
}

/** State at one moment; keys as the recordings spell them. */
export interface KernelState {
  cma: Record<
    string,
    {
      base_pfn: Pfn
      count: Pages
      order_per_bit: Order
      used: Pages
      /** Absent where the kernel does not tell. */
      maxchunk?: Pages
      set_runs: [start: number, bits: number][]
    }
  >
  cma_stat: Record<string, { alloc_pages_success: Pages; alloc_pages_fail: Pages; release_pages_success: Pages }>
  /** Bytes of each pool, or the fixed pool's pages and its runs. */
  dma_pools: Record<
    string,
    number | { vaddr: Bytes; size: Bytes; used_pages: Pages; free_pages: Pages; regions: unknown }
  >
  /** Atomic pools with what is free in them: `available/size`. */
  pools: Record<string, { available: Bytes; size: Bytes }>
  swiotlb: Record<string, { io_tlb_nslabs: number; io_tlb_used: number; io_tlb_used_hiwater: number }>
  window?: { base: Bytes; size: Bytes; regions: { off: Bytes; pages: Pages }[] }
  /** Of the devices that dmabounce serves. */
  dmabounce?: Record<string, BounceCounters>
  zones: {
    name: string
    range: AddressRange
    managed: Pages
    free: Pages
    free_cma: Pages
    min: Pages
    low: Pages
    high: Pages
  }[]
}
