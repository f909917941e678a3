/** Linux 6.12 on 32-bit ARM without LPAE: arch/arm/Kconfig and include/asm. */
import { KiB, MiB } from '@shared/units.ts'
import { adjustLowmemBounds, armBootmemInit, armMem, armMemblockInit, armPagingInit, armVmalloc } from '../arm-init.ts'
import { armIovaSpace } from '../arm-iova-space.ts'
import type { KernelConfig } from '../config.ts'
import { parseEarlyParam } from '../early-params.ts'
import { setupMachineFdt, unflattenDeviceTree } from '../of-fdt.ts'
import type { EarlyBootProfile, PageProfile, Profile, StructSizes, VmallocProfile } from '../profile.ts'
import { earlyTables, requestStandardResources } from '../sparse.ts'
import * as shared from './fragments.ts'

export function arm(config: KernelConfig): Profile {
  const maxOrder = config.number('ARCH_FORCE_MAX_ORDER', 10)
  // Without huge pages a pageblock is a block of the largest order.
  const page: PageProfile = {
    sizeBytes: 4 * KiB,
    maxOrder,
    pageblockOrder: maxOrder,
    wordBits: 32,
    physDigits: 8,
    maxAddress: 2 ** 32 - 1,
  }
  const useIommu = config.on('ARM_DMA_USE_IOMMU')
  return {
    page,
    zones: {
      names: config.on('HIGHMEM') ? ['Normal', 'HighMem', 'Movable'] : ['Normal', 'Movable'],
      presentWithoutMemmap: false,
      countsCma: true,
    },
    earlyBoot: EARLY_BOOT,
    pageAlloc: {
      ...shared.pageAllocOf(config, page, { unmovable: 96 * KiB, movable: 3 * MiB }),
      own: {
        atInitcalls: () => 976 * KiB,
        // the lists of single pages and of small blocks, each refilled by a batch
        listed: (batch) => (batch < 63 ? 64 * KiB : 464 * KiB),
        late: { unmovable: shared.ownBytes(592 * KiB), reclaimable: 236 * KiB, anon: 48 * KiB },
      },
    },
    cma: shared.cmaProfile(config, page),
    contiguous: shared.contiguousProfile(config, page),
    declaredCoherent: config.on('DMA_DECLARE_COHERENT') ? { needsNoMap: true } : null,
    atomicPool: { kind: 'remap', defaultBytes: () => 256 * KiB },
    swiotlb: null,
    dmabounce: null,
    vmalloc: { bytes: 240 * MiB, window: null, fixed: [], own: OWN_MAPPINGS, lazyPagesOfBoot: [0, 0] },
    direct: {
      coherentByDefault: false,
      remap: false,
      archAlloc: true,
      bounceUnalignedKmalloc: false,
      minAlignBytes: 64,
      cacheLineBytes: 64,
    },
    iommu: useIommu
      ? {
          space: (ranges, pageBytes) => armIovaSpace(ranges, pageBytes, config.number('ARM_DMA_IOMMU_ALIGNMENT', 8)),
          oneDeviceADomain: true,
          passthroughByDefault: config.on('IOMMU_DEFAULT_PASSTHROUGH'),
        }
      : null,
    armDma: null,
    api: shared.dmaApi,
    recorded: shared.recorded,
    opsFor: ({ translated }) => (translated && useIommu ? 'arm-iommu' : 'direct'),
  }
}

/** The interrupt controller's two sets of registers; the console's, its line discipline and the pool's bitmap. */
const OWN_MAPPINGS: VmallocProfile['own'] = {
  before: [64 * KiB, 64 * KiB],
  after: [4 * KiB],
  memory: [12 * KiB, 4 * KiB],
}

const SIZES: StructSizes = {
  structPageBytes: 32,
  pointerBytes: 4,
  cacheLineBytes: 64,
  reservedMemBytes: 24,
  deviceNodeBytes: 84,
  propertyBytes: 64,
  memSectionBytes: 8,
  resourceBytes: 32,
  perCpuStaticBytes: 32 * KiB,
  perCpuAtomBytes: 4 * KiB,
  slotBytes: 12,
  areaBytes: 12,
}

const EARLY_BOOT: EarlyBootProfile = {
  steps: [
    setupMachineFdt,
    parseEarlyParam({ mem: armMem, vmalloc: armVmalloc }),
    adjustLowmemBounds,
    armMemblockInit,
    adjustLowmemBounds,
    armPagingInit,
    armBootmemInit,
    requestStandardResources,
    unflattenDeviceTree,
    earlyTables,
  ],
  sizes: SIZES,
  sparse: null,
  // TEXT_OFFSET
  image: { offset: 0x8000, size: 16 * MiB },
  hasBlob: true,
}
