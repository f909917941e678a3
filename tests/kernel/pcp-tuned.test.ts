import { describe, expect, it } from 'vitest'
import { Movable, Unmovable } from '../../src-main/kernel/frames.ts'
import { TunedPerCpuPages } from '../../src-main/kernel/pcp-tuned.ts'

/** A zone of 256 MiB: batches of 15, 625 to 7849 pages in the lists. */
function lists({ free = 60_000, high = 750 } = {}) {
  const zone = { belowHigh: false, reclaimActive: false, free }
  const sizes = { batch: 15, highMin: 625, highMax: 7849, hugeOrder: 9 }
  const isAboveHigh = (): boolean => zone.free > high
  const pcp = new TunedPerCpuPages(sizes, zone, isAboveHigh, (_, order) => (zone.free += 1 << order))
  let next = 0
  const buddy = { next: () => (zone.free > 0 ? (zone.free--, next++) : -1) }
  return { pcp, zone, buddy }
}

describe('per-CPU lists that tune themselves', () => {
  it('double a refill with each that nothing was freed between, up to 32 batches', () => {
    const { pcp, zone, buddy } = lists()
    const refills: number[] = []
    for (let n = 0; n < 2500; n++) {
      const before = zone.free
      pcp.take(0, Unmovable, buddy)
      if (zone.free !== before) refills.push(before - zone.free)
    }
    expect(refills).toEqual([15, 30, 60, 120, 240, 480, 480, 480, 480, 480])
  })

  it('serve the type they were freed for only', () => {
    const { pcp } = lists()
    pcp.free(5, 0, Movable)
    expect(pcp.take(0, Unmovable, { next: () => -1 })).toBe(-1)
    expect(pcp.take(0, Movable, { next: () => -1 })).toBe(5)
  })

  // a module takes all pages, the zone falls below its high watermark, the module goes: recorded boots lack 7,000 pages from then on
  it('keep an eighth of the zone from everybody else after much was taken and freed', () => {
    const { pcp, buddy } = lists()
    const taken = Array.from({ length: 50_000 }, () => pcp.take(0, Unmovable, buddy))
    for (const index of taken) pcp.free(index, 0, Unmovable)
    expect(pcp.count).toBeGreaterThan(7849 - 480)
    expect(pcp.count).toBeLessThanOrEqual(7849)
  })

  it('shrink to what they always may hold when pages are freed into a zone below its high watermark', () => {
    const { pcp, zone, buddy } = lists({ free: 50_000, high: 49_000 })
    const taken = Array.from({ length: 50_000 }, () => pcp.take(0, Unmovable, buddy))
    zone.belowHigh = true
    for (const index of taken.slice(0, 2000)) pcp.free(index, 0, Unmovable)
    expect(pcp.count).toBeLessThanOrEqual(625)
  })

  // the few pages of caches that kswapd frees take more out of the lists than they are
  it('shrink to four batches while kswapd is at work, whatever they may hold otherwise', () => {
    const { pcp, zone } = lists()
    for (let index = 0; index < 500; index++) pcp.free(index, 0, Unmovable)
    expect(pcp.count).toBe(500)
    zone.reclaimActive = true
    for (let index = 500; index < 540; index++) pcp.free(index, 0, Unmovable)
    expect(pcp.count).toBeLessThan(4 * 15)
  })

  // hogs of instrumented boots take 15, 30, … 480 pages from the first on, whatever boot has left in the lists
  it('refill in growing batches though boot has left pages of another type in them', () => {
    const { pcp, zone, buddy } = lists()
    pcp.prime(
      Array.from({ length: 704 }, (_, n) => 90_000 + n),
      Movable,
    )
    for (let n = 0; n < 1000; n++) pcp.take(0, Unmovable, buddy)
    expect(60_000 - zone.free).toBe(15 + 30 + 60 + 120 + 240 + 480 + 480)
  })

  it('hold huge pages apart, and nothing between order 3 and those', () => {
    const { pcp } = lists()
    expect([0, 3, 4, 8, 9, 10].filter((order) => pcp.serves(order))).toEqual([0, 3, 9])
    pcp.free(512, 9, Movable)
    expect(pcp.has(1023)).toBe(true)
    expect(pcp.count).toBe(512)
    pcp.drain()
    expect(pcp.count).toBe(0)
  })
})
