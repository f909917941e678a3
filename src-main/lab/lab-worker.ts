import type { Worker } from 'node:worker_threads'
import {
  BadInput,
  type Progress,
  type TaskInput,
  type TaskMessage,
  type TaskName,
  type TaskOutput,
  type TaskRequest,
} from './tasks.ts'

/**
 * One worker thread seen from the host. The thread starts with the first task and is replaced when it dies or when what it does is
 * cancelled; the tasks it still owed are then rejected, never forgotten. It keeps the process alive only while it owes something.
 */
export interface LabWorker {
  call<N extends TaskName>(
    task: N,
    input: TaskInput<N>,
    onProgress?: (progress: Progress) => void,
  ): Promise<TaskOutput<N>>
  /** Ends the thread and with it every task under way; they reject with `Cancelled`. */
  cancel(): void
}

export class Cancelled extends Error {
  constructor() {
    super('cancelled')
  }
}

/** The thread ended by itself: out of memory, or a fault of ours. */
export class WorkerDied extends Error {}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
  onProgress: (progress: Progress) => void
}

export function createLabWorker(spawn: () => Worker, onDeath: (why: string) => void): LabWorker {
  let thread: Worker | null = null
  let nextId = 1
  const pending = new Map<number, Pending>()

  const drop = (error: Error) => {
    thread = null
    const owed = [...pending.values()]
    pending.clear()
    for (const task of owed) task.reject(error)
  }
  const start = (): Worker => {
    const worker = spawn()
    worker.on('message', (message: TaskMessage) => {
      settle(pending, message)
      if (pending.size === 0) worker.unref()
    })
    worker.on('error', (error: Error) => {
      if (worker !== thread) return
      onDeath(error.message)
      drop(new WorkerDied(`the worker ended: ${error.message}`))
    })
    worker.on('exit', (code) => {
      if (worker !== thread) return
      onDeath(`exit code ${code}`)
      drop(new WorkerDied(`the worker ended with code ${code}`))
    })
    return worker
  }

  return {
    call(task, input, onProgress = () => {}) {
      thread ??= start()
      thread.ref()
      const request: TaskRequest = { id: nextId++, task, input }
      thread.postMessage(request)
      return new Promise((resolve, reject) =>
        pending.set(request.id, { resolve: resolve as Pending['resolve'], reject, onProgress }),
      )
    },
    cancel() {
      const ending = thread
      drop(new Cancelled())
      void ending?.terminate()
    },
  }
}

function settle(pending: Map<number, Pending>, message: TaskMessage): void {
  const task = pending.get(message.id)
  if (!task) return
  if ('progress' in message) return task.onProgress(message.progress)
  pending.delete(message.id)
  if (message.ok) return task.resolve(message.value)
  task.reject(message.diagnostics ? new BadInput(message.message, message.diagnostics) : new Error(message.message))
}
