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
