import { describe, expect, it } from 'vitest'
import { KiB } from '@shared/units.ts'
import { CARVEOUT_ALLOCATORS } from '@shared/board.ts'
import { carveoutAllocator } from '../../src-main/kernel/carveout-allocators.ts'

const K4 = 4 * KiB
/** Offsets in pages of requests in pages. */
const take = (each: ReturnType<typeof carveoutAllocator>, ...pages: number[]): (number | null)[] =>
  pages.map((count) => each.alloc(count * K4, K4)).map((at) => (at === null ? null : at / K4))

describe('an owner inside its carve-out', () => {
  // pages: | 2 | 3 free | 1 | 1 free | 1 | 8 free |, then a request of one page
  it.each([
    ['first-fit', 2],
    ['best-fit', 6],
  ] as const)('%s puts one page at %i', (name, expected) => {
    const each = carveoutAllocator(name, 16 * K4, K4)
    take(each, 2, 3, 1, 1, 1)
    each.free(2 * K4)
    each.free(6 * K4)
    expect(take(each, 1)).toEqual([expected])
  })

  // | 4 for 3 | 1 . | 2 | 8 | : a buddy rounds up, and merges again
  it('buddy rounds up to powers of two and merges what comes back', () => {
    const each = carveoutAllocator('buddy', 16 * K4, K4)
    expect(take(each, 3, 1, 2)).toEqual([0, 4, 6])
    expect(take(each, 16)).toEqual([null])
    for (const page of [0, 4, 6]) each.free(page * K4)
    expect(each.holes()).toEqual([{ offset: 0, sizeBytes: 16 * K4 }])
  })

  it('buddy keeps a size that is no power of two in parts', () => {
    expect(
      carveoutAllocator('buddy', 12 * K4, K4)
        .holes()
        .map((hole) => hole.sizeBytes / K4),
    ).toEqual([8, 4])
  })

  it.each(CARVEOUT_ALLOCATORS)('%s never overlaps, and gives everything back', (name) => {
    const each = carveoutAllocator(name, 128 * K4, K4)
    const owner = new Int16Array(128)
    const held: [number, number][] = []
    let seed = 11
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below
    for (let step = 1; step < 2000; step++) {
      if (held.length > 0 && random(5) < 2) {
        const [[at, pages]] = held.splice(random(held.length), 1) as [[number, number]]
        expect(each.free(at * K4)).toBeGreaterThanOrEqual(pages * K4)
        owner.fill(0, at, at + pages)
        continue
      }
      const pages = 1 + random(12)
      const align = 2 ** random(4)
      const at = each.alloc(pages * K4, align * K4)
      if (at === null) continue
      expect((at / K4) % align).toBe(0)
      expect(owner.slice(at / K4, at / K4 + pages).every((mark) => mark === 0)).toBe(true)
      owner.fill(step, at / K4, at / K4 + pages)
      held.push([at / K4, pages])
    }
    for (const [at] of held) each.free(at * K4)
    expect(each.holes()).toEqual([{ offset: 0, sizeBytes: 128 * K4 }])
  })
})
