import { createReadStream } from 'node:fs'
import type { RequestListener } from 'node:http'
import { contentSecurityPolicy } from '@shared/content-security.ts'
import type { RendererFile } from '../lab/renderer-files.ts'
import type { Gatekeeper } from './gatekeeper.ts'

const headers = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
}

/** Serves the built renderer, to those who name this host by its own name. */
export function servePages(files: Map<string, RendererFile>, gatekeeper: Gatekeeper): RequestListener {
  return (request, response) => {
    const refuse = (status: number, why: string) => response.writeHead(status, headers).end(why + '\n')
    if (!gatekeeper.knowsHost(request.headers)) return refuse(403, 'this host answers to its loopback address only')
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'GET or HEAD')
    const file = files.get((request.url ?? '').replace(/[?#].*$/s, ''))
    if (!file) return refuse(404, 'not found')
    response.writeHead(200, { ...headers, 'Content-Type': file.type })
    if (request.method === 'HEAD') return response.end()
    createReadStream(file.path)
      .on('error', () => response.destroy())
      .pipe(response)
  }
}
