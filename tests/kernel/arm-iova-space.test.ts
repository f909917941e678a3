import { describe, expect, it } from 'vitest'
import { armIovaSpace, ArmIovaSpace } from '../../src-main/kernel/arm-iova-space.ts'
import { seeded } from './seeded.ts'

const PAGE = 4096
const BASE = 0x1000_0000
/** A bitmap of one page of memory has so many bits. */
const BITS = PAGE * 8

describe('bus addresses of 32-bit arm since 3.14', () => {
  // | 1 | . | 2 2 | 3 3 3 . | 1 … : each aligned to the order of its size
  it('are handed out from the bottom, aligned to the order of the size', () => {
    const space = new ArmIovaSpace(BASE, 64 * PAGE, PAGE, 8)
    const pages = [1, 2, 3, 1, 1].map((count) => (space.alloc(count * PAGE)! - BASE) / PAGE)
    expect(pages).toEqual([0, 2, 4, 1, 7])
  })

  it('are aligned to no more than the configuration says', () => {
    const space = new ArmIovaSpace(BASE, 64 * PAGE, PAGE, 1)
    expect([1, 8].map((count) => (space.alloc(count * PAGE)! - BASE) / PAGE)).toEqual([0, 2])
  })

  it('come from a further bitmap where the first is full, as many as the window has', () => {
    const space = new ArmIovaSpace(BASE, 2 * BITS * PAGE, PAGE, 8)
    expect([BITS, BITS, 1].map((count) => space.alloc(count * PAGE))).toEqual([BASE, BASE + BITS * PAGE, null])
    space.free(BASE + BITS * PAGE, BITS * PAGE)
    expect(space.alloc(PAGE)).toBe(BASE + BITS * PAGE)
    expect(space.usedBytes()).toBe((BITS + 1) * PAGE)
  })

  it('never span two bitmaps', () => {
    const space = new ArmIovaSpace(BASE, 2 * BITS * PAGE, PAGE, 0)
    expect(space.alloc((BITS + 1) * PAGE)).toBeNull()
  })

  it.each([1, 2, 3])('never overlap, whatever is asked for and given back (seed %i)', (seed) => {
    const below = seeded(seed)
    const space = new ArmIovaSpace(BASE, 256 * PAGE, PAGE, 4)
    const taken = new Uint8Array(256)
    const held: { at: number; pages: number }[] = []
    for (let step = 0; step < 2000; step++) {
      const pages = 1 + below(20)
      const given = below(2) ? held.splice(below(held.length + 1), 1) : []
      for (const { at, pages: count } of given) {
        space.free(BASE + at * PAGE, count * PAGE)
        taken.fill(0, at, at + count)
      }
      if (given.length) continue
      const align = Math.min(2 ** Math.ceil(Math.log2(pages)), 16)
      const naive = [...taken.keys()].find(
        (at) => at % align === 0 && at + pages <= 256 && taken.subarray(at, at + pages).every((bit) => bit === 0),
      )
      const iova = space.alloc(pages * PAGE)
      expect(iova === null ? undefined : (iova - BASE) / PAGE).toBe(naive)
      if (naive === undefined) continue
      taken.fill(1, naive, naive + pages)
      held.push({ at: naive, pages })
    }
    expect(space.usedBytes()).toBe(taken.reduce((sum, bit) => sum + bit, 0) * PAGE)
  })

  it('span what dma-ranges span, or 4 GiB', () => {
    const range = { cpuAddr: 0x8000_0000, dmaAddr: 0x4000_0000, size: 16 * PAGE }
    expect(armIovaSpace([range], PAGE, 8)!.alloc(PAGE)).toBe(0x4000_0000)
    expect(armIovaSpace([], PAGE, 8)!.alloc(PAGE)).toBe(0)
    expect(armIovaSpace([{ ...range, size: PAGE }], PAGE, 8)).toBeNull()
  })
})
