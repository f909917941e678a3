import { describe, expect, it } from 'vitest'
import type { Occupancy } from '@shared/run.ts'
import fc from 'fast-check'
import { cellOf, gridOf, holdersOf } from '../../src-renderer/run/area-pages.ts'
import { FREE, OccupancyIndex } from '../../src-renderer/run/occupancy-index.ts'

//  pages   0 1 2 3 4 5 6 7
//  t < 10  A A . . . . . .
//  t ≥ 10  A A B B B . . .    (and another area's row that must not show)
const occupancy: Occupancy = {
  area: Uint16Array.of(0, 0, 1),
  start: Uint32Array.of(0, 2, 0),
  pages: Uint32Array.of(2, 3, 8),
  owner: Uint16Array.of(0, 1, 1),
  from: Float64Array.of(0, 10, 0),
  to: Float64Array.of(Infinity, 20, Infinity),
  owners: [
    { name: 'A', kind: 'device' },
    { name: 'B', kind: 'movable' },
  ],
}
const pagesAt = (time: number) => new OccupancyIndex(occupancy, 0).pagesAt(time, new Uint16Array(8))
const picture = (time: number) => [...pagesAt(time)].map((owner) => (owner === FREE ? '.' : 'AB'[owner])).join('')

describe('the map of an area', () => {
  it('shows who holds which page at a moment', () => {
    expect(picture(5)).toBe('AA......')
    expect(picture(10)).toBe('AABBB...')
    expect(picture(20)).toBe('AA......')
  })

  it('is the same whatever way the moment is reached, through any number of checkpoints', () => {
    const row = fc.tuple(
      fc.nat(1),
      fc.nat(15),
      fc.integer({ min: 1, max: 5 }),
      fc.nat(40),
      fc.integer({ min: 1, max: 30 }),
    )
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (drawn, stride) => {
        const rows = drawn.toSorted((a, b) => a[3] - b[3])
        const column = (of: (row: (typeof rows)[number], at: number) => number) => rows.map(of)
        const many: Occupancy = {
          area: Uint16Array.from(column(([area]) => area)),
          start: Uint32Array.from(column(([, start]) => start)),
          pages: Uint32Array.from(column(([, , pages]) => pages)),
          owner: Uint16Array.from(column((_, at) => at)),
          from: Float64Array.from(column(([, , , from]) => from)),
          to: Float64Array.from(column(([, , , from, length]) => from + length)),
          owners: [],
        }
        const index = new OccupancyIndex(many, 1, stride)
        for (let time = -1; time < 75; time++) {
          const naive = new Uint16Array(24).fill(FREE)
          rows.forEach(([area, start, pages, from, length], at) => {
            if (area === 1 && from <= time && time < from + length) naive.fill(at, start, start + pages)
          })
          expect(index.pagesAt(time, new Uint16Array(24))).toEqual(naive)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('sums up holders and the largest free run', () => {
    expect(holdersOf(pagesAt(10))).toEqual({
      holders: [
        { owner: 1, pages: 3 },
        { owner: 0, pages: 2 },
      ],
      free: 3,
      largestRun: 3,
    })
  })

  it('gives a cell to whoever holds most of it', () => {
    const map = pagesAt(10)
    expect(cellOf(map, 0, 4)).toEqual({ owner: 0, held: 1 })
    expect(cellOf(map, 1, 4)).toEqual({ owner: 1, held: 0.25 })
  })

  it('fits any area into the room it has', () => {
    for (const pages of [1, 100, 16384, 81920, 2_000_000])
      for (const [width, height] of [
        [200, 40],
        [700, 90],
        [1100, 300],
      ] as const) {
        const grid = gridOf(pages, width, height)
        expect(grid.columns * grid.pitch).toBeLessThanOrEqual(Math.max(width, grid.pitch))
        expect(grid.rows * grid.pitch).toBeLessThanOrEqual(height)
        expect(grid.columns * grid.rows * grid.pagesPerCell).toBeGreaterThanOrEqual(pages)
      }
  })
})
