import { describe, expect, it } from 'vitest'
import { shareOut } from '../../src-main/lab/tasks/spread.ts'

const after = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('work shared out over threads', () => {
  it('comes back in its own order, whoever did it and however long that took', async () => {
    const doers = new Set<string>()
    const doer = (name: string, milliseconds: number) => async (item: number) => {
      doers.add(name)
      await after(milliseconds)
      return item * item
    }
    const answers = await shareOut([5, 6, 7, 8, 9, 10, 11], doer('here', 1), [doer('slow', 9), doer('fast', 2)])
    expect(answers).toEqual([25, 36, 49, 64, 81, 100, 121])
    expect(doers).toEqual(new Set(['here', 'slow', 'fast']))
  })

  it('is done by this thread alone where there are no helpers, and may be less than there are threads', async () => {
    expect(await shareOut([1, 2], async (item) => item + 1, [])).toEqual([2, 3])
    expect(await shareOut([], async (item) => item, [async (item) => item])).toEqual([])
  })

  it('ends with the first error, and begins nothing after it', async () => {
    const begun: number[] = []
    const work = async (item: number): Promise<void> => {
      begun.push(item)
      await after(1)
      if (item === 2) throw new Error('two')
    }
    await expect(shareOut([1, 2, 3, 4, 5, 6, 7, 8, 9], work, [])).rejects.toThrow('two')
    expect(begun).toEqual([1, 2])
  })
})
