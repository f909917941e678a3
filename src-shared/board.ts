import type { Span } from './diagnostics.ts'
import type { AddressRange, Bytes } from './units.ts'

/**
 * The board as the kernel would learn it from the devicetree. Plain data, made by src-main/board, read by the engine, the sizing,
 * the layout view. Cells stay raw where the kernel itself interprets them (reserved-memory), so that malformed files behave as on a board.
 */
export interface Board {
  model: string
  compatible: string[]
  addressCells: number
  sizeCells: number
  /** From `device_type = "memory"` nodes, in tree order. Zero-sized banks are dropped (a boot loader fills them in). */
  memory: MemoryBank[]
  memreserve: { base: Bytes; size: Bytes; span: Span | null }[]
  /** Null when the tree has no /reserved-memory node. */
  reservedMemory: ReservedMemory | null
  devices: BoardDevice[]
  iommus: BoardIommu[]
  bootargs: string
  bootargsSpan: Span | null
  cpus: number
  /** Compatible strings of the cores, in order. */
  cpuCompatible: string[]
  lab: LabNode
  /** What the blob takes of memory in early boot, as such and unflattened. */
  blob: BlobFacts
  /** Where the root node and the first memory node stand, for diagnostics about what is missing. */
  span: Span | null
  memorySpan: Span | null
  /** Highest CPU address that every bus with `dma-ranges` reaches, inclusive; null: no bus is limited (of_dma_get_max_cpu_address()). */
  maxDmaCpuAddr: Bytes | null
}

export interface BlobFacts {
  bytes: Bytes
  properties: number
  /** Of all nodes, with their unit addresses. */
  nodeNames: string[]
  /** Properties of /chosen, to which the boot loader adds; null: it has none. */
  chosen: string[] | null
}

export interface MemoryBank extends AddressRange {
  node: string
  numaNode: number
  hotpluggable: boolean
  span: Span | null
}

export interface ReservedMemory {
  /** Null: the property is absent, which the kernel treats as a format it does not know. */
  addressCells: number | null
  sizeCells: number | null
  hasRanges: boolean
  span: Span | null
  /** In tree order. */
  nodes: ReservedNode[]
}

/** One child of /reserved-memory, undecoded. */
export interface ReservedNode {
  /** `cam@50000000` */
  name: string
  path: string
  labels: string[]
  compatible: string[]
  /** u32 cells of the property; null when it is absent. */
  reg: number[] | null
  size: number[] | null
  alignment: number[] | null
  allocRanges: number[] | null
  noMap: boolean
  reusable: boolean
  linuxCmaDefault: boolean
  linuxDmaDefault: boolean
  /** `status` allows it. */
  enabled: boolean
  phandle: number | null
  span: Span | null
}

export interface BoardDevice {
  /** The name the kernel gives the device (`fe500000.video`, `dma0`). */
  name: string
  path: string
  labels: string[]
  compatible: string[]
  /** The coherent and streaming mask its driver sets, in bits; 32 unless a binding says otherwise. */
  dmaBits: number
  coherent: boolean
  /** Paths of the nodes, in order of `memory-region`; `enabled` as their `status` says. */
  memoryRegions: { path: string; name: string; enabled: boolean }[]
  /** The driver leaves its memory-region uninitialised. */
  noInit: boolean
  /** Translations of the bus, from `dma-ranges` of the parents; empty: identity. */
  dmaRanges: { cpuAddr: Bytes; dmaAddr: Bytes; size: Bytes }[]
  /** `dma-ranges` was present (possibly empty). */
  hasDmaRanges: boolean
  iommu: { path: string; streamIds: number[] } | null
  numaNode: number
  enabled: boolean
  span: Span | null
}

export interface BoardIommu {
  path: string
  compatible: string[]
  /** What was recognised (`arm,smmu-v3`); null: unknown, the default model serves. */
  model: string | null
  iovaBits: number
  /** Bitmap of page sizes, as the kernel's pgsize_bitmap; bytes, summed. */
  pageSizes: Bytes[]
  identity: boolean
  oneGroup: boolean
  span: Span | null
}

/** The optional /lab node; see DESIGN §3. */
export interface LabNode {
  kernel: string | null
  arch: Architecture | null
  /** `CMA_SIZE_MBYTES=64`, without the CONFIG_ prefix. */
  config: string[]
  properties: Record<string, string[] | number[]>
  dmabounce: LabDmabounce[]
  carveouts: LabCarveout[]
  contiguous: LabContiguous[]
  declared: LabDeclared[]
  /** Carve-outs are asked for through the core carve-out API, which no kernel has. */
  carveoutApi: boolean
}

/** What board code of the time told dmabounce_register_dev() of its devices. */
export interface LabDmabounce {
  /** Names as the kernel or a script gives them. */
  devices: string[]
  /** Null: what the kernel's profile has by default. Large 0: no pool of large blocks. */
  smallBytes: Bytes | null
  largeBytes: Bytes | null
  /** First bus address that the bridge in front of them does not pass; null: only the mask limits them. */
  limit: Bytes | null
  span: Span | null
}

/** An area for single devices that board code of the time asks for (dma_declare_contiguous), and a tree of today as a node. */
export interface LabContiguous {
  name: string
  devices: string[]
  sizeBytes: Bytes
  span: Span | null
}

/** Memory that board code of the time declares for devices (dma_declare_coherent_memory), and a tree of today as a node. */
export interface LabDeclared {
  name: string
  path: string
  /** Has it alone. */
  device: string
  /** Name of the reserved-memory node that it is; null: `base` and `sizeBytes` say where. */
  region: string | null
  /** Null: at the end of RAM. Outside of RAM it is memory of the device's own. */
  base: Bytes | null
  sizeBytes: Bytes
  /** DMA_MEMORY_EXCLUSIVE: what does not fit is not tried elsewhere. */
  exclusive: boolean
  /** It was RAM, which the kernel never saw. */
  removed: boolean
  span: Span | null
}

export const CARVEOUT_ALLOCATORS = ['first-fit', 'best-fit', 'buddy'] as const
export type CarveoutAllocatorName = (typeof CARVEOUT_ALLOCATORS)[number]

/** Memory that boot takes away for one owner, which sub-allocates in it alone. */
export interface LabCarveout {
  name: string
  path: string
  /** Who it is for, in words. */
  owner: string
  /** Names of the devices whose driver has it. */
  devices: string[]
  /** Name of the reserved-memory node that it is; null: the boot loader keeps `sizeBytes` from the kernel. */
  region: string | null
  /** Null: at the end of RAM. */
  base: Bytes | null
  sizeBytes: Bytes
  allocator: CarveoutAllocatorName
  granuleBytes: Bytes
  /** Nobody else may use the memory, not even while it is idle. */
  isolated: boolean
  span: Span | null
}

export const ARCHITECTURES = ['arm', 'arm64', 'x86_64'] as const
export type Architecture = (typeof ARCHITECTURES)[number]

/** Kernel releases that are simulated, oldest first; before 6.12 on arm only. */
export const KERNELS = ['3.4', '3.5', '3.6', '3.7', '6.12'] as const

/** What boot loader, firmware and user say beside the board file. Every field has a default from the board or the profile. */
export interface Machine {
  kernel?: string
  arch?: Architecture
  /** RAM that the emulator or boot loader has; counts only where neither board nor `memory` says. */
  memBytes?: Bytes
  memory?: AddressRange[]
  cpus?: number
  /** Text of a `.config`. */
  config?: string
  cmdline?: string
  kernelImage?: AddressRange
  initrd?: AddressRange
  dtb?: AddressRange
  /** CMA left out, built in, or built in with the old code behind it, whatever configuration and board say. */
  cma?: CmaMode
  /** Carve-outs are asked for through the core carve-out API. */
  carveoutApi?: boolean
  /** Carve-outs made CMA areas of their devices, by path, name or label. */
  forceCma?: string[]
}

export const CMA_MODES = ['off', 'on', 'fall-back'] as const
export type CmaMode = (typeof CMA_MODES)[number]
