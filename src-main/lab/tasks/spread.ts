import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import type { Outcome, RunMany } from '../../sizing/index.ts'
import { outcomeOf } from '../../sizing/outcome.ts'
import { runWorkload } from '../../workload/run.ts'
import { createLabWorker } from '../lab-worker.ts'
import type { TaskInput } from '../tasks.ts'
import { asBadInput } from './prepare.ts'

/** Runs on every core: this thread makes its share of them, and helpers of the same kind as the lab's the others. */
export interface Spread {
  runMany: RunMany
  /** Runs of several jobs; `heard` is told of each as soon as it is done. */
  runAll(runs: readonly TaskInput<'outcome'>[], heard: (outcome: Outcome, at: number) => void): Promise<void>
  close(): void
}

/** `count` threads in all, this one among them. */
export function spreadOver(spawn: () => Worker, count = availableParallelism()): Spread {
  const helpers = Array.from({ length: count - 1 }, () => createLabWorker(spawn, () => {}))
  const there = helpers.map((helper) => (run: TaskInput<'outcome'>) => helper.call('outcome', run))
  const heardOf =
    (work: (run: TaskInput<'outcome'>) => Promise<Outcome>, heard: (outcome: Outcome, at: number) => void) =>
    async ([run, at]: [TaskInput<'outcome'>, number]): Promise<void> =>
      heard(await work(run), at)
  return {
    runMany: (job, seeds) =>
      shareOut(
        seeds.map((seed) => ({ job, seed })),
        outcome,
        there,
      ),
    runAll: async (runs, heard) => {
      const items = runs.map((run, at): [TaskInput<'outcome'>, number] => [run, at])
      await shareOut(
        items,
        heardOf(outcome, heard),
        there.map((work) => heardOf(work, heard)),
      )
    },
    close: () => helpers.forEach((helper) => helper.cancel()),
  }
}

/**
 * Does `items`, `here` one at a time and `there` on each helper, whoever is free taking the next; answers in the order of the items.
 * A helper always has a second item waiting, since this thread hears of its answers only between two of its own. Rejects with the
 * first error; what is not begun by then is left.
 */
export async function shareOut<I, O>(
  items: readonly I[],
  here: (item: I) => Promise<O>,
  there: readonly ((item: I) => Promise<O>)[],
): Promise<O[]> {
  const answers = new Array<O>(items.length)
  let next = 0
  const lane = async (work: (item: I) => Promise<O>): Promise<void> => {
    try {
      for (let at = next++; at < items.length; at = next++) answers[at] = await work(items[at]!)
    } catch (error) {
      next = items.length
      throw error
    }
  }
  const own = async (item: I): Promise<O> => {
    const answer = await here(item)
    // lets the helpers' answers in
    await new Promise((resolve) => setImmediate(resolve))
    return answer
  }
  await Promise.all([...there, ...there].map(lane).concat(lane(own)))
  return answers
}

/** One run of a sizing, here or in a helper. */
export const outcome = ({ job, seed }: TaskInput<'outcome'>): Promise<Outcome> =>
  asBadInput(async () => outcomeOf(await runWorkload({ ...job, seed, detail: 'totals' })))
