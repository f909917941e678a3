import { describe, expect, it } from 'vitest'
import { KiB } from '@shared/units.ts'
import { ArmPool, bitmapPool, topDownPool, type PoolSearchPolicy } from '../../src-main/kernel/arm-pool.ts'

const pool = (search: PoolSearchPolicy, bytes = 256 * KiB): ArmPool =>
  new ArmPool(0x7f00_0000, 0xdf00_0000, bytes, 4096, 'linear', search)
const places = (each: ArmPool, ...kib: number[]): (number | null)[] => kib.map((size) => each.alloc(size * KiB))

describe('the pool of 3.5', () => {
  // | … | 64K | . | 20K | . | 16K | 12K . | 8K | . 4K |, from the top down
  it('places from the top, aligned to the full power of two', () => {
    expect(places(pool(topDownPool), 4, 8, 12, 16, 20, 64)).toEqual([
      0x3f000, 0x3c000, 0x38000, 0x34000, 0x28000, 0x10000,
    ])
    expect(places(pool(topDownPool), 4, 12)).toEqual([0x3f000, 0x3c000])
  })

  it('is bounded by the exact bytes of coherent_pool=', () => {
    const odd = pool(topDownPool, 100 * KiB)
    expect(odd.canHold(100 * KiB)).toBe(true)
    expect(odd.canHold(104 * KiB)).toBe(false)
    expect(odd.totalPages()).toBe(25)
  })
})

describe('the pool from 3.6 on', () => {
  // | 4K . 8K . | 12K . | 20K … : from the bottom up
  it('places from the bottom, aligned to the order of the size', () => {
    expect(places(pool(bitmapPool), 4, 12, 20, 8)).toEqual([0, 0x4000, 0x8000, 0x2000])
  })

  it('gives a freed place again and says what is taken', () => {
    const each = pool(bitmapPool)
    places(each, 64, 64, 64, 64)
    expect(each.alloc(4 * KiB)).toBeNull()
    each.free(64 * KiB, 64 * KiB)
    expect(each.regions()).toEqual([
      [0, 16],
      [32, 32],
    ])
    expect(each.alloc(8 * KiB)).toBe(64 * KiB)
    expect(each.usedPages()).toBe(50)
  })
})
