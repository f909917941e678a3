/** Linux 3.4 on 32-bit ARM, whole: no CMA, no dma_map_ops, coherent memory through the consistent window. */
import { KiB, MiB } from '@shared/units.ts'
import { armBootmemFree, armMemblockInit, sanityCheckMeminfo } from '../arm-meminfo.ts'
import type { KernelConfig } from '../config.ts'
import { GFP_USER, __GFP_MOVABLE } from '../gfp.ts'
import { gfpBits } from '../gfp-2012.ts'
import type { OwnStartup } from '../own-pages.ts'
import type { PageAllocProfile, Profile, StructSizes } from '../profile.ts'
import { zoneWatermarks2012 } from '../watermarks.ts'
import { armDma34 } from './arm-dma-2012.ts'

/** CONSISTENT_END of arch/arm/mm/dma-mapping.c. */
const CONSISTENT_END = 0xffe0_0000

export function linux34(config: KernelConfig): Profile {
  const maxOrder = config.number('FORCE_MAX_ZONEORDER', 11) - 1
  return {
    page: {
      sizeBytes: 4 * KiB,
      maxOrder,
      pageblockOrder: maxOrder,
      wordBits: 32,
      physDigits: 8,
      maxAddress: 0xffff_ffff,
    },
    zones: {
      names: [
        ...(config.on('ZONE_DMA') ? (['DMA'] as const) : []),
        'Normal',
        ...(config.on('HIGHMEM') ? (['HighMem'] as const) : []),
      ],
      presentWithoutMemmap: true,
      countsCma: false,
    },
    earlyBoot: {
      steps: [sanityCheckMeminfo, armMemblockInit, armBootmemFree],
      sizes,
      sparse: null,
      image: { offset: 32 * KiB, size: 3 * MiB },
      hasBlob: false,
    },
    pageAlloc,
    cma: null,
    contiguous: null,
    declaredCoherent: { needsNoMap: false },
    atomicPool: null,
    swiotlb: null,
    dmabounce: { smallBytes: 2 * KiB, largeBytes: 4 * KiB },
    vmalloc: {
      bytes: null,
      window: { defaultBytes: 2 * MiB, endBytes: CONSISTENT_END, ready: true },
      fixed: VEXPRESS_MAPPINGS,
      own: null,
      lazyPagesOfBoot: [4, 9],
    },
    direct: {
      coherentByDefault: false,
      remap: false,
      archAlloc: true,
      bounceUnalignedKmalloc: false,
      minAlignBytes: 64,
      cacheLineBytes: 64,
    },
    iommu: null,
    armDma: armDma34(),
    api: { refusesCompound: false, choosesZone: false, checksMasks: false, servesNobody: true },
    recorded: {
      deviceFacts: false,
      hogWarns: true,
      areaFacts: false,
      poolsAsState: true,
      cpus: null,
      deviceName: (name) => name,
      ramdiskBytes: 666_164,
    },
    // dmabounce has no table of its own yet, but the same calls end in it
    opsFor: ({ bounces }) => (bounces ? 'dmabounce' : 'arm'),
  }
}

/** arch/arm/mach-vexpress: the static mappings of the board that was recorded. */
const VEXPRESS_MAPPINGS = [
  { start: 0xf800_0000, end: 0xf802_0000 },
  { start: 0xf820_0000, end: 0xf820_2000 },
]

/**
 * Counted from recordings: what lists and counters are left with at batches of 7, 15 and 31 pages. What early boot takes is none of it: the
 * boot log says how much that leaves.
 */
export const own: OwnStartup = {
  boot: 53,
  early: 19,
  beforeInit: 14,
  last: 43,
  inBlocks: 26,
  reclaimable: 7,
  initBytes: 76 * KiB,
  rootfs: 163,
  process: 361,
}

/** mm/page_alloc.c and mm/oom_kill.c. */
const pageAlloc: PageAllocProfile = {
  cmaCountsAsFree: false,
  balancesCma: false,
  own,
  kmalloc: { spare: { 64: 18 } },
  highestFirst: true,
  pressure: null,
  userTableSpan: 2 * MiB,
  takesLargest: true,
  reserveBlocks: 2,
  oom: { invoked: (gfp, order) => `gfp_mask=0x${gfpBits(gfp)}, order=${order}, oom_adj=0, oom_score_adj=0` },
  watermarks: zoneWatermarks2012,
  failures: {
    interval: 5_000_000,
    burst: 10,
    mode: (gfp) => `mode:0x${gfpBits(gfp)}`,
    orderWarning: 'WARNING: at mm/page_alloc.c:2242 __alloc_pages_nodemask()',
  },
  contig: {
    targetGfp: GFP_USER | __GFP_MOVABLE,
    movesLocked: false,
    countsDrainedTwice: false,
    keepsWatermark: true,
    warnsIsolation: true,
  },
}

/** Structures of 32-bit kernels of the time; only the page's counts in what the recordings tell. */
const sizes: StructSizes = {
  structPageBytes: 32,
  pointerBytes: 4,
  cacheLineBytes: 64,
  reservedMemBytes: 0,
  deviceNodeBytes: 84,
  propertyBytes: 52,
  memSectionBytes: 8,
  resourceBytes: 28,
  perCpuStaticBytes: 0,
  perCpuAtomBytes: 4 * KiB,
  slotBytes: 0,
  areaBytes: 0,
}
