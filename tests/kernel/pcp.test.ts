import { describe, expect, it } from 'vitest'
import { Cma, Movable, Unmovable } from '../../src-main/kernel/frames.ts'
import { PerCpuPages } from '../../src-main/kernel/pcp.ts'

function lists(batch: number): { pcp: PerCpuPages; given: number[] } {
  const given: number[] = []
  return { pcp: new PerCpuPages(batch, (index) => given.push(index)), given }
}

describe('per-CPU lists', () => {
  it('are refilled by a batch and hand out the page fetched first', () => {
    const { pcp } = lists(7)
    let next = 100
    const fetch = (): number => next++
    expect(pcp.take(Unmovable, fetch)).toBe(100)
    expect(pcp.take(Unmovable, fetch)).toBe(101)
    expect(next).toBe(107)
    expect(pcp.count).toBe(5)
  })

  it('give the page freed last again', () => {
    const { pcp } = lists(7)
    pcp.free(5, Movable)
    pcp.free(9, Movable)
    expect(pcp.take(Movable, () => -1)).toBe(9)
    expect(pcp.take(Unmovable, () => -1)).toBe(-1)
  })

  // 2048 pages of an area come back: the lists fill to 186, then lose 31 at a time
  it('keep between five and six batches of what is freed', () => {
    const { pcp, given } = lists(31)
    for (let index = 0; index < 2048; index++) pcp.free(index, Cma)
    expect(pcp.count).toBe(157)
    expect(given).toHaveLength(2048 - 157)
    pcp.drain()
    expect(pcp.count).toBe(0)
  })
})
