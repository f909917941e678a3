/**
 * One booted kernel, as its callers see it: the DMA API, the page allocator, what user space does, and reports. `boot-kernel.ts` makes it from
 * what early boot decided, attaching the rooms in the order of the kernel's initcalls.
 */
import type { BootReport } from '@shared/run.ts'
import type { AddressRange, Bytes, Microseconds, Order, Pages } from '@shared/units.ts'
import type { Device, DeviceDescription } from './device.ts'
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
  /** What a `dump` of the command language records. */
  state(): KernelState
  setTime(time: Microseconds): void
  /** Advances time; work items run (pools grow). */
  sleep(milliseconds: number): void

  addDevice(description: DeviceDescription): Device
  deviceInfo(device: Device): DeviceInfo

  /** `gfp` as in gfp.ts, `attrs` as in attrs.ts. */
  dmaAllocAttrs(device: Device, bytes: Bytes, gfp: number, attrs: number): Result<DmaBuffer>
  dmaAllocPages(device: Device, bytes: Bytes, gfp: number): Result<DmaBuffer>
  dmaAllocNoncontiguous(device: Device, bytes: Bytes, gfp: number, attrs: number): Result<DmaBuffer>
  dmaFree(device: Device, buffer: DmaBuffer): void

  dmaMapPageAttrs(device: Device, phys: Bytes, bytes: Bytes, direction: Direction, attrs: number): Result<DmaMapping>
  dmaMapResource(device: Device, phys: Bytes, bytes: Bytes, direction: Direction): Result<DmaMapping>
  dmaUnmap(device: Device, mapping: DmaMapping): void
  /** Entries are the scatterlist; the result has one segment for each entry, those that were joined to another have length 0. */
  dmaMapSgtable(device: Device, entries: SgEntry[], direction: Direction): Result<SgMapping>
  dmaUnmapSgtable(device: Device, mapping: SgMapping): void
  syncForCpu(device: Device, mapping: DmaMapping): void
  syncForDevice(device: Device, mapping: DmaMapping): void

  cmaAlloc(area: string, pages: Pages, alignOrder: Order, noWarn: boolean): Result<CmaPages>
  cmaRelease(pages: CmaPages): void
  allocPages(gfp: number, order: Order): Result<PageBlock>
  freePages(block: PageBlock): void
  /** Per pageblock of an area: pages allocated, free, and in use by movable pages. */
  areaMap(area: string): { pageblockPages: Pages; blocks: [allocated: Pages, free: Pages, movable: Pages][] } | null

  // What user space does to memory; how many pages were to be had.
  touchAnon(pages: Pages): Pages
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
  hog(order: Order, count: number, gfp: number): HogResult
  /** Gives back `count` blocks, all when absent; how many. */
  unhog(count?: number): number
}

/** What the kernel returns: a value, or a positive errno. */
export type Result<T> = { ok: true; value: T } | { ok: false; errno: number }
export type Direction = 'to-device' | 'from-device' | 'bidirectional'

/** Memory that a DMA allocation handed out. */
export interface DmaBuffer {
  readonly call: 'attrs' | 'pages' | 'noncontiguous'
  readonly bytes: Bytes
  readonly dma: Bytes
  /** First page; null behind an IOMMU, where `runs` says. */
  readonly phys: Bytes | null
  /** How the kernel reaches it. */
  readonly virt: 'linear' | 'vmalloc' | 'window' | 'none'
  /** Bytes from the start of the consistent window; null elsewhere. */
  readonly windowOffset: Bytes | null
  /** `cma:NAME`, `pool:NAME`, `declared`, `swiotlb`, `zone:NAME`. */
  readonly from: string
  /** Bytes from the start of the source; null for zones. */
  readonly offset: Bytes | null
  /** Behind an IOMMU: physical runs in the order of the IOVA; null elsewhere. */
  readonly runs: [phys: Bytes, pages: Pages][] | null
  readonly attrs: number
}

export interface DmaMapping {
  readonly phys: Bytes
  readonly bytes: Bytes
  readonly dma: Bytes
  readonly direction: Direction
  readonly bounced: boolean
  /** Slot of the bounce buffer and bytes into it; -1 where nothing bounced. */
  readonly slot: number
  readonly slotOffset: Bytes
  readonly attrs: number
}

export interface SgEntry {
  phys: Bytes
  bytes: Bytes
}
export interface SgMapping {
  readonly direction: Direction
  /** Segments that the device sees. */
  readonly count: number
  readonly segments: { phys: Bytes; dma: Bytes; bytes: Bytes; bounced: boolean }[]
}

export interface CmaPages {
  readonly area: string
  readonly phys: Bytes
  readonly pages: Pages
  /** Bytes from the start of the area. */
  readonly offset: Bytes
}
export interface PageBlock {
  readonly phys: Bytes
  readonly order: Order
  readonly zone: string
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
  cma: Record<string, { count: Pages; used: Pages; maxchunk: Pages; set_runs: [start: number, bits: number][] }>
  cma_stat: Record<string, { alloc_pages_success: Pages; alloc_pages_fail: Pages; release_pages_success: Pages }>
  /** Bytes of each pool, or the fixed pool's pages and its runs. */
  dma_pools: Record<string, number | { size: Bytes; used_pages: Pages; free_pages: Pages; regions: unknown }>
  /** Atomic pools with what is free in them: `available/size`. */
  pools: Record<string, { available: Bytes; size: Bytes }>
  swiotlb: Record<string, { io_tlb_nslabs: number; io_tlb_used: number; io_tlb_used_hiwater: number }>
  window?: { base: Bytes; size: Bytes; regions: { off: Bytes; pages: Pages }[] }
  zones: { name: string; range: AddressRange; managed: Pages; free: Pages; free_cma: Pages }[]
}
