import { computed, shallowReactive } from 'vue'
import type { Host, JobEvent } from '@shared/api.ts'

const finished = new Set<JobEvent['state']>(['done', 'failed', 'cancelled'])

/** Jobs of this window: what each last said, and a promise for its end. */
export function createJobs(host: Host) {
  const events = shallowReactive(new Map<string, JobEvent>())
  const waiting = new Map<string, (event: JobEvent) => void>()
  host.subscribe('job', (event) => {
    events.set(event.job, event)
    if (!finished.has(event.state)) return
    waiting.get(event.job)?.(event)
    waiting.delete(event.job)
  })
  return {
    events,
    /** The end of a job may be told before the reply that names it. */
    ended(job: string): Promise<JobEvent> {
      const event = events.get(job)
      if (event && finished.has(event.state)) return Promise.resolve(event)
      return new Promise((resolve) => waiting.set(job, resolve))
    },
    /** The host is gone, and its jobs with it. */
    lose(why: string) {
      for (const [job, settle] of waiting) {
        const event: JobEvent = { job, kind: 'run', ...events.get(job), state: 'failed', fraction: 0, note: why }
        events.set(job, event)
        settle(event)
      }
      waiting.clear()
    },
    cancel: (job: string) => host.request('job.cancel', { job }),
    running: computed(() => [...events.values()].filter((event) => !finished.has(event.state))),
  }
}
export type JobsStore = ReturnType<typeof createJobs>
