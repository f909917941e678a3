/** Linux 3.5 on 32-bit ARM: what it changed of 3.4. */
import { KiB } from '@shared/units.ts'
import type { KernelConfig } from '../config.ts'
import { ENOMEM } from '../errno.ts'
import { reserveContiguous } from '../dma-contiguous.ts'
import type { OwnStartup } from '../own-pages.ts'
import type { CmaProfile, EarlyBootProfile, PageProfile, Profile } from '../profile.ts'
import { linux34, own } from './3.4.ts'
import { armDma35 } from './arm-dma-2012.ts'
import { contiguousArea } from './fragments.ts'

export function linux35(config: KernelConfig): Profile {
  const before = linux34(config)
  const cma = config.on('CMA')
  return {
    ...before,
    // c64be2bb1c6e (drivers: add Contiguous Memory Allocator): reserved behind the image, aligned to twice the largest block
    earlyBoot: withContiguous(before.earlyBoot),
    cma: cma ? cmaProfile(config, before.page) : null,
    contiguous: cma ? contiguousArea(config, before.page) : null,
    // 47118af076f6 (mm: mmzone: MIGRATE_CMA migration type added): free pages of areas count, whoever asks
    pageAlloc: {
      ...before.pageAlloc,
      cmaCountsAsFree: true,
      own: withIommu(config, cma ? withCma : withoutCma),
      kmalloc: { spare: { 64: cma ? 57 : 18 } },
      failures: {
        ...before.pageAlloc.failures,
        orderWarning: 'WARNING: at mm/page_alloc.c:2298 __alloc_pages_nodemask()',
      },
    },
    // c79095092834 (ARM: integrate CMA with DMA-mapping subsystem): no window with CMA, unless the IOMMU code needs one
    vmalloc: {
      ...before.vmalloc,
      window: before.vmalloc.window && { ...before.vmalloc.window, ready: !cma || config.on('ARM_DMA_USE_IOMMU') },
    },
    armDma: armDma35(config),
    // arch/arm/mm/dma-mapping.c: one table of operations a device (ARM: dma-mapping: use asm-generic/dma-mapping-common.h), and one for
    // those behind an IOMMU (ARM: dma-mapping: add support for IOMMU mapper)
    // arch/arm/common/dmabounce.c (ARM: dma-mapping: move all dma bounce code to separate dma ops structure): registering a device
    // replaces its table
    opsFor: ({ translated, bounces }) => (bounces ? 'dmabounce' : translated ? 'arm-iommu' : 'arm'),
  }
}

/** Numbers of the two configurations that were recorded; their images differ too. */
const withCma: OwnStartup = { ...own, boot: 55, early: 27, beforeInit: 26, last: 23, inBlocks: 24 }
const withoutCma: OwnStartup = {
  ...own,
  boot: 55,
  early: 19,
  beforeInit: 13,
  inBlocks: 24,
  initBytes: 72 * KiB,
}

/** The mapping of a driver that translates, and its domain: two pages more in both releases that were recorded with one. */
export const withIommu = (config: KernelConfig, own: OwnStartup): OwnStartup => ({
  ...own,
  last: own.last + (config.on('ARM_DMA_USE_IOMMU') ? 2 : 0),
})

/** drivers/base/dma-contiguous.c as it came. */
function cmaProfile(config: KernelConfig, page: PageProfile): CmaProfile {
  return {
    maxAreas: 1 + config.number('CMA_AREAS', 7),
    minAlignPages: 2 ** (page.maxOrder + 1),
    refusesLarger: false,
    reportsFailures: false,
    capsAlignment: true,
    // whatever made the last window busy, the search ends without a further one
    finishErrno: (error) => (error === 0 ? 0 : ENOMEM),
  }
}

/** dma_contiguous_reserve() is the last thing that arm_memblock_init() does. */
function withContiguous(before: EarlyBootProfile): EarlyBootProfile {
  const [meminfo, memblock, ...rest] = before.steps
  return { ...before, steps: [meminfo!, memblock!, reserveContiguous, ...rest] }
}
