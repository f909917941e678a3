/** Linux 3.4 on 32-bit ARM, whole: no CMA, no dma_map_ops, coherent memory through the consistent window. */
import { KiB, MiB } from '@shared/units.ts'
import { armBootmemFree, armMemblockInit, sanityCheckMeminfo } from '../arm-meminfo.ts'
import type { KernelConfig } from '../config.ts'
import type { Profile, StructSizes } from '../profile.ts'
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
      names: config.on('HIGHMEM') ? ['Normal', 'HighMem'] : ['Normal'],
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
    pageAlloc: { cmaCountsAsFree: false, balancesCma: false, pcpMaxOrder: 0, pcpServesHuge: false, ownBytes: 4 * MiB },
    cma: null,
    contiguous: null,
    declaredCoherent: { exclusive: true, needsNoMap: false },
    atomicPool: null,
    swiotlb: null,
    dmabounce: { smallBytes: 2 * KiB, largeBytes: 4 * KiB },
    vmalloc: { bytes: null, window: { defaultBytes: 2 * MiB, endBytes: CONSISTENT_END } },
    direct: {
      coherentByDefault: false,
      remap: false,
      archAlloc: true,
      bounceUnalignedKmalloc: false,
      minAlignBytes: 64,
      cacheLineBytes: 64,
      atomicNeedsPool: false,
    },
    iommu: null,
    armDma: armDma34(),
    opsFor: () => 'arm',
  }
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
  perCpuBytes: 0,
  perCpuAtomBytes: 4 * KiB,
  slotBytes: 0,
  areaBytes: 0,
}
