import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import type { Outcome, RunMany } from '../../sizing/index.ts'
import { outcomeOf } from '../../sizing/outcome.ts'
import { runWorkload } from '../../workload/run.ts'
import { createLabWorker } from '../lab-worker.ts'
import type { TaskInput } from '../tasks.ts'
import { asBadInput } from './prepare.ts'

/** The runs of a sizing on every core: helpers are threads of the same kind, and each takes every n-th seed. */
export interface Spread {
  runMany: RunMany
  close(): void
}

export function spreadOver(spawn: () => Worker, count = availableParallelism()): Spread {
  const helpers = Array.from({ length: count }, () => createLabWorker(spawn, () => {}))
  return {
    async runMany(job, seeds) {
      const shares = helpers.map((_, at) => seeds.filter((_, index) => index % count === at))
      const answers = await Promise.all(
        helpers.map((helper, at) => (shares[at]!.length ? helper.call('outcomes', { job, seeds: shares[at]! }) : [])),
      )
      return seeds.map((_, index) => answers[index % count]![Math.floor(index / count)]!)
    },
    close: () => helpers.forEach((helper) => helper.cancel()),
  }
}

/** A helper's share. */
export const outcomes = ({ job, seeds }: TaskInput<'outcomes'>): Promise<Outcome[]> =>
  asBadInput(async () => {
    const found: Outcome[] = []
    for (const seed of seeds) found.push(outcomeOf(await runWorkload({ ...job, seed, detail: 'totals' })))
    return found
  })
