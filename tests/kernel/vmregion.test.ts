import { describe, expect, it } from 'vitest'
import { KiB, MiB, orderOf } from '@shared/units.ts'
import { VmRegionHead } from '../../src-main/kernel/vmregion.ts'

const end = 0xffe0_0000
const window = (): VmRegionHead => new VmRegionHead(end - 2 * MiB, end)
/** The window's rule: a power of two that holds the size, at most a section of 1 MiB. */
const align = (bytes: number): number => Math.min(2 ** orderOf(bytes), MiB)
const place = (head: VmRegionHead, bytes: number): number | null => {
  const at = head.alloc(bytes, align(bytes))
  return at === null ? null : at - head.start
}
const fill = (head: VmRegionHead, bytes: number): number => {
  let count = 0
  while (place(head, bytes) !== null) count++
  return count
}

describe('the consistent window', () => {
  // | 0            … free …            | 4K |
  it('gives the highest place first', () => {
    const head = window()
    expect(place(head, 4 * KiB)).toBe(2 * MiB - 4 * KiB)
    expect(place(head, 64 * KiB)).toBe(2 * MiB - 128 * KiB)
  })

  it.each([
    [4 * KiB, 512],
    [64 * KiB, 32],
    [100 * KiB, 16],
    [1 * MiB, 2],
    [2 * MiB, 1],
  ])('holds %i bytes %i times', (bytes, times) => expect(fill(window(), bytes)).toBe(times))

  // each 100 KiB takes a slot of 128 KiB: | 100K .28K. | 100K .28K. | …
  it('leaves holes that serve smaller requests whose alignment fits', () => {
    const head = window()
    fill(head, 100 * KiB)
    expect(place(head, 24 * KiB)).toBeNull()
    expect(place(head, 4 * KiB)).toBe(2 * MiB - 4 * KiB)
  })

  // | 1536K at 0, aligned to 1 MiB | .508K. | 4K |
  it('aligns to a section at most, so that 1536 KiB fit once and 1 MiB no more', () => {
    const head = window()
    expect(place(head, 1536 * KiB)).toBe(0)
    expect(place(head, 4 * KiB)).toBe(2 * MiB - 4 * KiB)
    expect(place(head, MiB)).toBeNull()
  })

  it('fails a second MiB behind one page', () => {
    const head = window()
    place(head, 4 * KiB)
    expect(place(head, MiB)).toBe(0)
    expect(place(head, MiB)).toBeNull()
  })

  it('takes a freed place again at once', () => {
    const head = window()
    fill(head, 64 * KiB)
    expect(head.free(head.start + 5 * 64 * KiB)).toBe(64 * KiB)
    expect(place(head, 64 * KiB)).toBe(5 * 64 * KiB)
    expect(head.free(head.start + 1)).toBeNull()
  })

  it('knows a request that can never fit', () => {
    expect(window().canHold(2 * MiB + 4 * KiB)).toBe(false)
    expect(window().canHold(2 * MiB)).toBe(true)
  })
})

describe('against a page map', () => {
  it('never overlaps and never misses the top of a gap', () => {
    const head = window()
    const pages = new Uint8Array(512)
    const held: { at: number; pages: number }[] = []
    let seed = 7
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below
    for (let step = 0; step < 3000; step++) {
      if (held.length > 0 && random(3) === 0) {
        const [each] = held.splice(random(held.length), 1)
        pages.fill(0, each!.at, each!.at + each!.pages)
        expect(head.free(head.start + each!.at * 4096)).toBe(each!.pages * 4096)
        continue
      }
      const count = 1 + random(40)
      const at = place(head, count * 4096)
      expect(at === null ? null : at / 4096).toBe(highestGapTop(pages, count))
      if (at === null) continue
      pages.fill(1, at / 4096, at / 4096 + count)
      held.push({ at: at / 4096, pages: count })
    }
    expect(head.usedBytes()).toBe(pages.reduce((sum, bit) => sum + bit, 0) * 4096)
  })
})

/** The naive rule: of every gap, from the highest down, the highest aligned place that ends in it. */
function highestGapTop(pages: Uint8Array, count: number): number | null {
  const step = Math.min(2 ** orderOf(count), 256)
  for (let top = pages.length; top > 0; top--) {
    if (pages[top - 1]) continue
    let bottom = top
    while (bottom > 0 && !pages[bottom - 1]) bottom--
    const at = Math.floor((top - count) / step) * step
    if (at >= bottom) return at
    top = bottom + 1
  }
  return null
}
