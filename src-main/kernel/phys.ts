import type { Bytes } from '@shared/units.ts'
import type { EarlyBoot } from './early-boot.ts'

/** An address as printk's %pa writes it: with all the digits of a phys_addr_t. */
export const phys = ({ profile }: Pick<EarlyBoot, 'profile'>, address: Bytes): string =>
  `0x${address.toString(16).padStart(profile.page.physDigits, '0')}`
