import { Worker } from 'node:worker_threads'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { HistoryEntry, JobEvent } from '@shared/api.ts'
import { pack, unpack } from '@shared/wire.ts'
import { createHistory } from '../../src-main/lab/history.ts'
import { createJobs } from '../../src-main/lab/jobs.ts'
import { Cancelled, createLabWorker, WorkerDied } from '../../src-main/lab/lab-worker.ts'
import { BadInput } from '../../src-main/lab/tasks.ts'

/** A thread that does what the test tells it: `input` is a line of JavaScript with `reply` and `id` at hand. */
const spawn = () =>
  new Worker(
    `const { parentPort } = require('node:worker_threads')
     parentPort.on('message', ({ id, input }) => {
       const reply = (more) => parentPort.postMessage({ id, ...more })
       new Function('reply', 'id', input)(reply, id)
     })`,
    { eval: true },
  )
const ask = (
  worker: ReturnType<typeof createLabWorker>,
  code: string,
  onProgress?: (p: { fraction: number; note: string }) => void,
) => worker.call('run', code as never, onProgress)

describe('a worker', () => {
  it('answers, tells its progress, and says what is wrong with the input', async () => {
    const worker = createLabWorker(spawn, () => {})
    const onProgress = vi.fn()
    const answer = await ask(
      worker,
      `reply({ progress: { fraction: 0.5, note: 'half' } }); reply({ ok: true, value: 42 })`,
      onProgress,
    )
    expect(answer).toBe(42)
    expect(onProgress).toHaveBeenCalledWith({ fraction: 0.5, note: 'half' })
    const wrong = ask(worker, `reply({ ok: false, message: 'bad', diagnostics: [{ line: 3 }] })`)
    await expect(wrong).rejects.toBeInstanceOf(BadInput)
    worker.cancel()
  })

  it('that dies is told of and replaced; nothing waits for it in vain', async () => {
    const onDeath = vi.fn()
    const worker = createLabWorker(spawn, onDeath)
    const owed = [ask(worker, ''), ask(worker, `setTimeout(() => { throw new Error('boom') })`)]
    for (const promise of owed) await expect(promise).rejects.toBeInstanceOf(WorkerDied)
    expect(onDeath).toHaveBeenCalledExactlyOnceWith('boom')
    expect(await ask(worker, 'reply({ ok: true, value: "back" })')).toBe('back')
    worker.cancel()
  })

  it('stops at once when cancelled, even in an endless loop', async () => {
    const onDeath = vi.fn()
    const worker = createLabWorker(spawn, onDeath)
    const endless = ask(worker, 'for (;;);')
    await new Promise((resolve) => setTimeout(resolve, 50))
    worker.cancel()
    await expect(endless).rejects.toBeInstanceOf(Cancelled)
    expect(await ask(worker, 'reply({ ok: true, value: 1 })')).toBe(1)
    expect(onDeath).not.toHaveBeenCalled()
    worker.cancel()
  })
})

describe('jobs', () => {
  const setUp = () => {
    const events: JobEvent[] = []
    const worker = createLabWorker(spawn, () => {})
    const jobs = createJobs(worker, (event) => events.push(event), Date.now)
    const states = (id: string) => events.filter((event) => event.job === id).map((event) => event.state)
    const until = (id: string, state: JobEvent['state']) =>
      vi.waitFor(() => expect(states(id)).toContain(state), { timeout: 5000 })
    return { worker, jobs, states, until, events }
  }

  it('run one after the other', async () => {
    const { jobs, states, until, worker } = setUp()
    const first = jobs.start(
      'run',
      async (_, w) => (await ask(w, 'setTimeout(() => reply({ ok: true, value: 1 }), 60)'), 'done'),
    )
    const second = jobs.start('run', async (_, w) => (await ask(w, 'reply({ ok: true, value: 1 })'), 'done'))
    await until(first, 'running')
    expect(states(second)).toEqual(['queued'])
    await until(second, 'done')
    expect(states(first).at(-1)).toBe('done')
    worker.cancel()
  })

  it('can be cancelled while they run and while they wait', async () => {
    const { jobs, states, until, worker } = setUp()
    const running = jobs.start('size', async (_, w) => (await ask(w, 'for (;;);'), 'never'))
    const waiting = jobs.start('run', async () => 'never')
    const last = jobs.start('run', async () => 'done')
    await until(running, 'running')
    jobs.cancel(waiting)
    jobs.cancel(running)
    await until(last, 'done')
    expect(states(running).at(-1)).toBe('cancelled')
    expect(states(waiting)).toEqual(['queued', 'cancelled'])
    worker.cancel()
  })

  it('that fail say why', async () => {
    const { jobs, until, events, worker } = setUp()
    const id = jobs.start(
      'run',
      async (_, w) => (await ask(w, `reply({ ok: false, message: 'no RAM', diagnostics: [{ line: 1 }] })`), ''),
    )
    await until(id, 'failed')
    expect(events.at(-1)).toMatchObject({ state: 'failed', note: 'no RAM', diagnostics: [{ line: 1 }] })
    worker.cancel()
  })
})

describe('the history', () => {
  const entry = (n: number): HistoryEntry => ({
    id: `run-${n}`,
    kind: 'run',
    createdAt: n,
    title: 't',
    verdict: 'v',
    ok: true,
  })

  it('gives back results with their columns, newest first, and passes over what is damaged', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'carveout-history-'))
    const history = createHistory(folder)
    const work = { board: {}, workloads: [], seed: 1 } as never
    await history.keep(entry(1), work, pack({ time: Float64Array.of(1, 2) }))
    await history.keep(entry(2), work, pack({}))
    writeFileSync(join(folder, 'history/run-3.json'), '{"id": ')
    expect(history.list().map(({ id }) => id)).toEqual(['run-2', 'run-1'])
    expect(unpack(await history.result('run-1'))).toEqual({ time: Float64Array.of(1, 2) })
    expect(history.work('run-1')).toEqual(work)
    writeFileSync(join(folder, 'history/run-1.work'), 'xx')
    expect(() => history.work('run-1')).toThrow('cannot be read back')
    history.remove('run-2')
    await expect(history.result('run-2')).rejects.toThrow('holds no run-2')
    rmSync(folder, { recursive: true })
  })
})
