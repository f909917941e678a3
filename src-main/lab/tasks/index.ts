import { workloadJsonSchema } from '@shared/workload.ts'
import type { TaskBodies } from '../tasks.ts'
import { analyse } from './analyse.ts'
import { checkWorkload } from './check-workload.ts'
import { workloadPresets } from './presets.ts'

/** Every task that a worker can be asked for. */
export const bodies: Partial<TaskBodies> = {
  analyse,
  checkWorkload,
  workloadPresets,
  workloadSchema: workloadJsonSchema,
}
