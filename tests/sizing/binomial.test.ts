import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { incompleteBeta, interval, lowerBound, runsToProve, upperBound } from '../../src-main/sizing/binomial.ts'

describe('exact bounds of a probability', () => {
  // two-sided 95 %, as tables and R's binom.test() give them
  const tables: [bad: number, runs: number, low: number, high: number][] = [
    [0, 10, 0, 0.3085],
    [1, 10, 0.0025, 0.445],
    [5, 10, 0.1871, 0.8129],
    [5, 100, 0.0164, 0.1128],
    [10, 10, 0.6915, 1],
    [3, 1000, 0.0006, 0.0087],
  ]
  it.each(tables)('%d of %d lies in %f … %f', (bad, runs, low, high) => {
    expect(interval(bad, runs, 0.95).low).toBeCloseTo(low, 4)
    expect(interval(bad, runs, 0.95).high).toBeCloseTo(high, 4)
  })

  it('the rule of three: none of 299 proves 1 % at 95 %', () => {
    expect(upperBound(0, 299, 0.95)).toBeCloseTo(1 - 0.05 ** (1 / 299), 10)
    expect([0, 1, 2, 3].map((bad) => runsToProve(bad, 0.01, 0.95))).toEqual([299, 473, 628, 773])
  })

  it('the incomplete beta function is the tail of the binomial sum', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 40 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (n, m, p) => {
          const k = 1 + (m % n)
          let tail = 0
          for (let i = k; i <= n; i++) tail += choose(n, i) * p ** i * (1 - p) ** (n - i)
          expect(incompleteBeta(p, k, n - k + 1)).toBeCloseTo(tail, 9)
        },
      ),
    )
  })

  it('bounds surround the estimate, and close in as runs are added', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 300 }), (runs, m) => {
        const bad = m % (runs + 1)
        expect(lowerBound(bad, runs, 0.95)).toBeLessThanOrEqual(bad / runs)
        expect(upperBound(bad, runs, 0.95)).toBeGreaterThanOrEqual(bad / runs)
        expect(upperBound(bad * 4, runs * 4, 0.95)).toBeLessThanOrEqual(upperBound(bad, runs, 0.95))
      }),
    )
  })
})

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k)
