import { describe, expect, it } from 'vitest'
import type { Occupancy } from '@shared/run.ts'
import { cellOf, FREE, gridOf, holdersOf, pagesAt } from '../../src-renderer/run/area-pages.ts'

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
const picture = (time: number) =>
  [...pagesAt(occupancy, 0, 8, time)].map((owner) => (owner === FREE ? '.' : 'AB'[owner])).join('')

describe('the map of an area', () => {
  it('shows who holds which page at a moment', () => {
    expect(picture(5)).toBe('AA......')
    expect(picture(10)).toBe('AABBB...')
    expect(picture(20)).toBe('AA......')
  })

  it('sums up holders and the largest free run', () => {
    expect(holdersOf(pagesAt(occupancy, 0, 8, 10))).toEqual({
      holders: [
        { owner: 1, pages: 3 },
        { owner: 0, pages: 2 },
      ],
      free: 3,
      largestRun: 3,
    })
  })

  it('gives a cell to whoever holds most of it', () => {
    const map = pagesAt(occupancy, 0, 8, 10)
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
