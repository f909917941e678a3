import type { TaskBodies } from '../tasks.ts'

/** Every task that a worker can be asked for. */
export const bodies: Partial<TaskBodies> = {}
