import { workloadJsonSchema } from '@shared/workload.ts'
import type { TaskBodies } from '../tasks.ts'
import { analyse } from './analyse.ts'
import { language } from './language.ts'
import { picture } from './picture.ts'
import { checkWorkload } from './check-workload.ts'
import { explain } from './explain.ts'
import { exportFiles } from './export.ts'
import { workloadPresets } from './presets.ts'
import { compare, run, size } from './run.ts'
import { outcome } from './spread.ts'
import { tourCheck, tourShow } from './tour.ts'

/** Every task that a worker can be asked for. */
export const bodies: TaskBodies = {
  analyse,
  language,
  picture,
  checkWorkload,
  compare,
  explain,
  export: exportFiles,
  outcome,
  run,
  size,
  tourCheck,
  tourShow,
  workloadPresets,
  workloadSchema: workloadJsonSchema,
}
