/** Linux 6.12 on x86_64: arch/x86/Kconfig and include/asm. */
import { KiB, MiB } from '@shared/units.ts'
import type { KernelConfig } from '../config.ts'
import { parseEarlyParam } from '../early-params.ts'
import type { EarlyBootProfile, PageProfile, Profile, ZoneName } from '../profile.ts'
import { earlyTables, sparseInit } from '../sparse.ts'
import {
  e820MemblockSetup,
  pciIommuAlloc,
  pciIommuInit,
  relocateInitrd,
  x86ContiguousReserve,
  x86Mem,
  x86ZoneSizesInit,
} from '../x86-init.ts'
import * as shared from './fragments.ts'

export function x86_64(config: KernelConfig): Profile {
  const page = pageProfile(config)
  const zones: ZoneName[] = ['Normal', 'Movable']
  if (config.on('ZONE_DMA32')) zones.unshift('DMA32')
  if (config.on('ZONE_DMA')) zones.unshift('DMA')
  return {
    page,
    zones: { names: zones, presentWithoutMemmap: false, countsCma: true },
    earlyBoot: EARLY_BOOT,
    pageAlloc: shared.pageAllocOf(config, page),
    cma: shared.cmaProfile(config, page),
    contiguous: shared.contiguousProfile(config, page),
    declaredCoherent: config.on('DMA_DECLARE_COHERENT') ? { needsNoMap: false } : null,
    atomicPool: null,
    swiotlb: shared.swiotlbProfile(config),
    dmabounce: null,
    vmalloc: { bytes: null, window: null, fixed: [], own: null, lazyPagesOfBoot: [0, 0] },
    direct: {
      coherentByDefault: true,
      remap: false,
      archAlloc: false,
      bounceUnalignedKmalloc: false,
      minAlignBytes: 8,
      cacheLineBytes: 64,
    },
    iommu: config.on('IOMMU_DMA')
      ? { space: null, oneDeviceADomain: false, passthroughByDefault: config.on('IOMMU_DEFAULT_PASSTHROUGH') }
      : null,
    armDma: null,
    api: shared.dmaApi,
    // the emulated PC had no tables that would tell of further processors
    recorded: { ...shared.recorded, cpus: 1 },
    opsFor: ({ translated, identity }) => (translated && !identity && config.on('IOMMU_DMA') ? 'iommu' : 'direct'),
  }
}

function pageProfile(config: KernelConfig): PageProfile {
  const maxOrder = config.number('ARCH_FORCE_MAX_ORDER', 10)
  const hasHugePages = config.on('HUGETLB_PAGE') || config.on('TRANSPARENT_HUGEPAGE')
  const pageblockOrder = hasHugePages ? shared.pageblockOrder(2 * MiB, { sizeBytes: 4 * KiB, maxOrder }) : maxOrder
  return { sizeBytes: 4 * KiB, maxOrder, pageblockOrder, wordBits: 64, physDigits: 16, maxAddress: 2 ** 46 - 1 }
}

const EARLY_BOOT: EarlyBootProfile = {
  steps: [
    parseEarlyParam({ mem: x86Mem }),
    e820MemblockSetup,
    relocateInitrd,
    x86ContiguousReserve,
    sparseInit,
    x86ZoneSizesInit,
    earlyTables,
    pciIommuAlloc,
    pciIommuInit,
  ],
  sizes: { ...shared.sizes64, perCpuStaticBytes: 172 * KiB, perCpuAtomBytes: 2 * MiB },
  sparse: {
    sectionBytes: 128 * MiB,
    rootBytes: 16 * KiB,
    usageBytes: 56,
    blockBytes: 2 * MiB,
    hugeMap: true,
    sharesTopTable: false,
  },
  image: { offset: 16 * MiB, size: 32 * MiB },
  hasBlob: false,
}
