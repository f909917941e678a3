/**
 * arch/arm/mm/dma-mapping.c of 3.4 to 3.7 as data: 3.4 whole, then what each release changed. Line numbers in messages are the ones
 * of the plain releases.
 */
import { KiB, MiB } from '@shared/units.ts'
import type { ArmDmaProfile, ArmPoolProfile } from '../arm-dma-profile.ts'
import { bitmapPool, topDownPool } from '../arm-pool.ts'
import type { KernelConfig } from '../config.ts'

const tooBig = (bytes: number): string => `arm_vmregion_alloc: allocation too big (requested 0x${bytes.toString(16)})`
/** The mapping that the test driver of the recordings makes, and the examples with it. */
const mapping = { base: 0x8000_0000, sizeBytes: 64 * MiB }

export const armDma34 = (): ArmDmaProfile => ({
  source: () => 'window',
  fallback: 'window',
  pool: null,
  coherentDevices: false,
  clearsHighmem: false,
  iommu: null,
  messages: { noPool: [], tooBig, poolTooSmall: () => [] },
})

export function armDma35(config: KernelConfig): ArmDmaProfile {
  const cma = config.on('CMA')
  const iommu = config.on('ARM_DMA_USE_IOMMU')
  return {
    ...armDma34(),
    // c79095092834 (ARM: integrate CMA with DMA-mapping subsystem): the area for who may wait, a pool out of it for who may not
    source: (atomic, translated) => (translated || !cma ? 'window' : atomic ? 'pool' : 'area'),
    pool: cma ? { defaultBytes: 256 * KiB, platformBytes: [], search: topDownPool, from: 'area' } : null,
    clearsHighmem: true,
    // arch/arm/mm/dma-mapping.c: iommu_ops (ARM: dma-mapping: add support for IOMMU mapper)
    iommu: iommu ? { ...mapping, mapsFirstAtomicPageOnly: false, sparesMapping: false } : null,
    messages: {
      ...armDma34().messages,
      noPool: [{ level: 'err', text: '__alloc_from_pool: coherent pool not initialised!' }],
    },
  }
}

export function armDma36(config: KernelConfig): ArmDmaProfile {
  const before = armDma35(config)
  const cma = config.on('CMA')
  return {
    ...before,
    // e9da6e9905e6 (ARM: dma-mapping: remove custom consistent dma region): vmalloc space instead of the window, a pool always
    source: (atomic) => (atomic ? 'pool' : cma ? 'area' : 'vmalloc'),
    fallback: 'vmalloc',
    pool: {
      defaultBytes: 256 * KiB,
      platformBytes: PLATFORM_POOLS,
      search: bitmapPool,
      from: cma ? 'area' : 'vmalloc',
    },
    // ARM: dma-mapping: IOMMU allocates pages from atomic_pool with GFP_ATOMIC: its list of pages has the first one only
    // ARM: dma-mapping: add support for DMA_ATTR_NO_KERNEL_MAPPING attribute
    iommu: before.iommu && { ...before.iommu, mapsFirstAtomicPageOnly: true, sparesMapping: true },
    messages: {
      noPool: [
        { level: 'warn', text: 'WARNING: at arch/arm/mm/dma-mapping.c:459 arm_dma_alloc()' },
        { level: 'warn', text: 'coherent pool not initialised!' },
      ],
      tooBig: null,
      poolTooSmall: (kib) => [
        `ERROR: ${kib} KiB atomic DMA coherent pool is too small!`,
        'Please increase it with coherent_pool= kernel parameter!',
      ],
    },
  }
}

export function armDma37(config: KernelConfig): ArmDmaProfile {
  const before = armDma36(config)
  return {
    ...before,
    // arch/arm/mm/dma-mapping.c: arm_coherent_dma_ops (ARM: add coherent dma ops)
    coherentDevices: true,
    messages: {
      ...before.messages,
      noPool: [
        // the same: arm_dma_alloc() and arm_coherent_dma_alloc() share __dma_alloc()
        { level: 'warn', text: 'WARNING: at arch/arm/mm/dma-mapping.c:480 __dma_alloc.constprop.0()' },
        { level: 'warn', text: 'coherent pool not initialised!' },
      ],
    },
  }
}

/** Callers of init_dma_coherent_pool_size() in the kernel's tree and in vendors'; found by the board's root `compatible`. */
const PLATFORM_POOLS: ArmPoolProfile['platformBytes'] = [
  { compatible: 'marvell,kirkwood', bytes: 1 * MiB },
  { compatible: 'marvell,orion5x', bytes: 1 * MiB },
  { compatible: 'marvell,armada-370-xp', bytes: 1 * MiB },
  { compatible: 'nvidia,tegra30', bytes: 1 * MiB },
  { compatible: 'brcm,bcm2708', bytes: 4 * MiB },
  { compatible: 'qcom,ipq8064', bytes: 2 * MiB },
  { compatible: 'brcm,xgs-iproc', bytes: 16 * MiB },
]
