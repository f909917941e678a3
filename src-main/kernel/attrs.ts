/** include/linux/dma-mapping.h: DMA_ATTR_*, and the directions. */
export const DMA_ATTR_WEAK_ORDERING = 1 << 1
export const DMA_ATTR_WRITE_COMBINE = 1 << 2
export const DMA_ATTR_NO_KERNEL_MAPPING = 1 << 4
export const DMA_ATTR_SKIP_CPU_SYNC = 1 << 5
export const DMA_ATTR_FORCE_CONTIGUOUS = 1 << 6
export const DMA_ATTR_ALLOC_SINGLE_PAGES = 1 << 7
export const DMA_ATTR_NO_WARN = 1 << 8
export const DMA_ATTR_PRIVILEGED = 1 << 9

export type DmaDirection = 'bidirectional' | 'to-device' | 'from-device'

/** In the order of include/trace/events/dma.h. */
const NAMES: readonly (readonly [attr: number, name: string])[] = [
  [DMA_ATTR_WEAK_ORDERING, 'WEAK_ORDERING'],
  [DMA_ATTR_WRITE_COMBINE, 'WRITE_COMBINE'],
  [DMA_ATTR_NO_KERNEL_MAPPING, 'NO_KERNEL_MAPPING'],
  [DMA_ATTR_SKIP_CPU_SYNC, 'SKIP_CPU_SYNC'],
  [DMA_ATTR_FORCE_CONTIGUOUS, 'FORCE_CONTIGUOUS'],
  [DMA_ATTR_ALLOC_SINGLE_PAGES, 'ALLOC_SINGLE_PAGES'],
  [DMA_ATTR_NO_WARN, 'NO_WARN'],
  [DMA_ATTR_PRIVILEGED, 'PRIVILEGED'],
]

/** `WRITE_COMBINE|NO_WARN`, as the kernel's trace prints attributes; empty for none. */
export const attrNames = (attrs: number): string =>
  NAMES.flatMap(([attr, name]) => (attrs & attr ? [name] : [])).join('|')
