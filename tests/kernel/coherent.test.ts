import { describe, expect, it } from 'vitest'
import { DeclaredMemory } from '../../src-main/kernel/coherent.ts'
import { seeded } from './seeded.ts'

const PAGE = 4096
const BASE = 0x6000_0000
const memory = (pages: number, more = 0) => new DeclaredMemory('dsp', BASE, pages * PAGE + more, PAGE)
const place = (declared: DeclaredMemory, bytes: number): number => {
  const phys = declared.alloc(bytes)
  return phys < 0 ? phys : (phys - BASE) / PAGE
}

describe('memory declared for a device', () => {
  // | a | b | c c | d d d d | : a power of two of pages, aligned to itself
  it('is given in powers of two of pages, each aligned to itself', () => {
    const declared = memory(8)
    expect([1, PAGE, PAGE + 1, 3 * PAGE, PAGE].map((bytes) => place(declared, bytes))).toEqual([0, 1, 2, 4, -1])
  })

  it('has no block in a last part that is too short for it', () => {
    const declared = memory(6)
    expect([3 * PAGE, 3 * PAGE, 2 * PAGE].map((bytes) => place(declared, bytes))).toEqual([0, -1, 4])
  })

  it('does not count what is no whole page at its end', () => {
    const declared = memory(1, PAGE - 1)
    expect([place(declared, PAGE), place(declared, 1)]).toEqual([0, -1])
  })

  it('refuses more than all of it', () => {
    expect(place(memory(4), 4 * PAGE + 1)).toBe(-1)
  })

  it('is as a map of pages would have it, for every size at every state of eight pages', () => {
    for (let state = 0; state < 256; state++)
      for (let pages = 1; pages <= 8; pages++) {
        const declared = memory(8)
        for (let bit = 0; bit < 8; bit++) if (state & (1 << bit)) declared.bitmap.set(bit, 1)
        const block = 2 ** Math.ceil(Math.log2(pages))
        const naive = [0, 1, 2, 3, 4, 5, 6, 7].find(
          (at) => at % block === 0 && at + block <= 8 && (state & ((2 ** block - 1) << at)) === 0,
        )
        expect(place(declared, pages * PAGE)).toBe(naive ?? -1)
      }
  })

  it.each([1, 2])('takes back what it gave, and no more (seed %i)', (seed) => {
    const below = seeded(seed)
    const declared = memory(64)
    const held: { phys: number; bytes: number }[] = []
    for (let step = 0; step < 1000; step++) {
      if (below(2)) for (const { phys, bytes } of held.splice(below(held.length + 1), 1)) declared.release(phys, bytes)
      else {
        const bytes = 1 + below(9 * PAGE)
        const phys = declared.alloc(bytes)
        if (phys >= 0) held.push({ phys, bytes })
      }
      const pages = held.reduce((sum, { bytes }) => sum + 2 ** Math.ceil(Math.log2(Math.ceil(bytes / PAGE))), 0)
      expect(declared.bitmap.weight()).toBe(pages)
    }
  })
})
