import { describe, expect, it } from 'vitest'
import { SwiotlbPool } from '../../src-main/kernel/swiotlb.ts'
import { seeded } from './seeded.ts'

const START = 0x4000_0000
const pool = (slots: number, areas = 1): SwiotlbPool =>
  new SwiotlbPool({ name: 'default', start: START, slots, areas, pageBytes: 4096, forceBounce: false, forAlloc: false })
const slotOf = (address: number): number => (address - START) / 2048

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
})
