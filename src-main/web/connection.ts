import type { WebSocket } from 'ws'
import { z } from 'zod'
import type { HostFrame, StreamEvent, StreamName } from '@shared/api.ts'
import { decodeFrame, encodeFrame } from '@shared/wire.ts'
import type { Api } from '../lab/index.ts'

/** With more than this unsent nothing more is read from the page … */
const PAUSE_BYTES = 16 * 1024 * 1024
/** … and a page that does not read at all is let go. */
const GIVE_UP_BYTES = 512 * 1024 * 1024
/** Requests under way at a time; the next ones wait in the socket. */
const MAX_PENDING = 64

const WRONG_FRAME = 1007
const TOO_SLOW = 1013

const clientFrame = z.object({ id: z.number().int().nonnegative(), name: z.string().max(100), params: z.unknown() })

type Emit = <N extends StreamName>(stream: N, event: StreamEvent<N>) => void

/** One page's socket and the lab behind it, which lives as long as the socket does. */
export function serveConnection(socket: WebSocket, createApi: (emit: Emit) => Api): void {
  let pending = 0
  const settle = () => {
    if (socket.bufferedAmount > GIVE_UP_BYTES) socket.close(TOO_SLOW, 'the page does not read')
    else if (pending >= MAX_PENDING || socket.bufferedAmount > PAUSE_BYTES) socket.pause()
    else socket.resume()
  }
  const send = (frame: HostFrame) => {
    if (socket.readyState === socket.OPEN) socket.send(encodeFrame(frame), settle)
    settle()
  }
  const api = createApi((stream, event) => send({ stream, event }))

  const answer = async (data: unknown) => {
    const frame = parseFrame(data)
    if (!frame) return socket.close(WRONG_FRAME, 'not a request')
    pending++
    const reply = await api.call(frame.name, frame.params)
    pending--
    try {
      send({ id: frame.id, reply })
    } catch (error) {
      // a result too large for one message; the page must still get an answer
      send({
        id: frame.id,
        reply: { ok: false, code: 'failed', message: `the reply cannot be sent: ${String(error)}` },
      })
    }
  }
  socket.on('message', (data) => void answer(data))
  socket.on('error', () => socket.terminate())
  socket.on('close', () => api.close())
}

function parseFrame(data: unknown): z.output<typeof clientFrame> | null {
  if (!(data instanceof Uint8Array)) return null
  try {
    return clientFrame.parse(decodeFrame(data))
  } catch {
    return null
  }
}
