import { KERNELS } from '@shared/board.ts'
import type { Api, Shell } from './api.ts'
import { createApiWith } from './create-api.ts'
import spawnLabWorker from './lab.worker.ts?nodeWorker'

export type { Api, PickPurpose, Shell } from './api.ts'

/** Kernel releases that the lab offers, newest first. */
const kernels = [...KERNELS].reverse()

/** The lab behind one window or connection; the transports (IPC, WebSocket) hand every message to `call`. */
export const createApi = (shell: Shell): Api => createApiWith(shell, () => spawnLabWorker({}), kernels)
