/** include/uapi/asm-generic/errno-base.h: the ones that the DMA layer returns, positive. */
export const EIO = 5
export const ENOMEM = 12
export const EBUSY = 16
export const EINVAL = 22
