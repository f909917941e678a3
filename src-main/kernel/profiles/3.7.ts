/** Linux 3.7 on 32-bit ARM: what it changed of 3.6. */
import { KiB } from '@shared/units.ts'
import type { KernelConfig } from '../config.ts'
import { gfpBits } from '../gfp-2012.ts'
import type { Profile } from '../profile.ts'
import { own } from './3.4.ts'
import { withIommu } from './3.5.ts'
import { linux36 } from './3.6.ts'
import { armDma37 } from './arm-dma-2012.ts'

export function linux37(config: KernelConfig): Profile {
  const before = linux36(config)
  return {
    ...before,
    // d1ce749a0db1 (cma: count free CMA pages) and d95ea5d18e69 (cma: fix watermark checking)
    pageAlloc: {
      ...before.pageAlloc,
      cmaCountsAsFree: false,
      own: withIommu(config, {
        ...own,
        boot: 53,
        early: 29,
        beforeInit: 24,
        last: 23,
        inBlocks: 32,
        initBytes: 80 * KiB,
      }),
      kmalloc: { spare: { 64: 28 } },
      // 01dc52ebdf47 (oom: remove deprecated oom_adj)
      oom: { invoked: (gfp, order) => `gfp_mask=0x${gfpBits(gfp)}, order=${order}, oom_score_adj=0` },
      // e46a28790e59 (CMA: migrate mlocked pages)
      contig: { ...before.pageAlloc.contig, movesLocked: true, countsDrainedTwice: true },
    },
    cma: before.cma && {
      ...before.cma,
      // dma_alloc_from_contiguous() keeps the last errno of its loop to itself; a debugging line shows success instead
      finishErrno: (error, count) => (count === 0 ? error : 0),
    },
    armDma: armDma37(config),
    // arch/arm/mm/dma-mapping.c: arm_coherent_dma_ops (ARM: add coherent dma ops)
    opsFor: ({ coherent, translated, bounces }) =>
      bounces
        ? 'dmabounce'
        : translated
          ? coherent
            ? 'arm-iommu-coherent'
            : 'arm-iommu'
          : coherent
            ? 'arm-coherent'
            : 'arm',
  }
}
