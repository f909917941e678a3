import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '@shared/units.ts'
import { ArmIovaMapping } from '../../src-main/kernel/arm-iova.ts'
import { armIovaSpace } from '../../src-main/kernel/arm-iova-space.ts'

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

describe('the IOVA bitmap of 6.12', () => {
  const window = (pages: number) => armIovaSpace([{ cpuAddr: 0, dmaAddr: 0, size: pages * 4096 }], 4096, 8)
  const holds = (windowPages: number, pages: number) => window(windowPages)!.alloc(pages * 4096) !== null

  it('counts the whole pages below the last byte of its window, and rounds up to words', () => {
    expect([holds(65, 64), holds(65, 65), holds(66, 96)]).toEqual([true, false, true])
  })

  it('does not come about for a window of one page', () => expect(window(1)).toBeNull())
})
