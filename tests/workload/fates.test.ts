import { describe, expect, it } from 'vitest'
import { FateLog } from '../../src-main/workload/fates.ts'

type Call = [step: number, verb: string, errno: number, source: string | null, fellBack?: true]

/** One list of calls a variant. */
function differing(...variants: Call[][]): { wrong: number[]; elsewhere: number[] } {
  const log = new FateLog(variants.length)
  variants.forEach((calls, variant) => {
    for (const [step, verb, errno, source, fellBack] of calls) {
      const note = { call: 0, step, time: 0, device: 'd', stream: 's', verb, bytes: 1, gfp: '', attrs: '' }
      log.hear(variant, note, { ok: errno === 0, errno, source }, fellBack ?? false)
    }
  })
  return log.differing()
}

describe('steps that went differently', () => {
  it('are none where all went alike', () => {
    const calls: Call[] = [
      [0, 'alloc', 0, 'cma:a'],
      [2, 'alloc', 12, null],
    ]
    expect(differing(calls, calls)).toEqual({ wrong: [], elsewhere: [] })
  })

  it('are wrong where one failed, fell back, or was not made', () => {
    const good: Call[] = [0, 1, 2].map((step) => [step, 'alloc', 0, 'cma:a'])
    const bad: Call[] = [
      [0, 'alloc', 12, null],
      [1, 'alloc', 0, 'pool:arm', true],
    ]
    expect(differing(good, bad)).toEqual({ wrong: [0, 1, 2], elsewhere: [] })
  })

  it('are elsewhere where all were served from different sources; zones and a driver’s own pages are no such', () => {
    const one: Call[] = [
      [0, 'alloc', 0, 'cma:a'],
      [1, 'alloc', 0, 'zone:DMA'],
      [2, 'buf', 0, 'zone:DMA'],
    ]
    const other: Call[] = [
      [0, 'alloc', 0, 'carveout:g'],
      [1, 'alloc', 0, 'zone:Normal'],
      [2, 'buf', 0, 'cma:a'],
    ]
    expect(differing(one, other)).toEqual({ wrong: [], elsewhere: [0] })
  })

  it('tell the calls of one step apart by their order', () => {
    const one: Call[] = [
      [0, 'alloc', 12, null],
      [0, 'alloc', 0, 'cma:a'],
    ]
    expect(differing(one, [...one].reverse())).toEqual({ wrong: [0], elsewhere: [] })
  })
})
