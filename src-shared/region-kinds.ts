import type { RegionKind } from './layout.ts'

/** Colours of the kinds of memory on dark and on light ground, safe for the colour-blind; the page and pictures of it use the same. */
export const kindColors = {
  dark: {
    cma: '#4aa3f0',
    declared: '#2fc49a',
    pool: '#c9a83c',
    swiotlb: '#e08a5a',
    reserved: '#6a7484',
    removed: '#8d6f98',
    kernel: '#515c6d',
  },
  light: {
    cma: '#1f78c8',
    declared: '#0a8f6c',
    pool: '#9c7a00',
    swiotlb: '#c2622d',
    reserved: '#9aa4b1',
    removed: '#ab86b8',
    kernel: '#b1bac6',
  },
}
export type KindColor = keyof (typeof kindColors)['dark']

/** How the kinds of memory are called and coloured, everywhere the same. */
export const regionKinds: Record<RegionKind, { label: string; color: KindColor; hatched: boolean }> = {
  cma: { label: 'CMA area', color: 'cma', hatched: false },
  declared: { label: 'declared coherent', color: 'declared', hatched: false },
  pool: { label: 'atomic pool', color: 'pool', hatched: false },
  swiotlb: { label: 'bounce buffer', color: 'swiotlb', hatched: false },
  removed: { label: 'no-map carve-out', color: 'removed', hatched: true },
  reserved: { label: 'reserved', color: 'reserved', hatched: true },
  image: { label: 'kernel image', color: 'kernel', hatched: false },
  blob: { label: 'devicetree', color: 'kernel', hatched: false },
  initrd: { label: 'initrd', color: 'kernel', hatched: false },
  memmap: { label: 'kernel’s own', color: 'kernel', hatched: false },
}
