/** include/linux/gfp.h of 3.4 to 3.7: the bits of a request as logs of that time show them, from today's. */
import * as gfp from './gfp.ts'

const BITS: readonly (readonly [today: number, then: number])[] = [
  [gfp.__GFP_DMA, 0x1],
  [gfp.__GFP_HIGHMEM, 0x2],
  [gfp.__GFP_DMA32, 0x4],
  [gfp.__GFP_MOVABLE, 0x8],
  // __GFP_WAIT
  [gfp.__GFP_DIRECT_RECLAIM, 0x10],
  [gfp.__GFP_HIGH, 0x20],
  [gfp.__GFP_IO, 0x40],
  [gfp.__GFP_FS, 0x80],
  [gfp.__GFP_NOWARN, 0x200],
  [gfp.__GFP_NORETRY, 0x1000],
  [gfp.__GFP_COMP, 0x4000],
  [gfp.__GFP_ZERO, 0x8000],
  [gfp.__GFP_HARDWALL, 0x2_0000],
  [gfp.__GFP_RECLAIMABLE, 0x8_0000],
]

/** Hexadecimal, without a prefix. */
export const gfpBits = (flags: number): string =>
  BITS.reduce((bits, [today, then]) => bits | (flags & today ? then : 0), 0).toString(16)
