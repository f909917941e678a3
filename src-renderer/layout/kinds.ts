import type { RegionKind } from '@shared/layout.ts'
import type { AreaKind } from '@shared/run.ts'

/** How the kinds of memory are called and coloured, everywhere the same. The colour is a custom property of the style sheet. */
export const regionKinds: Record<RegionKind, { label: string; color: string; hatched: boolean }> = {
  cma: { label: 'CMA area', color: 'var(--cma)', hatched: false },
  declared: { label: 'declared coherent', color: 'var(--declared)', hatched: false },
  pool: { label: 'atomic pool', color: 'var(--pool)', hatched: false },
  swiotlb: { label: 'bounce buffer', color: 'var(--swiotlb)', hatched: false },
  removed: { label: 'no-map carve-out', color: 'var(--removed)', hatched: true },
  reserved: { label: 'reserved', color: 'var(--reserved)', hatched: true },
  image: { label: 'kernel image', color: 'var(--kernel)', hatched: false },
  blob: { label: 'devicetree', color: 'var(--kernel)', hatched: false },
  initrd: { label: 'initrd', color: 'var(--kernel)', hatched: false },
  memmap: { label: 'kernel’s own', color: 'var(--kernel)', hatched: false },
}

export const areaKinds: Record<AreaKind, { label: string; color: string }> = {
  cma: { label: 'CMA', color: 'var(--cma)' },
  declared: { label: 'declared', color: 'var(--declared)' },
  pool: { label: 'atomic pool', color: 'var(--pool)' },
  swiotlb: { label: 'bounce buffer', color: 'var(--swiotlb)' },
  dmabounce: { label: 'safe buffers', color: 'var(--swiotlb)' },
  carveout: { label: 'carve-out', color: 'var(--removed)' },
  iova: { label: 'IOVA', color: 'var(--accent)' },
  window: { label: 'consistent window', color: 'var(--pool)' },
  zone: { label: 'zone', color: 'var(--reserved)' },
}
