/**
 * What the rooms of the engine know about the kernel they are part of: numbers, small policies and absent rooms (null).
 * There is deliberately no field for a release or an architecture: a room that wanted to ask "which kernel am I" cannot.
 * Profiles are composed in `profiles/` from fragments and a `.config`; each resolved one has a golden dump in the tests.
 */
import type { AddressRange, Bytes, Microseconds, Order, Pages } from '@shared/units.ts'
import type { ArmDmaProfile } from './arm-dma-profile.ts'
import type { DmaRange } from './device.ts'
import type { EarlyBoot } from './early-boot.ts'
import type { IovaSpace } from './iommu-domain.ts'
import type { KmallocProfile } from './kmalloc.ts'
import type { OwnAmounts, OwnStartup } from './own-pages.ts'
import type { Watermarks } from './watermarks.ts'

export interface Profile {
  page: PageProfile
  zones: ZoneProfile
  earlyBoot: EarlyBootProfile
  pageAlloc: PageAllocProfile
  /** Null: CONFIG_CMA is off. */
  cma: CmaProfile | null
  /** Null: CONFIG_DMA_CMA is off. */
  contiguous: ContiguousProfile | null
  /** kernel/dma/coherent.c; null: CONFIG_DMA_DECLARE_COHERENT is off. */
  declaredCoherent: DeclaredCoherentProfile | null
  /** Null: no atomic pool at all. */
  atomicPool: AtomicPoolProfile | null
  swiotlb: SwiotlbProfile | null
  /** arch/arm/common/dmabounce.c, for the devices that board code registers; null: what limits them is their bus's limit. */
  dmabounce: DmabounceProfile | null
  vmalloc: VmallocProfile
  direct: DirectProfile
  iommu: IommuProfile | null
  /** arch/arm's own coherent allocator, before the generic code took over; null: the generic code. */
  armDma: ArmDmaProfile | null
  api: DmaApiProfile
  recorded: RecordedProfile
  /** Which ops table a device gets; resolved once per device, when it is added. */
  opsFor: (device: OpsQuestion) => OpsName
}

export interface PageProfile {
  /** PAGE_SIZE. */
  sizeBytes: Bytes
  /** MAX_PAGE_ORDER: the largest block of the page allocator. */
  maxOrder: Order
  /** Pageblock: the unit that has a migratetype. */
  pageblockOrder: Order
  /** Bits of a size_t. */
  wordBits: 32 | 64
  /** Hexadecimal digits of a phys_addr_t. */
  physDigits: 8 | 16
  /** PHYS_ADDR_MAX as early boot knows it: the highest address, inclusive. */
  maxAddress: Bytes
}

export interface ZoneProfile {
  /** Zones from low to high addresses, as this kernel is built with them; their limits come from early boot. */
  names: readonly ZoneName[]
  /** A zone's present pages are counted without those of its memory map (before 3.8). */
  presentWithoutMemmap: boolean
  /** A zone knows how many of its pages are CMA's (from 3.8 on). */
  countsCma: boolean
}
export type ZoneName = 'DMA' | 'DMA32' | 'Normal' | 'HighMem' | 'Movable'

/** The order of early boot, from the first memory block to the last reservation before the page allocator takes over. */
export interface EarlyBootProfile {
  steps: readonly EarlyBootStep[]
  sizes: StructSizes
  /** Null: one flat memory map. */
  sparse: SparseProfile | null
  /** What the image occupies where nobody says. */
  image: { offset: Bytes; size: Bytes }
  /** The boot loader leaves a blob in memory. */
  hasBlob: boolean
}

/** Bytes of the structures that early boot takes memory for. */
export interface StructSizes {
  structPageBytes: Bytes
  pointerBytes: Bytes
  cacheLineBytes: Bytes
  reservedMemBytes: Bytes
  deviceNodeBytes: Bytes
  propertyBytes: Bytes
  memSectionBytes: Bytes
  resourceBytes: Bytes
  /** The image's own per-CPU data (static size of "Embedded … pages/cpu"); 0: not taken from memblock. */
  perCpuStaticBytes: Bytes
  /** Room for the areas of all processors is taken in such pieces; what is left of the last goes back. */
  perCpuAtomBytes: Bytes
  /** struct io_tlb_slot and io_tlb_area. */
  slotBytes: Bytes
  areaBytes: Bytes
}

/** CONFIG_SPARSEMEM: the memory map comes in sections. */
export interface SparseProfile {
  sectionBytes: Bytes
  /** Table of section roots. */
  rootBytes: Bytes
  /** struct mem_section_usage with its pageblock flags. */
  usageBytes: Bytes
  /** What one block entry of the page table maps (PMD_SIZE); room for a section's map is rounded up to it. */
  blockBytes: Bytes
  /** The map itself is made of such blocks. */
  hugeMap: boolean
  /** The map's entry in the top table is there already: something else lies in its reach. */
  sharesTopTable: boolean
}
/** One function of the kernel's setup_arch() or start_kernel(); throws BootPanic where the kernel stops. */
export type EarlyBootStep = (boot: EarlyBoot) => void

export interface PageAllocProfile {
  /** Free pages of CMA areas pass the watermark of requests that cannot use them (before 3.7). */
  cmaCountsAsFree: boolean
  /** Movable requests take from CMA once it holds more than half of the zone's free pages (from 4.14 on). */
  balancesCma: boolean
  /** A request whose own lists are empty takes from the largest block of another type (before 4.1). */
  takesLargest: boolean
  /** Pageblocks of each zone that serve when nothing else does (MIGRATE_RESERVE, before 4.4); 0: none. */
  reserveBlocks: number
  /** The OOM killer works on behalf of small requests that may wait; null: not modelled. */
  oom: OomProfile | null
  watermarks: (
    zones: readonly { name: ZoneName; managed: Pages; present: Pages }[],
    pageBytes: Bytes,
    isolated: boolean,
  ) => Watermarks[]
  failures: AllocFailureProfile
  /** alloc_contig_range(); before 3.5 there is none, and nothing that would ask for it. */
  contig: ContigRangeProfile
  /** What boot frees goes to the head of the lists, so that the highest block serves first (before memblock_free_all of 5.10). */
  highestFirst: boolean
  /** Per-CPU lists tune themselves, fallbacks boost watermarks, kswapd and compaction run; null: the plain lists of old, and none of it. */
  pressure: PressureProfile | null
  /** User addresses that one page of page tables serves; null: page tables are not counted. */
  userTableSpan: Bytes | null
  /** What the kernel and its first process take for themselves before the first driver asks. */
  own: OwnAmounts | OwnStartup
  /** Null: objects of the kernel are not counted. */
  kmalloc: KmallocProfile | null
}

/** What a zone does as it fills. */
export interface PressureProfile {
  /** Order of huge pages, which have per-CPU lists of their own; null: there are none. */
  hugeOrder: Order | null
  /** CONFIG_COMPACTION */
  compacts: boolean
  /** Pages of slab caches that kswapd's first pass frees. */
  slabPages: Pages
  /** What boot leaves in the per-CPU lists, where they may hold as much. */
  freedByBoot: { unmovable: Bytes; movable: Bytes }
}

/** What a failed allocation says. */
export interface AllocFailureProfile {
  /** nopage_rs: at most `burst` reports in `interval` microseconds. */
  interval: Microseconds
  burst: number
  /** Flags as the report writes them. */
  mode: (gfp: number) => string
  /** A block larger than the largest is warned of once; null: not at all. */
  orderWarning: string | null
}

/** mm/oom_kill.c */
export interface OomProfile {
  /** The first line's facts of a request. */
  invoked: (gfp: number, order: Order) => string
}

export interface ContigRangeProfile {
  /** What the new place of a migrated page is asked with. */
  targetGfp: number
  /** mlocked pages are moved too (from 3.7 on). */
  movesLocked: boolean
  /** Free pages that were in the per-CPU lists are counted twice when their pageblock is isolated (3.7). */
  countsDrainedTwice: boolean
  /** The zone must stay above its low watermark (3.5 to 3.x). */
  keepsWatermark: boolean
  /** "test_pages_isolated failed" when something that is not on a list stays in the range. */
  warnsIsolation: boolean
}

export interface CmaProfile {
  /** Requests of nothing or of more than the area end before anything is searched. */
  refusesLarger: boolean
  /** "alloc failed" with what is free. */
  reportsFailures: boolean
  /** Drivers reach an area through dma_alloc_from_contiguous() only, which bounds the alignment. */
  capsAlignment: boolean
  /** The errno that the end of a request shows; positive. */
  finishErrno: (error: number, count: Pages) => number
  /** CONFIG_CMA_AREAS, with the default area's own slot where the kernel adds one. */
  maxAreas: number
  /** CMA_MIN_ALIGNMENT_BYTES in pages. */
  minAlignPages: Pages
}

export interface ContiguousProfile {
  /** CONFIG_CMA_ALIGNMENT: order beyond which a request is not aligned. */
  alignmentOrder: Order
  /** Size of the default area without `cma=`; given the bytes of RAM that memblock knows. */
  defaultBytes: (physMemBytes: Bytes) => Bytes
}

/** What the recordings' test driver could ask this kernel, beyond what it asks every one. */
export interface RecordedProfile {
  /** `info` tells of buses, limits, areas and bounce buffers; else of masks and ops only. */
  deviceFacts: boolean
  /** A module that takes all pages says so when it got none (__GFP_NOWARN otherwise). */
  hogWarns: boolean
  /** An area's largest free run, and pages in the answer of `cma_alloc`. */
  areaFacts: boolean
  /** `pools` answers with the state of all memory instead of each pool's bytes. */
  poolsAsState: boolean
  /** Processors of the machine whatever it was asked for; null: as many as that. */
  cpus: number | null
  /** What the driver calls a device that a script adds. */
  deviceName: (name: string, dmaBits: string) => string
  /** What its ramdisk holds beside a script of up to one page; null: not known. */
  ramdiskBytes: Bytes | null
}

/** The entry points of the DMA API. */
export interface DmaApiProfile {
  /** __GFP_COMP makes a request fail; else it is dropped. */
  refusesCompound: boolean
  /** The implementation chooses the zone, whatever the caller asks for. */
  choosesZone: boolean
  /** Masks that reach no memory are refused, and 32 bits stay. */
  checksMasks: boolean
  /** A call without a device is served. */
  servesNobody: boolean
}

export interface DeclaredCoherentProfile {
  /** A region of the tree must say `no-map`. */
  needsNoMap: boolean
}

/** kernel/dma/pool.c has a pool for each zone; arch/arm has one pool of its own; the 2012 kernels a fixed one. */
export interface AtomicPoolProfile {
  kind: 'zones' | 'remap' | 'fixed'
  /** Without `coherent_pool=`; given the bytes of RAM that the page allocator manages. */
  defaultBytes: (totalRamBytes: Bytes) => Bytes
}

export interface SwiotlbProfile {
  /** CONFIG_DMA_RESTRICTED_POOL. */
  restrictedPools: boolean
}

/** Sizes of the blocks of each pool where the board does not say. */
export interface DmabounceProfile {
  smallBytes: Bytes
  largeBytes: Bytes
}

export interface VmallocProfile {
  /** Size of the range that DMA remapping draws from; null: too large to run out. Known once early boot is done on 32-bit. */
  bytes: Bytes | null
  /** The consistent window of 3.4 and 3.5; null where remapping uses the vmalloc range. */
  window: { defaultBytes: Bytes; endBytes: Bytes; ready: boolean } | null
  /** Areas that the platform maps before anything else is (iotable_init). */
  fixed: readonly AddressRange[]
  /** What the kernel of the recordings' machine maps for itself: registers before the atomic pool, registers and memory after it. */
  own: { before: readonly Bytes[]; after: readonly Bytes[]; memory: readonly Bytes[] } | null
  /** Pages of addresses that boot leaves behind as lazily freed, before and after the atomic pool. */
  lazyPagesOfBoot: readonly [before: Pages, after: Pages]
}

export interface DirectProfile {
  /** Devices without `dma-coherent` are coherent nevertheless (x86). */
  coherentByDefault: boolean
  /** Memory of a non-coherent device is remapped (CONFIG_DMA_DIRECT_REMAP). */
  remap: boolean
  /** arch_dma_alloc() serves the non-coherent devices (32-bit arm). */
  archAlloc: boolean
  /** CONFIG_DMA_BOUNCE_UNALIGNED_KMALLOC. */
  bounceUnalignedKmalloc: boolean
  /** ARCH_DMA_MINALIGN. */
  minAlignBytes: Bytes
  /** dma_get_cache_alignment(): what the processor's caches need. */
  cacheLineBytes: Bytes
}

export interface IommuProfile {
  /**
   * Bus addresses of a new domain for a device with these `dma-ranges`, null where they are too few; or null itself: the caching tree of
   * drivers/iommu/iova.c.
   */
  space: ((ranges: readonly DmaRange[], pageBytes: Bytes) => IovaSpace | null) | null
  /** A group's domain takes one device; others find no driver. */
  oneDeviceADomain: boolean
  /** CONFIG_IOMMU_DEFAULT_PASSTHROUGH, before `iommu.passthrough=`. */
  passthroughByDefault: boolean
}

export interface OpsQuestion {
  coherent: boolean
  /** It has an IOMMU. */
  translated: boolean
  /** Its IOMMU lets addresses pass as they are. */
  identity: boolean
  /** Board code registered it with dmabounce. */
  bounces: boolean
}
export type OpsName =
  'direct' | 'iommu' | 'identity' | 'arm' | 'arm-coherent' | 'arm-iommu' | 'arm-iommu-coherent' | 'dmabounce'
