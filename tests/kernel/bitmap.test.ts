import { describe, expect, it } from 'vitest'
import { Bitmap } from '../../src-main/kernel/bitmap.ts'
import { seeded } from './seeded.ts'

/** `#` taken, `.` free. */
const draw = (map: Bitmap): string =>
  Array.from({ length: map.sizeBits }, (_, bit) => (map.test(bit) ? '#' : '.')).join('')

function drawn(picture: string): Bitmap {
  const map = new Bitmap(picture.length)
  ;[...picture].forEach((cell, bit) => cell === '#' && map.set(bit, 1))
  return map
}

/** bitmap_find_next_zero_area_off, bit by bit. */
function naiveSearch(taken: boolean[], start: number, count: number, mask: number, offset: number): number {
  for (let at = start; at + count <= taken.length; at++) {
    if (((at + offset) & mask) !== 0) continue
    if (taken.slice(at, at + count).every((bit) => !bit)) return at
  }
  return taken.length
}

describe('a bitmap', () => {
  it.each([
    // picture              count align offset found
    ['........', 3, 1, 0, 0],
    ['##......', 3, 1, 0, 2],
    ['##......', 3, 4, 0, 4],
    ['#.#.....', 1, 1, 0, 1],
    ['#.#..#..', 3, 1, 0, 8],
    // the area starts one page behind a multiple of 4: its first aligned page is page 3
    ['........', 2, 4, 1, 3],
    ['........', 8, 1, 0, 0],
    ['........', 9, 1, 0, 8],
  ])('%s: %i pages aligned to %i (area offset %i) start at %i', (picture, count, align, offset, expected) => {
    expect(drawn(picture).findZeroArea(0, count, align - 1, offset)).toBe(expected)
  })

  it('lists what is set as runs', () => {
    expect(drawn('##..#.###').setRuns()).toEqual([
      [0, 2],
      [4, 1],
      [6, 3],
    ])
    expect(drawn('##..#.###').zeroRuns()).toEqual([
      [2, 2],
      [5, 1],
    ])
    expect(drawn('##..#.###').weight()).toBe(6)
  })

  it('finds every window of every small map', () => {
    for (let bits = 0; bits < 1 << 8; bits++) {
      const taken = Array.from({ length: 8 }, (_, bit) => ((bits >> bit) & 1) === 1)
      const map = drawn(taken.map((bit) => (bit ? '#' : '.')).join(''))
      for (let count = 1; count <= 8; count++)
        for (const align of [1, 2, 4])
          expect(map.findZeroArea(0, count, align - 1, 0)).toBe(naiveSearch(taken, 0, count, align - 1, 0))
    }
  })

  it.each([1, 2, 3])('agrees with a naive search over large maps (seed %i)', (seed) => {
    const below = seeded(seed)
    const size = 2000 + below(3000)
    const map = new Bitmap(size)
    const taken = new Array<boolean>(size).fill(false)
    for (let step = 0; step < 400; step++) {
      const count = 1 + below(step % 2 ? 40 : 1500)
      const mask = (1 << below(6)) - 1
      const offset = below(64)
      const start = below(size)
      const found = map.findZeroArea(start, count, mask, offset)
      expect(found).toBe(naiveSearch(taken, start, count, mask, offset))
      if (found < size) {
        map.set(found, count)
        taken.fill(true, found, found + count)
      } else {
        const at = below(size)
        const length = Math.min(size - at, count)
        map.clear(at, length)
        taken.fill(false, at, at + length)
      }
    }
    expect(draw(map)).toBe(taken.map((bit) => (bit ? '#' : '.')).join(''))
  })
})
