import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { socketPath } from '@shared/api.ts'
import type { Api, Shell } from '../lab/index.ts'
import { rendererFiles } from '../lab/renderer-files.ts'
import { serveConnection } from './connection.ts'
import { createGatekeeper } from './gatekeeper.ts'
import { servePages } from './pages.ts'

/** The largest message that a page may send: a project's unsaved texts. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024
const MAX_CONNECTIONS = 16

export interface HostOptions {
  /** The built renderer. */
  rendererFolder: string
  /** 0: any free one. */
  port: number
  shell: Omit<Shell, 'emit' | 'pick' | 'printPdf' | 'setDirty' | 'setTitle' | 'kind'>
  createApi(shell: Shell): Api
}

export interface WebHost {
  /** The address to open, token included. */
  url: string
  close(): Promise<void>
}

/**
 * Starts the loopback host: the renderer over HTTP, the contract of api.ts over a WebSocket.
 * @throws when the port is taken or the renderer is not built
 */
export async function startWebHost(options: HostOptions): Promise<WebHost> {
  const token = randomBytes(24).toString('hex')
  const server = createServer()
  server.listen(options.port, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const gatekeeper = createGatekeeper(port, token)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false })

  server.on('request', servePages(rendererFiles(options.rendererFolder), gatekeeper))
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (request.url !== socketPath) return refuse(stream, '404 Not Found')
    if (!gatekeeper.admits(request.headers)) return refuse(stream, '403 Forbidden')
    if (sockets.clients.size >= MAX_CONNECTIONS) return refuse(stream, '503 Service Unavailable')
    sockets.handleUpgrade(request, stream, head, (socket) =>
      serveConnection(socket, (emit) =>
        options.createApi({
          ...options.shell,
          kind: 'browser',
          pick: null,
          printPdf: null,
          setDirty: () => {},
          setTitle: () => {},
          emit,
        }),
      ),
    )
  })

  return {
    url: `http://127.0.0.1:${port}/#token=${token}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function refuse(stream: Duplex, status: string): void {
  stream.on('error', () => stream.destroy())
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
