/** Error numbers of include/uapi/asm-generic/errno-base.h by name. */
const NAMES: Record<number, string> = {
  5: 'EIO',
  12: 'ENOMEM',
  14: 'EFAULT',
  16: 'EBUSY',
  19: 'ENODEV',
  22: 'EINVAL',
  28: 'ENOSPC',
}

/** 12 as `-ENOMEM`. */
export const errorName = (errno: number): string => `-${NAMES[errno] ?? errno}`
