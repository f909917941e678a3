import { describe, expect, it } from 'vitest'
import { IovaDomain } from '../../src-main/kernel/iova.ts'
import { seeded } from './seeded.ts'

const domain = (): IovaDomain => new IovaDomain({ startPfn: 1, dma32Pfn: 1 << 20, cpus: 1 })

describe('an IOVA domain', () => {
  it('hands out ranges from the top down, aligned to their size', () => {
    const iova = domain()
    expect(iova.alloc(1, 0xff)).toBe(0xff)
    expect(iova.alloc(3, 0xff)).toBe(0xf8)
    expect(iova.alloc(33, 0xff)).toBe(0xc0)
    // the search goes on from the last range, not from the gaps above it
    expect(iova.alloc(1, 0xff)).toBe(0xbf)
  })

  it('gives a freed small range to the next request of its size, above all others', () => {
    const iova = domain()
    const first = iova.alloc(2, 0xfff)
    iova.alloc(2, 0xfff)
    iova.free(first, 2)
    expect(iova.alloc(2, 0xfff)).toBe(first)
  })

  it('keeps a cached range from a request that may not reach it', () => {
    const iova = domain()
    const high = iova.alloc(1, 0xfff)
    iova.free(high, 1)
    expect(iova.alloc(1, 0x7f)).toBe(0x7f)
  })

  it('empties its caches before it gives up', () => {
    const iova = domain()
    const singles = Array.from({ length: 63 }, () => iova.alloc(1, 63))
    expect(iova.alloc(1, 63)).toBe(0)
    for (const pfn of singles) iova.free(pfn, 1)
    expect(iova.alloc(32, 63)).toBe(32)
  })

  it('finds every range again when there are many', () => {
    const iova = domain()
    const live = Array.from({ length: 5000 }, () => iova.alloc(33, 0xfffff))
    expect(new Set(live).size).toBe(5000)
    for (const pfn of live.filter((_, i) => i % 3 !== 0)) iova.free(pfn, 33)
    expect(iova.ranges().map((range) => range.firstPfn)).toEqual(live.filter((_, i) => i % 3 === 0).reverse())
    expect(() => iova.free(live[1]!, 33)).toThrow('no range starts at page')
  })

  it.each([1, 2, 3])('never hands out a page twice (seed %i)', (seed) => {
    const below = seeded(seed)
    const iova = domain()
    const owner = new Map<number, number>()
    const live: { pfn: number; pages: number }[] = []
    for (let step = 0; step < 3000; step++) {
      if (live.length > 0 && below(100) < 45) {
        const [range] = live.splice(below(live.length), 1)
        for (let page = 0; page < range!.pages; page++) owner.delete(range!.pfn + page)
        iova.free(range!.pfn, range!.pages)
        continue
      }
      const pages = 1 + below(below(2) ? 8 : 80)
      const pfn = iova.alloc(pages, 0xfff)
      if (pfn === 0) continue
      expect(pfn % 2 ** Math.ceil(Math.log2(pages))).toBe(0)
      expect(pfn + pages - 1).toBeLessThanOrEqual(0xfff)
      for (let page = 0; page < pages; page++) {
        expect(owner.has(pfn + page)).toBe(false)
        owner.set(pfn + page, step)
      }
      live.push({ pfn, pages })
    }
    const ranges = iova.ranges()
    ranges.forEach((range, i) => i > 0 && expect(range.firstPfn).toBeGreaterThan(ranges[i - 1]!.lastPfn))
  })
})
