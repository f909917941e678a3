import type { Worker } from 'node:worker_threads'
import { createGate, type Api, type Shell } from './api.ts'
import { createContext } from './context.ts'
import { projectServices } from './services/project.ts'
import { shellServices } from './services/shell.ts'
import { workServices } from './services/work.ts'

/** The lab behind one window. `spawn` starts a worker that serves tasks.ts; `now` is the host's clock in milliseconds. */
export function createApiWith(shell: Shell, spawn: () => Worker, kernels: string[], now: () => number = Date.now): Api {
  const context = createContext(shell, spawn, now)
  const services = { ...shellServices(context, kernels), ...projectServices(context), ...workServices(context) }
  return { ...createGate(services), allow: context.grants.allow, close: context.close }
}
