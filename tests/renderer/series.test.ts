import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { errnoText, formatTime } from '@shared/words.ts'
import {
  areasInOrder,
  deviceRows,
  firstBurst,
  sampleAt,
  scopeOf,
  thin,
  visibleMarks,
} from '../../src-renderer/run/series.ts'
import { fixtureRun } from './fixture-run.ts'

describe('lines of a chart', () => {
  it('are drawn whole while they have few points', () => {
    const time = Float64Array.of(0, 10, 20, 30)
    expect(thin(time, Float64Array.of(1, 5, 2, 4), 0, 30, 100)).toEqual([
      [0, 1],
      [10, 5],
      [20, 2],
      [30, 4],
    ])
  })

  it('keep every peak and every trough when they are thinned', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 500, maxLength: 3000 }), (values) => {
        const time = Float64Array.from(values, (_, i) => i)
        const points = thin(time, Float64Array.from(values), 0, values.length, 50)
        expect(points.length).toBeLessThanOrEqual(100)
        expect(Math.max(...points.map((p) => p[1]))).toBe(Math.max(...values))
        expect(Math.min(...points.map((p) => p[1]))).toBe(Math.min(...values))
        expect(points.map((p) => p[0])).toEqual(points.map((p) => p[0]).sort((a, b) => a - b))
      }),
      { numRuns: 30 },
    )
  })

  it('hold the last value until the next sample', () => {
    const time = Float64Array.of(10, 20, 30)
    expect([5, 10, 15, 30, 99].map((at) => sampleAt(time, at))).toEqual([-1, 0, 0, 2, 2])
  })
})

describe('what went wrong', () => {
  const result = fixtureRun()

  it('is told device by device, the worst first', () => {
    const rows = deviceRows(result)
    expect(rows[0]!.device).toBe('32e00000.camera')
    expect(rows.reduce((sum, row) => sum + row.failures + row.fallbacks, 0)).toBe(result.incidents.length)
  })

  it('is drawn with at most one mark every four pixels', () => {
    const marks = visibleMarks(result.incidents, 0, result.duration, 400)
    expect(marks.length).toBeLessThanOrEqual(101)
    expect(marks.some((mark) => mark.kind === 'failure')).toBe(true)
  })

  it('puts areas that failed before areas that did not, zones last', () => {
    const [area] = result.areas
    const areas = [
      { ...area!, name: 'zone', kind: 'zone' as const, failures: 0, fallbacks: 0 },
      { ...area!, name: 'fine', failures: 0, fallbacks: 0, peakUsed: 1 },
      { ...area!, name: 'failed', failures: 2, peakUsed: 0 },
    ]
    expect(areasInOrder({ ...result, areas }).map(({ name }) => name)).toEqual(['failed', 'fine', 'zone'])
  })
})

describe('what a suggested size serves', () => {
  const failure = fixtureRun().incidents.find(({ kind }) => kind === 'failure')!
  const at = (milliseconds: number) => ({ ...failure, time: milliseconds * 1000 })

  it('is what goes wrong together at first, not what comes later', () => {
    expect(scopeOf(firstBurst([at(0), at(20), at(40), at(500)]))).toBe('for the first 3 failures, which come together')
    expect(scopeOf(firstBurst([at(0), at(500)]))).toBe('for the first failure')
    expect(scopeOf([{ ...failure, kind: 'fallback' }])).toBe('for the first fall-back')
  })
})

describe('figures for people', () => {
  it('never show a bare error code', () => {
    expect(errnoText(-12)).toContain('no hole')
    expect(errnoText(-16)).toContain('could not be moved')
    expect(errnoText(0)).toBe('')
  })
  it('choose the unit of a time', () => {
    expect([480_000, 1200, 12, 12_345_678].map(formatTime)).toEqual(['480 ms', '1.2 ms', '12 µs', '12.346 s'])
  })
})
