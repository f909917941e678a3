/** Linux 3.5 on 32-bit ARM: what it changed of 3.4. */
import type { KernelConfig } from '../config.ts'
import { reserveContiguous } from '../dma-contiguous.ts'
import type { EarlyBootProfile, Profile } from '../profile.ts'
import { linux34 } from './3.4.ts'
import { armDma35 } from './arm-dma-2012.ts'
import { contiguousArea } from './fragments.ts'

export function linux35(config: KernelConfig): Profile {
  const before = linux34(config)
  const cma = config.on('CMA')
  return {
    ...before,
    // c64be2bb1c6e (drivers: add Contiguous Memory Allocator): reserved behind the image, aligned to twice the largest block
    earlyBoot: withContiguous(before.earlyBoot),
    cma: cma ? { maxAreas: 1 + config.number('CMA_AREAS', 7), minAlignPages: 2 ** (before.page.maxOrder + 1) } : null,
    contiguous: cma ? contiguousArea(config, before.page) : null,
    // 47118af076f6 (mm: mmzone: MIGRATE_CMA migration type added): free pages of areas count, whoever asks
    pageAlloc: { ...before.pageAlloc, cmaCountsAsFree: true },
    // c79095092834 (ARM: integrate CMA with DMA-mapping subsystem): no window with CMA, unless the IOMMU code needs one
    vmalloc: { ...before.vmalloc, window: cma && !config.on('ARM_DMA_USE_IOMMU') ? null : before.vmalloc.window },
    armDma: armDma35(config),
    // 2dc6a016bbed (ARM: dma-mapping: use asm-generic/dma-mapping-common.h) and 4ce63fcd919c (IOMMU mapper)
    opsFor: ({ translated }) => (translated ? 'arm-iommu' : 'arm'),
  }
}

/** dma_contiguous_reserve() is the last thing that arm_memblock_init() does. */
function withContiguous(before: EarlyBootProfile): EarlyBootProfile {
  const [meminfo, memblock, ...rest] = before.steps
  return { ...before, steps: [meminfo!, memblock!, reserveContiguous, ...rest] }
}
