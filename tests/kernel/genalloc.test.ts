import { describe, expect, it } from 'vitest'
import { firstFit, firstFitOrderAlign, GenPool } from '../../src-main/kernel/genalloc.ts'

const K = 1024

describe('a pool of chunks', () => {
  it('aligns a request to the power of two that holds it', () => {
    const pool = new GenPool(4 * K, firstFitOrderAlign)
    pool.add(0x10000, 64 * K)
    expect([pool.alloc(4 * K), pool.alloc(12 * K), pool.alloc(4 * K)]).toEqual([0x10000, 0x14000, 0x11000])
  })

  it('packs without alignment when told so', () => {
    const pool = new GenPool(4 * K, firstFit)
    pool.add(0x10000, 64 * K)
    expect([pool.alloc(4 * K), pool.alloc(12 * K)]).toEqual([0x10000, 0x11000])
  })

  it('looks into the newest chunk first', () => {
    const pool = new GenPool(4 * K, firstFitOrderAlign)
    pool.add(0x10000, 16 * K)
    pool.add(0x80000, 16 * K)
    expect(pool.alloc(16 * K)).toBe(0x80000)
    expect(pool.alloc(16 * K)).toBe(0x10000)
    expect(pool.alloc(4 * K)).toBe(-1)
    pool.free(0x10000, 16 * K)
    expect([pool.sizeBytes, pool.availBytes, pool.largestFreeBytes()]).toEqual([32 * K, 16 * K, 16 * K])
  })

  it('never joins two chunks for one request', () => {
    const pool = new GenPool(4 * K, firstFitOrderAlign)
    pool.add(0x10000, 16 * K)
    pool.add(0x14000, 16 * K)
    expect(pool.alloc(32 * K)).toBe(-1)
  })
})
