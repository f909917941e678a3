import { describe, expect, it } from 'vitest'
import { SwiotlbPool } from '../../src-main/kernel/swiotlb.ts'
import { seeded } from './seeded.ts'

const START = 0x4000_0000
const pool = (slots: number, areas = 1): SwiotlbPool =>
  new SwiotlbPool({ name: 'default', start: START, slots, areas, pageBytes: 4096, forceBounce: false, forAlloc: false })
const slotOf = (address: number): number => (address - START) / 2048

/** swiotlb_search_pool_area and swiotlb_release_slots slot by slot, as the kernel does them: each slot counts the free ones from it on. */
class NaivePool {
  private readonly list: number[]
  private readonly index: number[]
  private readonly used: number[]
  private readonly areaSlots: number

  constructor(
    private readonly slots: number,
    areas: number,
  ) {
    this.areaSlots = Math.floor(slots / areas)
    this.list = Array.from({ length: slots }, (_, i) => Math.min(128 - (i % 128), slots - i))
    this.index = new Array<number>(areas).fill(0)
    this.used = new Array<number>(areas).fill(0)
  }

  map(origin: number, bytes: number, minAlignMask: number, allocAlignMask: number, cpu: number): number {
    const offset = origin & minAlignMask & (allocAlignMask | 2047)
    const needed = (bytes + offset + allocAlignMask) & ~allocAlignMask
    const areas = this.index.length
    for (let n = 0; n < areas && needed <= 256 * 1024; n++) {
      const found = this.search((cpu + n) % areas, origin, needed, minAlignMask, allocAlignMask)
      if (found >= 0) return found
    }
    return -1
  }

  release(first: number, count: number): void {
    let run = (first + count) % 128 && first + count < this.slots ? this.list[first + count]! : 0
    for (let i = first + count - 1; i >= first; i--) this.list[i] = ++run
    for (let i = first - 1; i % 128 !== 127 && i >= 0 && this.list[i]; i--) this.list[i] = ++run
    this.used[Math.floor(first / this.areaSlots)]! -= count
  }

  private search(area: number, origin: number, bytes: number, minAlignMask: number, allocAlignMask: number): number {
    const count = Math.ceil(bytes / 2048)
    const asked = !allocAlignMask && !minAlignMask && bytes >= 4096 ? 4095 : allocAlignMask
    const allocMask = asked | 2047
    const ioMask = minAlignMask & ~allocMask
    const stride = (Math.max(allocMask, ioMask) >> 11) + 1
    if (count > this.areaSlots - this.used[area]!) return -1
    let at = this.index[area]!
    for (let seen = 0; seen < this.areaSlots;) {
      const slot = area * this.areaSlots + at
      const address = START + slot * 2048
      const aligned = (address & allocMask) === 0 && (!origin || (address & ioMask) === (origin & ioMask))
      if (aligned && this.list[slot]! >= count) return this.take(area, at, count)
      const step = aligned ? stride : 1
      at = at + step >= this.areaSlots ? 0 : at + step
      seen += step
    }
    return -1
  }

  private take(area: number, at: number, count: number): number {
    const first = area * this.areaSlots + at
    this.list.fill(0, first, first + count)
    for (let i = first - 1, run = 0; i % 128 !== 127 && i >= 0 && this.list[i]; i--) this.list[i] = ++run
    this.index[area] = at + count >= this.areaSlots ? 0 : at + count
    this.used[area]! += count
    return first
  }
}

describe('a bounce-buffer pool', () => {
  it('gives whole slots, one mapping after the other', () => {
    const tlb = pool(256)
    expect(slotOf(tlb.map(0x1000, 100, 0, 0, 0))).toBe(0)
    expect(slotOf(tlb.map(0x1000, 2049, 0, 0, 0))).toBe(1)
    expect(tlb.usedSlots).toBe(3)
  })

  it('aligns a page or more to a page', () => {
    const tlb = pool(256)
    tlb.map(0x1000, 100, 0, 0, 0)
    expect(slotOf(tlb.map(0x1000, 4096, 0, 0, 0))).toBe(2)
  })

  it('never lets a mapping cross a segment of 128 slots', () => {
    const tlb = pool(256)
    expect(slotOf(tlb.map(0x1000, 100 * 2048, 0, 0, 0))).toBe(0)
    expect(slotOf(tlb.map(0x1000, 100 * 2048, 0, 0, 0))).toBe(128)
    expect(tlb.map(0x1000, 100 * 2048, 0, 0, 0)).toBe(-1)
  })

  it('refuses more than 256 KiB even when it is empty', () => {
    expect(pool(1024).map(0x1000, 256 * 1024 + 1, 0, 0, 0)).toBe(-1)
    expect(slotOf(pool(1024).map(0x1000, 256 * 1024, 0, 0, 0))).toBe(0)
  })

  it('gives pages aligned to a power of two, but no more of them than asked for', () => {
    const tlb = pool(256)
    expect(slotOf(tlb.allocate(0xf000, 0xffff, 0, 0))).toBe(0)
    expect(tlb.usedSlots).toBe(30)
    expect(slotOf(tlb.map(0x1000, 4096, 0, 0, 0))).toBe(30)
    expect(slotOf(tlb.allocate(0xf000, 0xffff, 0, 0))).toBe(32)
  })

  it('aligns what the device sees: the bus may have moved the pool', () => {
    const tlb = pool(256)
    expect(slotOf(tlb.allocate(0x4000, 0x3fff, 0, 0, 0x8000_1000))).toBe(6)
    expect(slotOf(tlb.map(0x1000, 4096, 0, 0, 0, 0x8000_0800))).toBe(15)
  })

  it('keeps the low bits that a device insists on', () => {
    const address = pool(256).map(0x1234, 100, 0xfff, 0, 0)
    expect(address % 0x1000).toBe(0x234)
  })

  it('searches from the area of the processor on', () => {
    const tlb = pool(512, 4)
    expect(slotOf(tlb.map(0x1000, 100, 0, 0, 2))).toBe(256)
    expect(slotOf(tlb.map(0x1000, 128 * 2048, 0, 0, 2))).toBe(384)
    expect(slotOf(tlb.map(0x1000, 128 * 2048, 0, 0, 2))).toBe(0)
  })

  it('remembers what bounced, and its high-water mark', () => {
    const tlb = pool(256)
    const address = tlb.map(0x8000, 5000, 0, 0, 0)
    expect(tlb.originOf(address)).toBe(0x8000)
    tlb.release(address, 0)
    expect(tlb.originOf(address)).toBe(-1)
    expect([tlb.usedSlots, tlb.hiwaterSlots]).toEqual([0, 3])
  })

  it.each([1, 2, 3])('holds every slot once and finds all of them again (seed %i)', (seed) => {
    const below = seeded(seed)
    const tlb = pool(512, 2)
    const owner = new Map<number, number>()
    const live: { address: number; slots: number[] }[] = []
    for (let step = 0; step < 2000; step++) {
      if (live.length > 0 && below(100) < 48) {
        const [mapping] = live.splice(below(live.length), 1)
        mapping!.slots.forEach((slot) => owner.delete(slot))
        tlb.release(mapping!.address, 0)
      } else {
        const bytes = 1 + below(40_000)
        const address = tlb.map(0x1000 * step + 0x1000, bytes, 0, 0, below(2))
        if (address < 0) continue
        const slots = Array.from({ length: Math.ceil(bytes / 2048) }, (_, i) => slotOf(address) + i)
        expect(Math.floor(slots[0]! / 128)).toBe(Math.floor(slots.at(-1)! / 128))
        for (const slot of slots) {
          expect(owner.has(slot)).toBe(false)
          owner.set(slot, step)
        }
        live.push({ address, slots })
      }
      expect(tlb.usedSlots).toBe(owner.size)
    }
    for (const { address } of live) tlb.release(address, 0)
    expect([tlb.usedSlots, tlb.longestRun()]).toEqual([0, 128])
  })

  it.each([
    [512, 2, [0], [0]],
    [1024, 1, [0, 0xfff, 0x1fff, 0xffff], [0, 0xfff, 0x3fff]],
    // areas that end inside a segment, and masks with holes
    [600, 2, [0, 0xfff, 0x2fff], [0, 0xfff]],
    [1000, 4, [0, 0x5000, 0x6800], [0, 0x1fff]],
  ])('places as a pool that counts slot by slot: %i slots in %i areas', (slots, areas, deviceMasks, allocMasks) => {
    const below = seeded(slots)
    const tlb = pool(slots, areas)
    const naive = new NaivePool(slots, areas)
    const live: { address: number; mask: number; first: number; count: number }[] = []
    for (let step = 0; step < 4000; step++) {
      if (live.length > 0 && below(100) < 47) {
        const [mapping] = live.splice(below(live.length), 1)
        tlb.release(mapping!.address, mapping!.mask)
        naive.release(mapping!.first, mapping!.count)
        continue
      }
      const origin = below(8) ? 0x8000_0000 + below(1 << 20) : 0
      const bytes = 1 + below(below(4) ? 20_000 : 100_000)
      const mask = deviceMasks[below(deviceMasks.length)]!
      const allocMask = allocMasks[below(allocMasks.length)]!
      const cpu = below(areas)
      const before = tlb.usedSlots
      const address = tlb.map(origin, bytes, mask, allocMask, cpu)
      const first = naive.map(origin, bytes, mask, allocMask, cpu)
      const padded = (origin & mask & (allocMask | 2047)) >> 11
      expect(address < 0 ? -1 : Math.floor(slotOf(address)) - padded).toBe(first)
      if (first >= 0) live.push({ address, mask, first, count: tlb.usedSlots - before })
    }
  })
})
