import type { Explanation } from '@shared/run.ts'
import { explainRun } from '../../sizing/explain.ts'
import type { TaskInput } from '../tasks.ts'
import { asBadInput, runInput } from './prepare.ts'

/** Why one call of a run went as it did (U2): the run is made again with everything it was made from, and looked at closely. */
export const explain = ({ call, ...work }: TaskInput<'explain'>): Promise<Explanation> =>
  asBadInput(async () => {
    const explanation = await explainRun(runInput(work), call)
    if (!explanation) throw new Error(`the run has no call ${call} to explain`)
    return explanation
  })
