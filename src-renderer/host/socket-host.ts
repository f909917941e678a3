import { socketPath, type ClientFrame, type Failure, type Host, type HostFrame, type Reply } from '@shared/api.ts'
import { decodeFrame, encodeFrame } from '@shared/wire.ts'
import { createListeners } from './listeners.ts'

const retryMilliseconds = 2000

const lostFailure: Failure = {
  ok: false,
  code: 'failed',
  message:
    'The lab’s host does not answer; trying again. Your edits stay in this page. If the host was started anew, open the address that it printed.',
}

/** What the page does when its host goes and comes back; behind the new connection nothing of the old one is open any more. */
export interface Connection {
  onLost(why: string): void
  onBack(): void
}

/**
 * The host behind a WebSocket of the server that the page came from. The token of the page's address opens it. What is asked before the
 * socket is open waits for it; when the socket closes, everything still owed fails with words for the user, and so does all that follows
 * until a new socket is open.
 */
export function createSocketHost(address: Location, { onLost, onBack }: Connection): Host {
  const token = new URLSearchParams(address.hash.slice(1)).get('token') ?? ''
  const url = `${address.protocol === 'https:' ? 'wss' : 'ws'}://${address.host}${socketPath}`
  const listeners = createListeners()
  const pending = new Map<number, (reply: Reply<unknown>) => void>()
  const unsent: ClientFrame[] = []
  let nextId = 1
  let lost = false
  let socket = connect()

  function connect(): WebSocket {
    const made = new WebSocket(url, token ? [token] : [])
    made.binaryType = 'arraybuffer'
    made.addEventListener('open', () => {
      unsent.splice(0).forEach(send)
      if (lost) {
        lost = false
        onBack()
      }
    })
    made.addEventListener('message', ({ data }) => receive(new Uint8Array(data as ArrayBuffer)))
    made.addEventListener('close', () => {
      for (const settle of pending.values()) settle(lostFailure)
      pending.clear()
      unsent.length = 0
      if (!lost) onLost(lostFailure.message)
      lost = true
      setTimeout(() => (socket = connect()), retryMilliseconds)
    })
    return made
  }
  function send(frame: ClientFrame): void {
    socket.send(encodeFrame(frame))
  }
  function receive(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes) as HostFrame
    if ('stream' in frame) return listeners.tell(frame.stream, frame.event)
    pending.get(frame.id)?.(frame.reply)
    pending.delete(frame.id)
  }

  return {
    request(name, params) {
      if (lost) return Promise.resolve(lostFailure)
      const frame: ClientFrame = { id: nextId++, name, params }
      if (socket.readyState === WebSocket.OPEN) send(frame)
      else unsent.push(frame)
      return new Promise((resolve) => pending.set(frame.id, resolve as (reply: Reply<unknown>) => void))
    },
    subscribe: listeners.subscribe,
  }
}
