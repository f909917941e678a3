import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { spreadOver } from '../../src-main/lab/tasks/spread.ts'

/** A thread whose outcome of a seed is the seed and the thread's own number; later threads answer sooner. */
const spawn = () =>
  new Worker(
    `const { parentPort, threadId } = require('node:worker_threads')
     parentPort.on('message', ({ id, input }) =>
       setTimeout(() => parentPort.postMessage({ id, ok: true, value: input.seeds.map((seed) => ({ seed, threadId })) }), 300 / threadId))`,
    { eval: true },
  )

describe('the runs of a sizing, spread over threads', () => {
  it('come back in the order of their seeds, whoever made them and however long that took', async () => {
    const spread = spreadOver(spawn, 3)
    const outcomes = (await spread.runMany({} as never, [5, 6, 7, 8, 9, 10, 11])) as never as {
      seed: number
      threadId: number
    }[]
    expect(outcomes.map(({ seed }) => seed)).toEqual([5, 6, 7, 8, 9, 10, 11])
    expect(new Set(outcomes.map(({ threadId }) => threadId)).size).toBe(3)
    // fewer seeds than threads
    expect(await spread.runMany({} as never, [1])).toMatchObject([{ seed: 1 }])
    spread.close()
  })
})
