import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/**
 * Who may talk to the host. It listens on loopback only, but every page in the user's browser can reach loopback too: a foreign name that
 * resolves here (DNS rebinding) fails on Host, a foreign page on Origin, and anything without the address that was printed on the token.
 */
export interface Gatekeeper {
  /** The request names this host by one of its loopback names. */
  knowsHost(headers: IncomingHttpHeaders): boolean
  /** The page that opens the socket was served by this host, and the token that it sends as subprotocol is ours. */
  admits(headers: IncomingHttpHeaders): boolean
}

export function createGatekeeper(port: number, token: string): Gatekeeper {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]
  const knowsHost = (headers: IncomingHttpHeaders) => hosts.includes(headers.host ?? '')
  return {
    knowsHost,
    admits: (headers) =>
      knowsHost(headers) &&
      headers.origin === `http://${headers.host}` &&
      sameSecret(String(headers['sec-websocket-protocol'] ?? ''), token),
  }
}

function sameSecret(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
