import { expect, it } from 'vitest'
import { Random } from '../../src-main/workload/random.ts'

it('is PCG32: the first numbers of its authors for seed 42, sequence 54', () => {
  const random = new Random(42, 54)
  const expected = [0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e]
  expect(expected.map(() => random.uint32())).toEqual(expected)
})

it('gives every part of a run its own numbers, the same ones each time', () => {
  const first = (...names: string[]): number => Random.for(7, ...names).uint32()
  expect(first('camera')).toBe(first('camera'))
  expect(first('camera')).not.toBe(first('video'))
})

it('is even and exponential where it says so', () => {
  const random = Random.for(1, 'moments')
  const mean = (next: () => number): number => Array.from({ length: 20_000 }, next).reduce((a, b) => a + b) / 20_000
  expect(mean(() => random.unit())).toBeCloseTo(0.5, 1)
  expect(mean(() => random.exponential(250)) / 250).toBeCloseTo(1, 1)
})
