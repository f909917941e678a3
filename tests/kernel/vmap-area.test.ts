import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '@shared/units.ts'
import { VmapAreas } from '../../src-main/kernel/vmap-area.ts'

const start = 0xf780_0000
/** 120 MiB as `vmalloc=128M` leaves them, with the two static mappings of the vexpress. */
const small = (): VmapAreas =>
  new VmapAreas(start, 0xff00_0000, 4096, 8192, [
    { start: 0xf800_0000, end: 0xf802_0000 },
    { start: 0xf820_0000, end: 0xf820_2000 },
  ])

describe('vmalloc space', () => {
  // | 256K + guard | 4K + guard | … : lowest first, a guard page behind each
  it('places areas one behind the other, with a guard page each', () => {
    const areas = small()
    expect(areas.alloc(256 * KiB)).toBe(start)
    expect(areas.alloc(4 * KiB)).toBe(start + 260 * KiB)
    expect(areas.alloc(4 * KiB)).toBe(start + 268 * KiB)
  })

  it('does not reuse a freed area before the lazy ones are purged', () => {
    const areas = small()
    const first = areas.alloc(4 * KiB)!
    areas.alloc(4 * KiB)
    areas.free(first)
    expect(areas.alloc(4 * KiB)).toBe(start + 16 * KiB)
    expect(areas.lazyPages).toBe(2)
    areas.purge()
    expect(areas.alloc(4 * KiB)).toBe(start)
  })

  it('purges by itself when more than 32 MiB wait', () => {
    const areas = small()
    const big = areas.alloc(32 * MiB)!
    areas.free(big)
    expect(areas.lazyPages).toBe(0)
    expect(areas.free(big)).toBe(false)
  })

  it('purges when the space is exhausted, and only then fails', () => {
    const areas = small()
    const held: number[] = []
    for (let at = areas.alloc(MiB); at !== null; at = areas.alloc(MiB)) held.push(at)
    expect(held).toHaveLength(7 + 1 + 109)
    areas.free(held[0]!)
    expect(areas.alloc(MiB)).toBe(held[0])
    expect(areas.alloc(MiB)).toBeNull()
    expect(areas.withGuard(MiB)).toBe(1052672)
  })

  it('passes over a hole as large as the request when it was the largest one left behind', () => {
    // | A 64K | B 8K | C … : B freed and purged; a larger request remembers the hole, an equal one starts behind it
    const areas = small()
    areas.alloc(64 * KiB)
    const b = areas.alloc(8 * KiB)!
    areas.alloc(64 * KiB)
    areas.free(b)
    areas.purge()
    const behind = areas.alloc(64 * KiB)!
    expect(areas.alloc(8 * KiB)).toBe(behind + 68 * KiB)
    expect(areas.alloc(4 * KiB)).toBe(b)
  })
})
