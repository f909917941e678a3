import { parentPort, Worker } from 'node:worker_threads'
import { messageOf } from './api.ts'
import { bodies } from './tasks/index.ts'
import { BadInput, type Kept, type TaskBody, type TaskMessage, type TaskName, type TaskRequest } from './tasks.ts'

/** The thread that computes. It answers one request after the other; the host ends it to cancel. */
const port = parentPort
if (!port) throw new Error('lab.worker runs as a worker thread only')
/** This file once built: another thread of the same kind. */
const spawn = () => new Worker(new URL(import.meta.url))
const post = (message: TaskMessage) => port.postMessage(message)

/** A packed result is handed over, not copied. */
const movedFrom = (value: unknown): ArrayBuffer[] =>
  typeof value === 'object' && value !== null && 'packed' in value ? [(value as Kept<unknown>).packed.buffer] : []

async function answer({ id, task, input }: TaskRequest): Promise<void> {
  try {
    const body = bodies[task] as TaskBody<TaskName>
    const value = await body(input as never, (progress) => post({ id, progress }), spawn)
    port!.postMessage({ id, ok: true, value } satisfies TaskMessage, movedFrom(value))
  } catch (error) {
    post({
      id,
      ok: false,
      message: messageOf(error),
      diagnostics: error instanceof BadInput ? error.diagnostics : null,
    })
  }
}

let last = Promise.resolve()
port.on('message', (request: TaskRequest) => {
  last = last.then(() => answer(request))
})
