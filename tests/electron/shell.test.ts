import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Shell } from '../../src-main/lab/api.ts'
import * as electron from './fake-electron.ts'

vi.mock('electron', () => import('./fake-electron.ts'))

/** The lab behind the window: echoes, and keeps the shell that it was given. */
const lab = vi.hoisted(() => ({
  shell: null as Shell | null,
  closed: false,
  allowed: [] as string[],
  recents: [] as object[],
}))
vi.mock('../../src-main/lab/index.ts', () => ({
  createApi: (shell: Shell) => {
    lab.shell = shell
    lab.closed = false
    return {
      call: async (name: string, params: unknown) =>
        await Promise.resolve({ ok: true, value: name === 'project.recents' ? lab.recents : { name, params } }),
      allow: (path: string) => void lab.allowed.push(path),
      close: () => void (lab.closed = true),
    }
  },
}))
const { startShell, folderFrom } = await import('../../src-main/electron/shell.ts')

const folder = mkdtempSync(join(tmpdir(), 'shell-'))
mkdirSync(join(folder, 'out/renderer'), { recursive: true })
writeFileSync(join(folder, 'out/renderer/index.html'), '<!doctype html>')
writeFileSync(join(folder, 'secret'), 'secret')

beforeEach(() => {
  electron.reset()
  Object.assign(electron.paths, { app: folder, home: folder, userData: mkdtempSync(join(tmpdir(), 'state-')) })
  lab.recents = []
  lab.allowed = []
})

async function start(...words: string[]) {
  await startShell(['electron', folder, ...words])
  const window = electron.BrowserWindow.all[0]
  if (!window) throw new Error('no window was opened')
  return window
}
const sent = (window: electron.BrowserWindow) => window.webContents.send.mock.calls

describe('the window', () => {
  it('is walled off: sandboxed, isolated, without Node', async () => {
    const { options } = await start()
    expect(options['webPreferences']).toMatchObject({
      preload: join(folder, 'out/preload/preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      webviewTag: false,
      webSecurity: true,
    })
  })

  it('shows our page and nothing else', async () => {
    const { url, webContents } = await start()
    expect(url).toBe('carveout://lab/index.html')
    const stays = (event: string, to: string) => {
      const preventDefault = vi.fn()
      webContents.emit(event, { url: to, preventDefault })
      return preventDefault.mock.calls.length > 0
    }
    for (const move of ['will-navigate', 'will-redirect', 'will-frame-navigate']) {
      expect(stays(move, 'https://example.org/')).toBe(true)
      expect(stays(move, 'file:///etc/passwd')).toBe(true)
      expect(stays(move, 'carveout://elsewhere/')).toBe(true)
      expect(stays(move, 'carveout://lab/index.html')).toBe(false)
    }
    expect(webContents.windowOpenHandler()).toEqual({ action: 'deny' })
  })

  it('denies webviews, downloads and every permission', async () => {
    const { webContents } = await start()
    const preventDefault = vi.fn()
    webContents.emit('will-attach-webview', { preventDefault })
    electron.session.defaultSession.emit('will-download', { preventDefault })
    expect(preventDefault).toHaveBeenCalledTimes(2)

    const { setPermissionRequestHandler, setPermissionCheckHandler, setDevicePermissionHandler } =
      electron.session.defaultSession
    const answer = vi.fn()
    setPermissionRequestHandler.mock.lastCall?.[0](webContents, 'media', answer)
    expect(answer).toHaveBeenCalledWith(false)
    expect(setPermissionCheckHandler.mock.lastCall?.[0]()).toBe(false)
    expect(setDevicePermissionHandler.mock.lastCall?.[0]()).toBe(false)
  })

  it('opens where it was, maximized if it was', async () => {
    const first = await start()
    first.bounds = { x: 100, y: 50, width: 1200, height: 800 }
    first.isMaximized.mockReturnValue(true)
    first.close()
    electron.reset()
    const second = await start()
    expect(second.options).toMatchObject({ x: 100, y: 50, width: 1200, height: 800 })
    expect(second.maximize).toHaveBeenCalled()
  })

  it.each([
    ['a screen that is gone', '{"x":5000,"y":0,"width":1200,"height":800,"maximized":false}'],
    ['nonsense', '{"x":"left"}'],
    ['no JSON', '{'],
  ])('opens in a default place when its state names %s', async (_what, text) => {
    writeFileSync(join(electron.paths['userData']!, 'window.json'), text)
    const { options } = await start()
    expect(options).toMatchObject({ width: 1440, height: 900 })
    expect(options).not.toHaveProperty('x')
  })

  it('ends its lab when it closes', async () => {
    const window = await start()
    window.close()
    expect(lab.closed).toBe(true)
    expect(electron.ipcMain.handlers.size).toBe(0)
    expect(JSON.parse(readFileSync(join(electron.paths['userData']!, 'window.json'), 'utf8'))).toMatchObject({
      width: 1000,
    })
    expect(() => lab.shell?.emit('notice', { severity: 'info', text: 'late' })).not.toThrow()
  })
})

describe('unsaved changes', () => {
  const ask = async (response: number) => {
    const window = await start()
    lab.shell?.setDirty(true)
    electron.dialog.showMessageBox.mockResolvedValue({ response })
    window.close()
    expect(window.destroyed).toBe(false)
    await vi.waitFor(() => expect(electron.dialog.showMessageBox).toHaveBeenCalled())
    await Promise.resolve()
    return window
  }

  it('save, then close', async () => {
    const window = await ask(0)
    expect(sent(window)).toContainEqual(['carveout:event', 'command', { id: 'project.save' }])
    expect(window.destroyed).toBe(false)
    lab.shell?.setDirty(false)
    expect(window.destroyed).toBe(true)
  })

  it('close without saving', async () => {
    expect((await ask(1)).destroyed).toBe(true)
  })

  it('stay, also when they are saved later', async () => {
    const window = await ask(2)
    lab.shell?.setDirty(false)
    expect(window.destroyed).toBe(false)
  })
})

describe('requests of the page', () => {
  const invoke = (event: unknown, ...args: unknown[]) =>
    (electron.ipcMain.handlers.get('carveout:request') as ((...all: unknown[]) => unknown) | undefined)?.(
      event,
      ...args,
    )

  it('reach the lab from the main frame of our page', async () => {
    const { webContents } = await start()
    const event = { sender: webContents, senderFrame: webContents.mainFrame }
    expect(await invoke(event, 'host.info', { a: 1 })).toEqual({
      ok: true,
      value: { name: 'host.info', params: { a: 1 } },
    })
  })

  it('are refused from other frames, other pages, other windows, and without a name', async () => {
    const { webContents } = await start()
    const mainFrame = webContents.mainFrame
    const refused = { ok: false, code: 'forbidden' }
    expect(await invoke({ sender: webContents, senderFrame: { url: mainFrame.url } }, 'host.info')).toMatchObject(
      refused,
    )
    expect(await invoke({ sender: {}, senderFrame: mainFrame }, 'host.info')).toMatchObject(refused)
    expect(
      await invoke({ sender: webContents, senderFrame: mainFrame }, { toString: () => 'host.info' }),
    ).toMatchObject(refused)
    mainFrame.url = 'https://example.org/'
    expect(await invoke({ sender: webContents, senderFrame: mainFrame }, 'host.info')).toMatchObject(refused)
  })

  it('are answered by what the lab says unasked, too', async () => {
    const window = await start()
    lab.shell?.emit('notice', { severity: 'info', text: 'hello' })
    expect(sent(window)).toEqual([['carveout:event', 'notice', { severity: 'info', text: 'hello' }]])
  })
})

describe('our scheme', () => {
  const fetchPage = async (url: string, init?: RequestInit) => {
    await start()
    return await electron.protocol.handlers.get('carveout')!(new Request(url, init))
  }

  it('is as trusted as https', async () => {
    await start()
    expect(electron.protocol.schemes).toMatchObject([
      { scheme: 'carveout', privileges: { standard: true, secure: true } },
    ])
  })

  it('serves the page with its policy', async () => {
    const { status, headers } = await fetchPage('carveout://lab/index.html')
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  })

  it.each([
    'carveout://lab/../../secret',
    'carveout://lab/%2e%2e/%2e%2e/secret',
    'carveout://lab/..%2f..%2fsecret',
    'carveout://other/index.html',
  ])('serves nothing for %s', async (url) => expect((await fetchPage(url)).status).toBe(404))

  it('serves nothing to a POST', async () => {
    expect((await fetchPage('carveout://lab/index.html', { method: 'POST' })).status).toBe(404)
  })
})

describe('a second start', () => {
  it('ends at once when the app is running', async () => {
    electron.app.isFirst = false
    await startShell(['electron', folder])
    expect(electron.app.quit).toHaveBeenCalled()
    expect(electron.BrowserWindow.all).toEqual([])
  })

  it('hands what it was asked to open to the first', async () => {
    const window = await start()
    electron.app.emit('second-instance', {}, ['electron', '--no-sandbox', folder, 'board'], '/projects')
    expect(window.focus).toHaveBeenCalled()
    expect(sent(window)).toEqual([['carveout:event', 'command', { id: 'project.open', path: '/projects/board' }]])
    expect(lab.allowed).toEqual(['/projects/board'])
  })

  it('only brings the window forward when it names nothing', async () => {
    const window = await start()
    electron.app.emit('second-instance', {}, ['electron', folder], '/projects')
    expect(window.focus).toHaveBeenCalled()
    expect(sent(window)).toEqual([])
  })
})

describe('what is opened', () => {
  it('is what the command line names', async () => {
    await start('--flag', 'board')
    expect(lab.shell?.open).toBe(join(process.cwd(), 'board'))
  })

  it('is left to the lab otherwise', async () => {
    await start()
    expect(lab.shell).toMatchObject({ open: null, kind: 'electron' })
  })

  it('is counted from the first word in a packaged app', () => {
    electron.app.isPackaged = true
    expect(folderFrom(['Carveout', 'board'], '/projects')).toBe('/projects/board')
    expect(folderFrom(['Carveout'], '/projects')).toBeNull()
  })

  it('is what the system hands over while the app runs', async () => {
    const window = await start()
    electron.app.emit('open-file', { preventDefault: vi.fn() }, '/projects/board.dts')
    expect(sent(window)).toEqual([['carveout:event', 'command', { id: 'project.open', path: '/projects/board.dts' }]])
  })
})

describe('the menu', () => {
  it('offers the recent projects as they are now', async () => {
    lab.recents = [{ folder: '/projects/one', name: 'one', missing: false, openedAt: 0 }]
    const window = await start()
    expect(JSON.stringify(electron.Menu.shown)).toContain('one — /projects/one')
    lab.recents = [{ folder: '/projects/two', name: 'two', missing: true, openedAt: 0 }]
    window.emit('focus')
    await vi.waitFor(() => expect(JSON.stringify(electron.Menu.shown)).toContain('two — /projects/two'))
  })
})
