import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { decodeFrame, encodeFrame } from '@shared/wire.ts'
import type { Api, Shell } from '../../src-main/lab/api.ts'
import { startWebHost, type WebHost } from '../../src-main/web/host.ts'

const folder = mkdtempSync(join(tmpdir(), 'web-'))
const rendererFolder = join(folder, 'renderer')
mkdirSync(join(rendererFolder, 'assets'), { recursive: true })
writeFileSync(join(rendererFolder, 'index.html'), '<!doctype html><title>Carveout</title>')
writeFileSync(join(rendererFolder, 'assets/index-1.js'), 'export {}')
writeFileSync(join(folder, 'secret'), 'not to be served')

/** A lab that echoes; what the host does with it is kept. */
const labs: { shell: Shell; closed: boolean }[] = []
function createApi(shell: Shell): Api {
  const lab = { shell, closed: false }
  labs.push(lab)
  return {
    call: async (name, params) => (await Promise.resolve(), { ok: true, value: { name, params } }),
    allow: () => {},
    close: () => void (lab.closed = true),
  }
}

let host: WebHost
let port: string
let token: string
beforeEach(async () => {
  labs.length = 0
  const shell = { version: '0', stateFolder: folder, homeFolder: folder, resourcesFolder: folder, open: null }
  host = await startWebHost({ rendererFolder, port: 0, shell, createApi })
  const url = new URL(host.url)
  port = url.port
  token = url.hash.replace('#token=', '')
})
afterEach(() => host.close())

/** GET without the client tidying the path up first. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status?: number; headers: Record<string, unknown>; text: string }>((done, fail) => {
    request({ port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers } }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += String(chunk)))
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, text }))
    })
      .on('error', fail)
      .end()
  })
}

const origin = () => `http://127.0.0.1:${port}`
interface Dial {
  path?: string
  token?: string
  headers?: Record<string, string>
}

/** Opens the socket as the page would; the status when it is refused. */
function dial({ path = '/api', token: given = token, headers = {} }: Dial = {}): Promise<WebSocket | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, given, { headers: { origin: origin(), ...headers } })
  return new Promise((done) => {
    socket.on('open', () => done(socket))
    socket.on('unexpected-response', (_request, response) => done(response.statusCode ?? 0))
    socket.on('error', () => {})
  })
}
const connect = async (): Promise<WebSocket> => {
  const socket = await dial()
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
  return socket
}
const nextFrame = (socket: WebSocket) =>
  new Promise<unknown>((done) => socket.once('message', (data) => done(decodeFrame(data as Buffer))))
const closeCode = (socket: WebSocket) => new Promise<number>((done) => socket.once('close', (code) => done(code)))

describe('the pages', () => {
  it('come with a policy that allows nothing from elsewhere', async () => {
    const page = await get('/')
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('Carveout') as string })
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self';/) as string,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    expect(String(page.headers['content-security-policy'])).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline|http/)
  })

  it('need no token, which the page itself could not have sent', async () => {
    expect(await get('/assets/index-1.js?v=1')).toMatchObject({ status: 200, text: 'export {}' })
  })

  it.each([
    '/../secret',
    '/assets/../../secret',
    '/%2e%2e/secret',
    '/..%2fsecret',
    '//secret',
    '/assets',
    '/assets/',
    '\\..\\secret',
  ])('do not lead out of the folder: %s', async (path) => {
    const { status, text } = await get(path)
    expect(status).not.toBe(200)
    expect(text).not.toContain('not to be served')
  })

  it.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1:1'])(
    'are refused to a host that calls us %j',
    async (name) => {
      const { status } = await get('/', { host: name })
      expect(status).toBe(403)
    },
  )

  it('answer to localhost too, and only to GET and HEAD', async () => {
    expect(await get('/', { host: `localhost:${port}` })).toMatchObject({ status: 200 })
    expect(await get('/', {}, 'HEAD')).toMatchObject({ status: 200, text: '' })
    expect(await get('/', {}, 'POST')).toMatchObject({ status: 405 })
  })
})

describe('the socket', () => {
  it('is refused without the token, to another origin, to another host, and elsewhere', async () => {
    expect(await dial({ token: 'x'.repeat(token.length) })).toBe(403)
    expect(await dial({ token: 'short' })).toBe(403)
    expect(await dial({ headers: { origin: 'http://evil.example' } })).toBe(403)
    expect(await dial({ headers: { origin: `http://localhost:${port}` } })).toBe(403)
    expect(await dial({ headers: { host: `evil.example:${port}`, origin: `http://evil.example:${port}` } })).toBe(403)
    expect(await dial({ path: '/' })).toBe(404)
    expect(labs).toHaveLength(0)
  })

  it('carries requests and their replies, columns included', async () => {
    const socket = await connect()
    socket.send(encodeFrame({ id: 7, name: 'host.info', params: { column: new Float64Array([1, 2]) } }))
    expect(await nextFrame(socket)).toEqual({
      id: 7,
      reply: { ok: true, value: { name: 'host.info', params: { column: new Float64Array([1, 2]) } } },
    })
  })

  it('carries what the host says unasked', async () => {
    const socket = await connect()
    const frame = nextFrame(socket)
    labs[0]?.shell.emit('notice', { severity: 'info', text: 'hello' })
    expect(await frame).toEqual({ stream: 'notice', event: { severity: 'info', text: 'hello' } })
  })

  it('gives each page its own lab, and ends it with the page', async () => {
    const [first] = [await connect(), await connect()]
    expect(labs).toHaveLength(2)
    first.close()
    await expect.poll(() => labs.map((lab) => lab.closed)).toEqual([true, false])
  })

  it.each([
    ['text', '{"id":1}'],
    ['no frame', new Uint8Array([255, 255, 255, 255, 1])],
    ['too short', new Uint8Array([1])],
    ['no request', encodeFrame({ hello: 'world' })],
    ['a negative id', encodeFrame({ id: -1, name: 'x', params: {} })],
  ])('ends when it is sent %s', async (_what, message) => {
    const socket = await connect()
    const code = closeCode(socket)
    socket.send(message)
    expect(await code).toBe(1007)
  })

  it('ends when a message is larger than any project', async () => {
    const socket = await connect()
    socket.on('error', () => {})
    const code = closeCode(socket)
    socket.send(new Uint8Array(65 * 1024 * 1024))
    expect([1006, 1009]).toContain(await code)
  })

  it('answers everything when more is asked than is served at a time', async () => {
    const socket = await connect()
    const ids = new Set<number>()
    const all = new Promise<void>((done) =>
      socket.on('message', (data) => {
        ids.add((decodeFrame(data as Buffer) as { id: number }).id)
        if (ids.size === 1000) done()
      }),
    )
    for (let id = 0; id < 1000; id++) socket.send(encodeFrame({ id, name: 'x', params: {} }))
    await all
  })

  it('is refused to a seventeenth page', async () => {
    for (let count = 0; count < 16; count++) await connect()
    expect(await dial()).toBe(503)
  })
})

it('ends with all its connections', async () => {
  const socket = await connect()
  const code = closeCode(socket)
  await host.close()
  expect(await code).toBe(1006)
  host = await startWebHost({ rendererFolder, port: Number(port), shell: labs[0]!.shell, createApi })
})
