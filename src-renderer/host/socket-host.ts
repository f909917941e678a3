import { socketPath, type ClientFrame, type Failure, type Host, type HostFrame, type Reply } from '@shared/api.ts'
import { decodeFrame, encodeFrame } from '@shared/wire.ts'
import { createListeners } from './listeners.ts'

/**
 * The host behind a WebSocket of the server that the page came from. The token of the page's address opens it. What is asked before the
 * socket is open waits for it; when the socket closes, everything still owed fails with words for the user, and so does all that follows.
 */
export function createSocketHost(address: Location, onLost: (why: string) => void): Host {
  const token = new URLSearchParams(address.hash.slice(1)).get('token') ?? ''
  const socket = new WebSocket(
    `${address.protocol === 'https:' ? 'wss' : 'ws'}://${address.host}${socketPath}`,
    token ? [token] : [],
  )
  socket.binaryType = 'arraybuffer'
  const listeners = createListeners()
  const pending = new Map<number, (reply: Reply<unknown>) => void>()
  const unsent: ClientFrame[] = []
  let nextId = 1
  let lost: Failure | null = null

  const send = (frame: ClientFrame) => socket.send(encodeFrame(frame))
  socket.addEventListener('open', () => unsent.splice(0).forEach(send))
  socket.addEventListener('message', ({ data }) => {
    const frame = decodeFrame(new Uint8Array(data as ArrayBuffer)) as HostFrame
    if ('stream' in frame) return listeners.tell(frame.stream, frame.event)
    pending.get(frame.id)?.(frame.reply)
    pending.delete(frame.id)
  })
  socket.addEventListener('close', () => {
    lost = {
      ok: false,
      code: 'failed',
      message: 'The lab’s host has ended. Start it again and reload this page; your edits are kept.',
    }
    for (const settle of pending.values()) settle(lost)
    pending.clear()
    onLost(lost.message)
  })

  return {
    request(name, params) {
      if (lost) return Promise.resolve(lost)
      const frame: ClientFrame = { id: nextId++, name, params }
      if (socket.readyState === WebSocket.OPEN) send(frame)
      else unsent.push(frame)
      return new Promise((resolve) => pending.set(frame.id, resolve as (reply: Reply<unknown>) => void))
    },
    subscribe: listeners.subscribe,
  }
}
