import type { JobEvent } from '@shared/api.ts'
import { messageOf } from './api.ts'
import { Cancelled, type LabWorker } from './lab-worker.ts'
import { BadInput, type Progress } from './tasks.ts'

/**
 * Work that takes longer than a keystroke: runs, sizings, comparisons. One at a time in its own worker, the others wait their turn;
 * what happens to a job is told on the `job` stream from start to end.
 */
export interface Jobs {
  start(kind: JobEvent['kind'], body: JobBody): string
  cancel(id: string): void
  /** Cancels all of them and ends the worker. */
  close(): void
}

/** Runs the task in the worker and keeps its result under the job's id; returns the verdict in a few words. */
export type JobBody = (id: string, worker: LabWorker, onProgress: (progress: Progress) => void) => Promise<string>

interface Job {
  id: string
  kind: JobEvent['kind']
  body: JobBody
}

const progressIntervalMilliseconds = 50

export function createJobs(worker: LabWorker, emit: (event: JobEvent) => void, now: () => number): Jobs {
  const waiting: Job[] = []
  let running: Job | null = null
  let count = 0

  const tell = ({ id, kind }: Job, state: JobEvent['state'], progress: Progress, more: Partial<JobEvent> = {}) =>
    emit({ job: id, kind, state, ...progress, ...more })

  const next = () => {
    if (running) return
    running = waiting.shift() ?? null
    if (running) void execute(running).finally(() => ((running = null), next()))
  }
  const execute = async (job: Job) => {
    tell(job, 'running', { fraction: 0, note: '' })
    try {
      const onProgress = thinned((progress) => tell(job, 'running', progress), now)
      tell(job, 'done', { fraction: 1, note: await job.body(job.id, worker, onProgress) })
    } catch (error) {
      if (error instanceof Cancelled) return tell(job, 'cancelled', { fraction: 0, note: '' })
      const diagnostics = error instanceof BadInput ? error.diagnostics : undefined
      tell(job, 'failed', { fraction: 0, note: messageOf(error) }, { diagnostics })
    }
  }

  return {
    start(kind, body) {
      const job: Job = { id: `${kind}-${now().toString(36)}-${++count}`, kind, body }
      waiting.push(job)
      tell(job, 'queued', { fraction: 0, note: '' })
      queueMicrotask(next)
      return job.id
    },
    cancel(id) {
      if (running?.id === id) return worker.cancel()
      const index = waiting.findIndex((job) => job.id === id)
      const [job] = index < 0 ? [] : waiting.splice(index, 1)
      if (job) tell(job, 'cancelled', { fraction: 0, note: '' })
    },
    close() {
      waiting.length = 0
      worker.cancel()
    },
  }
}

/** Progress as often as an eye can use it. */
function thinned(tell: (progress: Progress) => void, now: () => number): (progress: Progress) => void {
  let last = -Infinity
  return (progress) => {
    if (now() - last < progressIntervalMilliseconds) return
    last = now()
    tell(progress)
  }
}
