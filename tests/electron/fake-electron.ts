import { EventEmitter } from 'node:events'
import { vi } from 'vitest'

/**
 * What the shell uses of Electron, in memory: tests look at what was asked of it and play the system's part. Stands in for the module
 * through `vi.mock('electron', () => import('./fake-electron.ts'))`; the real one would fetch its runtime.
 */
type Handler = (...args: never[]) => unknown

class FakeWebContents extends EventEmitter {
  mainFrame = { url: 'carveout://lab/index.html' }
  windowOpenHandler: Handler = () => undefined
  send = vi.fn()
  printToPDF = vi.fn(() => Promise.resolve(new TextEncoder().encode('%PDF-')))
  setWindowOpenHandler(handler: Handler) {
    this.windowOpenHandler = handler
  }
}

export class BrowserWindow extends EventEmitter {
  static all: BrowserWindow[] = []
  webContents = new FakeWebContents()
  bounds = { x: 10, y: 20, width: 1000, height: 700 }
  destroyed = false
  url = ''
  maximize = vi.fn()
  restore = vi.fn()
  focus = vi.fn()
  show = vi.fn()
  setTitle = vi.fn()
  isMaximized = vi.fn(() => false)

  constructor(readonly options: Record<string, unknown>) {
    super()
    BrowserWindow.all.push(this)
    app.emit('web-contents-created', {}, this.webContents)
  }
  getNormalBounds() {
    return this.bounds
  }
  isDestroyed() {
    return this.destroyed
  }
  loadURL(url: string) {
    this.url = url
    return Promise.resolve()
  }
  loadFile(path: string) {
    this.url = path
    return Promise.resolve()
  }
  /** The user clicks the window's button. */
  close() {
    let prevented = false
    this.emit('close', { preventDefault: () => (prevented = true) })
    if (!prevented) this.destroy()
  }
  destroy() {
    this.destroyed = true
    this.emit('closed')
  }
}

export const paths: Record<string, string> = {}

export const app = Object.assign(new EventEmitter(), {
  isPackaged: false,
  isFirst: true,
  requestSingleInstanceLock: () => app.isFirst,
  quit: vi.fn(),
  whenReady: () => Promise.resolve(),
  getPath: (name: string) => paths[name] ?? '/nowhere',
  getAppPath: () => paths['app'] ?? '/nowhere',
})

export const dialog = {
  showOpenDialog: vi.fn(),
  showMessageBox: vi.fn(),
}

export const ipcMain = {
  handlers: new Map<string, Handler>(),
  handle: (channel: string, handler: Handler) => void ipcMain.handlers.set(channel, handler),
  removeHandler: (channel: string) => void ipcMain.handlers.delete(channel),
}

export const Menu = {
  shown: null as unknown,
  buildFromTemplate: (template: unknown) => template,
  setApplicationMenu: (menu: unknown) => void (Menu.shown = menu),
}

export const protocol = {
  schemes: [] as unknown[],
  handlers: new Map<string, (request: Request) => Promise<Response>>(),
  registerSchemesAsPrivileged: (schemes: unknown[]) => void protocol.schemes.push(...schemes),
  handle: (scheme: string, handler: (request: Request) => Promise<Response>) =>
    void protocol.handlers.set(scheme, handler),
}

export const screen = {
  displays: [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }],
  getAllDisplays: () => screen.displays,
}

export const session = {
  defaultSession: Object.assign(new EventEmitter(), {
    setPermissionRequestHandler: vi.fn(),
    setPermissionCheckHandler: vi.fn(),
    setDevicePermissionHandler: vi.fn(),
  }),
}

export const exposed: Record<string, unknown> = {}
export const contextBridge = { exposeInMainWorld: (name: string, value: unknown) => void (exposed[name] = value) }
export const ipcRenderer = Object.assign(new EventEmitter(), { invoke: vi.fn() })

/** As after the process started. */
export function reset(): void {
  BrowserWindow.all.length = 0
  app.removeAllListeners()
  app.isFirst = true
  app.isPackaged = false
  app.quit.mockClear()
  dialog.showOpenDialog.mockReset()
  dialog.showMessageBox.mockReset()
  ipcMain.handlers.clear()
  protocol.schemes.length = 0
  protocol.handlers.clear()
  session.defaultSession.removeAllListeners()
  Menu.shown = null
}
