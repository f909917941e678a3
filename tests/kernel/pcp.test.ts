import { describe, expect, it } from 'vitest'
import { Cma, Movable, Unmovable, type MigrateType } from '../../src-main/kernel/frames.ts'
import { PerCpuPages, type PageSink } from '../../src-main/kernel/pcp.ts'

function lists(batch: number): { pcp: PerCpuPages; given: number[] } {
  const given: number[] = []
  const sink: PageSink = { give: (index) => given.push(index), typeOf: () => Movable }
  return { pcp: new PerCpuPages(batch, sink), given }
}

const NOTHING = { next: () => -1 }

describe('per-CPU lists', () => {
  it('are refilled by a batch and hand out the page fetched first', () => {
    const { pcp } = lists(7)
    let next = 100
    const buddy = { next: () => next++ }
    expect(pcp.take(0, Unmovable, buddy)).toBe(100)
    expect(pcp.take(0, Unmovable, buddy)).toBe(101)
    expect(next).toBe(107)
    expect(pcp.count).toBe(5)
  })

  it('give the page freed last again', () => {
    const { pcp } = lists(7)
    pcp.free(5, 0, Movable)
    pcp.free(9, 0, Movable)
    expect(pcp.take(0, Movable, NOTHING)).toBe(9)
    expect(pcp.take(0, Unmovable, NOTHING)).toBe(-1)
  })

  // 2048 pages of an area come back: the lists fill to 186, then lose 31 at a time
  it('keep between five and six batches of what is freed', () => {
    const { pcp, given } = lists(31)
    for (let index = 0; index < 2048; index++) pcp.free(index, 0, Cma)
    expect(pcp.count).toBe(157)
    expect(given).toHaveLength(2048 - 157)
    pcp.drain()
    expect(pcp.count).toBe(0)
  })

  // a page of a movable pageblock that the unmovable list fetched goes back as an unmovable one
  it('give pages back to the list that they came from, those of areas to the area', () => {
    const back: [number, number][] = []
    const types: MigrateType[] = [Movable, Cma]
    const sink: PageSink = { give: (index, type) => back.push([index, type]), typeOf: (index) => types[index]! }
    const pcp = new PerCpuPages(2, sink)
    let next = 0
    const buddy = { next: () => next++ }
    pcp.free(pcp.take(0, Unmovable, buddy), 0, Movable)
    pcp.drain()
    expect(back).toEqual([
      [1, Cma],
      [0, Movable],
    ])
  })
})
