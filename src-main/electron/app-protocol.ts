import { readFile } from 'node:fs/promises'
import { protocol } from 'electron'
import { contentSecurityPolicy } from '@shared/content-security.ts'
import { rendererFiles } from '../lab/renderer-files.ts'

const SCHEME = 'carveout'
export const pageOrigin = `${SCHEME}://lab`

/** Before Electron is ready: the scheme behaves like https, so that workers, modules and the policy's 'self' work. */
export const registerScheme = (): void =>
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])

/** Serves the built renderer under our own scheme; nothing else can be asked for. */
export function serveRenderer(folder: string): void {
  const files = rendererFiles(folder)
  protocol.handle(SCHEME, async ({ url, method }) => {
    const { origin, pathname } = addressOf(url)
    const file = origin === pageOrigin && method === 'GET' ? files.get(pathname) : undefined
    if (!file) return new Response('not found\n', { status: 404 })
    return new Response(await readFile(file.path), {
      headers: {
        'Content-Type': file.type,
        'Content-Security-Policy': contentSecurityPolicy,
        'X-Content-Type-Options': 'nosniff',
      },
    })
  })
}

/** `URL` calls the origin of an unknown scheme "null". */
function addressOf(url: string): { origin: string; pathname: string } {
  const { protocol: scheme, host, pathname } = new URL(url)
  return { origin: `${scheme}//${host}`, pathname }
}

/** Whether an address is a page of ours. */
export const isOurPage = (url: string): boolean => URL.canParse(url) && addressOf(url).origin === pageOrigin
