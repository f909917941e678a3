/** Parts that several profiles of 6.12 share. */
import { GiB, KiB, MiB, orderOf, type Bytes } from '@shared/units.ts'
import type { KernelConfig } from '../config.ts'
import { GFP_USER, gfpNames, __GFP_MOVABLE, __GFP_NOWARN, __GFP_RETRY_MAYFAIL } from '../gfp.ts'
import type {
  CmaProfile,
  ContiguousProfile,
  DmaApiProfile,
  PageAllocProfile,
  PageProfile,
  PressureProfile,
  RecordedProfile,
  StructSizes,
  SwiotlbProfile,
} from '../profile.ts'
import { zoneWatermarks, zoneWatermarksForHugePages } from '../watermarks.ts'

/** What 6.12 takes between its pools' initcall and the first driver. */
const ownLate = { unmovable: () => 140 * KiB, reclaimable: 236 * KiB, anon: 48 * KiB }

/** mm/page_alloc.c of 6.12. */
const pageAlloc: PageAllocProfile = {
  cmaCountsAsFree: false,
  balancesCma: true,
  own: { atInitcalls: ownBytes(1.375 * MiB), listed: () => 0, late: ownLate },
  kmalloc: null,
  highestFirst: false,
  pressure: null,
  userTableSpan: null,
  takesLargest: false,
  reserveBlocks: 0,
  oom: null,
  watermarks: zoneWatermarks,
  failures: {
    interval: 10_000_000,
    burst: 1,
    mode: (gfp) => `mode:0x${gfp.toString(16)}(${gfpNames(gfp)}), nodemask=(null)`,
    orderWarning: null,
  },
  contig: {
    targetGfp: GFP_USER | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL | __GFP_NOWARN,
    movesLocked: true,
    countsDrainedTwice: false,
    keepsWatermark: false,
    warnsIsolation: false,
  },
}

/** The same with what a configuration turns on. */
export function pageAllocOf(
  config: KernelConfig,
  page: PageProfile,
  freedByBoot: PressureProfile['freedByBoot'] = { unmovable: 384 * KiB, movable: 2.75 * MiB },
): PageAllocProfile {
  const hugePages = config.on('TRANSPARENT_HUGEPAGE')
  const enabled = config.on('TRANSPARENT_HUGEPAGE_MADVISE') || config.on('TRANSPARENT_HUGEPAGE_ALWAYS')
  return {
    ...pageAlloc,
    watermarks: enabled ? zoneWatermarksForHugePages(2 ** page.pageblockOrder) : zoneWatermarks,
    pressure: {
      hugeOrder: hugePages ? page.pageblockOrder : null,
      compacts: config.on('COMPACTION'),
      slabPages: 5,
      freedByBoot,
    },
  }
}

/** kernel/dma/mapping.c of 6.12. */
export const dmaApi: DmaApiProfile = {
  refusesCompound: true,
  choosesZone: true,
  checksMasks: true,
  servesNobody: false,
}

export const recorded: RecordedProfile = {
  deviceFacts: true,
  hogWarns: false,
  areaFacts: true,
  poolsAsState: false,
  cpus: null,
  deviceName: (_, dmaBits) => `truth.${dmaBits}`,
  ramdiskBytes: null,
}

/** Structures of 64-bit kernels. */
export const sizes64: Omit<StructSizes, 'perCpuStaticBytes'> = {
  structPageBytes: 64,
  pointerBytes: 8,
  cacheLineBytes: 64,
  reservedMemBytes: 48,
  deviceNodeBytes: 208,
  propertyBytes: 104,
  memSectionBytes: 16,
  resourceBytes: 64,
  perCpuAtomBytes: 4 * KiB,
  slotBytes: 24,
  areaBytes: 16,
}

/** CONFIG_CMA: areas are whole pageblocks. */
export function cmaProfile(config: KernelConfig, page: PageProfile): CmaProfile | null {
  if (!config.on('CMA')) return null
  return {
    maxAreas: config.number('CMA_AREAS', 7),
    minAlignPages: 2 ** page.pageblockOrder,
    refusesLarger: true,
    reportsFailures: true,
    capsAlignment: false,
    finishErrno: (error) => error,
  }
}

/** CONFIG_DMA_CMA. */
export const contiguousProfile = (config: KernelConfig, page: PageProfile): ContiguousProfile | null =>
  config.on('DMA_CMA') ? contiguousArea(config, page) : null

/** The default area with its four ways of choosing a size (kernel/dma/Kconfig). */
export function contiguousArea(config: KernelConfig, page: PageProfile): ContiguousProfile {
  const fixed = config.number('CMA_SIZE_MBYTES', 0) * MiB
  const share = (physMemBytes: Bytes) =>
    Math.floor((Math.floor(physMemBytes / page.sizeBytes) * config.number('CMA_SIZE_PERCENTAGE', 0)) / 100) *
    page.sizeBytes
  const choose = config.on('CMA_SIZE_SEL_PERCENTAGE')
    ? share
    : config.on('CMA_SIZE_SEL_MIN')
      ? (bytes: Bytes) => Math.min(fixed, share(bytes))
      : config.on('CMA_SIZE_SEL_MAX')
        ? (bytes: Bytes) => Math.max(fixed, share(bytes))
        : () => fixed
  return { alignmentOrder: config.number('CMA_ALIGNMENT', 8), defaultBytes: choose }
}

export function swiotlbProfile(config: KernelConfig): SwiotlbProfile | null {
  if (!config.on('SWIOTLB')) return null
  return {
    restrictedPools: config.on('DMA_RESTRICTED_POOL'),
  }
}

/**
 * Default size of an atomic pool, kernel/dma/pool.c: 128 KiB for each GiB of RAM, at least that, at most the largest buddy block.
 * `totalRamBytes` is what the page allocator manages.
 */
export const atomicPoolBytes =
  (page: PageProfile) =>
  (totalRamBytes: Bytes): Bytes => {
    const pages = totalRamBytes / page.sizeBytes / ((1024 * MiB) / (128 * KiB))
    const most = 2 ** page.maxOrder
    return Math.max(Math.min(Math.floor(pages), most) * page.sizeBytes, 128 * KiB)
  }

/** Order of a huge page of `bytes`, cut to the largest buddy block: the order of a pageblock. */
export const pageblockOrder = (bytes: Bytes, page: Pick<PageProfile, 'sizeBytes' | 'maxOrder'>): number =>
  Math.min(orderOf(bytes / page.sizeBytes), page.maxOrder)

/** A base, and what grows with RAM up to 1 GiB: measured on small configurations. */
export function ownBytes(baseBytes: Bytes): (physMemBytes: Bytes) => Bytes {
  return (physMemBytes) => baseBytes + Math.min(physMemBytes, GiB) / 4096 + 16 * KiB
}
