/** Linux 3.6 on 32-bit ARM: what it changed of 3.5. */
import type { KernelConfig } from '../config.ts'
import type { Profile } from '../profile.ts'
import { own } from './3.4.ts'
import { linux35, withIommu } from './3.5.ts'
import { armDma36 } from './arm-dma-2012.ts'

export function linux36(config: KernelConfig): Profile {
  const before = linux35(config)
  return {
    ...before,
    // drivers/base/dma-contiguous.c (mm: cma: fix alignment requirements for contiguous regions): the largest block is enough
    cma: before.cma && { ...before.cma, minAlignPages: 2 ** before.page.maxOrder },
    pageAlloc: {
      ...before.pageAlloc,
      own: withIommu(config, { ...own, boot: 54, early: 28, beforeInit: 23, last: 23, inBlocks: 30 }),
      kmalloc: { spare: { 64: 6, 512: 0 } },
      // the same check, further down in its file
      failures: {
        ...before.pageAlloc.failures,
        orderWarning: 'WARNING: at mm/page_alloc.c:2349 __alloc_pages_nodemask()',
      },
    },
    // e9da6e9905e6 (ARM: dma-mapping: remove custom consistent dma region)
    vmalloc: { ...before.vmalloc, window: null },
    armDma: armDma36(config),
  }
}
