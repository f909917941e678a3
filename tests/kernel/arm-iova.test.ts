import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '@shared/units.ts'
import { ArmIovaMapping } from '../../src-main/kernel/arm-iova.ts'

describe('the IOVA bitmap of 2012', () => {
  const base = 0x8000_0000

  // | 4K | . 8K | 12K . | : each aligned to the order of its size
  it('fits first from the bottom, aligned to the order of the size', () => {
    const mapping = new ArmIovaMapping(base, 64 * MiB, 4096, 0)
    expect([4, 8, 12, 4].map((kib) => mapping.alloc(kib * KiB)! - base)).toEqual([0, 0x2000, 0x4000, 0x1000])
  })

  it('is exhausted when its range is, and serves again after a free', () => {
    const mapping = new ArmIovaMapping(base, MiB, 4096, 0)
    expect([512, 512, 4].map((kib) => mapping.alloc(kib * KiB))).toEqual([base, base + 512 * KiB, null])
    mapping.free(base, 512 * KiB)
    expect(mapping.alloc(4 * KiB)).toBe(base)
    expect(mapping.usedBytes()).toBe(516 * KiB)
  })

  it('counts in units of its order', () => {
    const mapping = new ArmIovaMapping(base, MiB, 4096, 2)
    expect([4, 20, 4].map((kib) => mapping.alloc(kib * KiB)! - base)).toEqual([0, 0x8000, 0x4000])
  })
})
