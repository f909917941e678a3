/** Linux 6.12 on arm64, for any page size: arch/arm64/Kconfig and include/asm. */
import { GiB, KiB, MiB } from '@shared/units.ts'
import { arm64BootmemInit, arm64Mem, arm64MemblockInit, arm64MemInit, arm64PagingInit } from '../arm64-init.ts'
import type { KernelConfig } from '../config.ts'
import { parseEarlyParam } from '../early-params.ts'
import { setupMachineFdt, unflattenDeviceTree } from '../of-fdt.ts'
import type { EarlyBootProfile, PageProfile, Profile, SparseProfile, ZoneName } from '../profile.ts'
import { earlyTables, requestStandardResources, sparseInit } from '../sparse.ts'
import * as shared from './fragments.ts'

/** PHYS_MASK_SHIFT of 48 bits. */
const MAX_ADDRESS = 2 ** 48 - 1

export function arm64(config: KernelConfig): Profile {
  const page = pageProfile(config)
  return {
    page,
    zones: { names: zoneNames(config), presentWithoutMemmap: false, countsCma: true },
    earlyBoot: earlyBoot(page, config),
    pageAlloc: shared.pageAllocOf(config, page),
    cma: shared.cmaProfile(config, page),
    contiguous: shared.contiguousProfile(config, page),
    declaredCoherent: config.on('DMA_DECLARE_COHERENT') ? { needsNoMap: false } : null,
    atomicPool: config.on('DMA_COHERENT_POOL') ? { kind: 'zones', defaultBytes: shared.atomicPoolBytes(page) } : null,
    swiotlb: shared.swiotlbProfile(config),
    dmabounce: null,
    vmalloc: { bytes: null, window: null, fixed: [], own: null, lazyPagesOfBoot: [0, 0] },
    direct: {
      coherentByDefault: false,
      remap: config.on('DMA_DIRECT_REMAP'),
      archAlloc: false,
      bounceUnalignedKmalloc: config.on('DMA_BOUNCE_UNALIGNED_KMALLOC'),
      minAlignBytes: 128,
      cacheLineBytes: 64,
    },
    armDma: null,
    api: shared.dmaApi,
    recorded: shared.recorded,
    iommu: config.on('IOMMU_DMA')
      ? { space: null, oneDeviceADomain: false, passthroughByDefault: config.on('IOMMU_DEFAULT_PASSTHROUGH') }
      : null,
    opsFor: ({ translated, identity }) => (translated && !identity && config.on('IOMMU_DMA') ? 'iommu' : 'direct'),
  }
}

function zoneNames(config: KernelConfig): ZoneName[] {
  return [
    ...(config.on('ZONE_DMA') ? ['DMA' as const] : []),
    ...(config.on('ZONE_DMA32') ? ['DMA32' as const] : []),
    'Normal',
    'Movable',
  ]
}

function pageProfile(config: KernelConfig): PageProfile {
  const sizeBytes = config.on('ARM64_64K_PAGES') ? 64 * KiB : config.on('ARM64_16K_PAGES') ? 16 * KiB : 4 * KiB
  const maxOrder = config.number('ARCH_FORCE_MAX_ORDER', 10)
  const hasHugePages = config.on('HUGETLB_PAGE') || config.on('TRANSPARENT_HUGEPAGE')
  const pageblockOrder = hasHugePages ? shared.pageblockOrder(blockBytes(sizeBytes), { sizeBytes, maxOrder }) : maxOrder
  return { sizeBytes, maxOrder, pageblockOrder, wordBits: 64, physDigits: 16, maxAddress: MAX_ADDRESS }
}

/** PMD_SIZE: a page of 8-byte entries, each for a page. */
const blockBytes = (pageBytes: number): number => (pageBytes / 8) * pageBytes

/**
 * Per-CPU variables of a small configuration: those of any, the stacks that tracing keeps (a word for each byte of a page), and where
 * there are huge pages 13 counters for every order that a page table maps.
 */
function perCpuStaticBytes({ sizeBytes }: PageProfile, config: KernelConfig): number {
  const orders = Math.log2(sizeBytes / 8) + 1
  return 37840 + 8 * sizeBytes + (config.on('TRANSPARENT_HUGEPAGE') ? 13 * 8 * orders : 0)
}

/** SUBSECTION_SIZE: each has a bit that says whether it is there. */
const SUBSECTION_BYTES = 2 * MiB

/** What an entry two levels above the last one spans: PGDIR_SIZE where there are three levels. */
const topEntryBytes = (pageBytes: number): number => pageBytes * (pageBytes / 8) ** 2

function earlyBoot(page: PageProfile, config: KernelConfig): EarlyBootProfile {
  return {
    steps: [
      setupMachineFdt,
      parseEarlyParam({ mem: arm64Mem }),
      arm64MemblockInit,
      arm64PagingInit,
      unflattenDeviceTree,
      sparseInit,
      arm64BootmemInit,
      requestStandardResources,
      earlyTables,
      arm64MemInit,
    ],
    sizes: { ...shared.sizes64, perCpuStaticBytes: perCpuStaticBytes(page, config) },
    sparse: sparse(page, config),
    // TEXT_OFFSET is 0: boot loaders put the image on a 2 MiB boundary.
    image: { offset: 2 * MiB, size: 32 * MiB },
    hasBlob: true,
  }
}

/** include/asm/sparsemem.h */
function sparse(page: PageProfile, config: KernelConfig): SparseProfile {
  const sectionBytes = page.sizeBytes === 64 * KiB ? GiB / 2 : 128 * MiB
  const sectionsPerRoot = page.sizeBytes / shared.sizes64.memSectionBytes
  const mapBytes = (2 ** (config.number('ARM64_VA_BITS', 48) - 1) / page.sizeBytes) * shared.sizes64.structPageBytes
  const pageblocks = Math.max(1, sectionBytes / (page.sizeBytes * 2 ** page.pageblockOrder))
  return {
    sectionBytes,
    rootBytes: ((MAX_ADDRESS + 1) / sectionBytes / sectionsPerRoot) * 8,
    usageBytes: 16 + sectionBytes / SUBSECTION_BYTES / 8 + Math.ceil(pageblocks / 16) * 8,
    blockBytes: blockBytes(page.sizeBytes),
    hugeMap: page.sizeBytes === 4 * KiB,
    // The map of all that could be lies at the top of the address space; with 64 KiB pages the fixmap has the same table there.
    sharesTopTable: mapBytes + GiB <= topEntryBytes(page.sizeBytes),
  }
}
