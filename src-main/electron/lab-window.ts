import { join } from 'node:path'
import { BrowserWindow, type WebPreferences } from 'electron'
import type { StreamEvent, StreamName } from '@shared/api.ts'
import type { Api, Shell } from '../lab/index.ts'
import { pageOrigin } from './app-protocol.ts'
import { eventChannel } from './channels.ts'
import { askBeforeClosing, pick } from './dialogs.ts'
import { printPdf } from './print-pdf.ts'
import { serveRequests } from './requests.ts'
import { keepWindowState, readWindowState } from './window-state.ts'

export interface LabWindow {
  window: BrowserWindow
  api: Api
  /** Tells the page what a menu, another start of the app or the system asked for. */
  command(id: string, path?: string): void
}

export interface LabWindowOptions {
  preload: string
  shell: Omit<Shell, 'kind' | 'emit' | 'pick' | 'printPdf' | 'setDirty' | 'setTitle'>
  createApi(shell: Shell): Api
}

const webPreferences: WebPreferences = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webviewTag: false,
  webSecurity: true,
  spellcheck: false,
}

/** Opens the window where it was last, with the lab behind it. */
export function openLabWindow({ preload, shell, createApi }: LabWindowOptions): LabWindow {
  const stateFile = join(shell.stateFolder, 'window.json')
  const state = readWindowState(stateFile)
  const window = new BrowserWindow({
    ...(state ?? { width: 1440, height: 900 }),
    minWidth: 800,
    minHeight: 500,
    show: false,
    title: 'Carveout',
    backgroundColor: '#16202b',
    webPreferences: { ...webPreferences, preload },
  })
  const emit = <N extends StreamName>(stream: N, event: StreamEvent<N>) => {
    if (!window.isDestroyed()) window.webContents.send(eventChannel, stream, event)
  }
  const guard = guardClosing(window, () => emit('command', { id: 'project.save' }))
  const api = createApi({
    ...shell,
    kind: 'electron',
    pick: (purpose, suggestion) => pick(window, purpose, suggestion),
    printPdf,
    setDirty: guard.setDirty,
    setTitle: (title) => window.setTitle(title),
    emit,
  })
  if (state?.maximized) window.maximize()
  keepWindowState(window, stateFile)
  const stopServing = serveRequests(window.webContents, api)
  window.once('ready-to-show', () => window.show())
  window.on('closed', () => {
    stopServing()
    api.close()
  })
  void window.loadURL(`${pageOrigin}/index.html`)
  return {
    window,
    api,
    command(id, path) {
      if (path !== undefined) api.allow(path)
      emit('command', { id, path })
    },
  }
}

/** Unsaved changes hold the window open until the user has said what to do with them. */
function guardClosing(window: BrowserWindow, save: () => void): { setDirty(dirty: boolean): void } {
  let dirty = false
  let closeWhenSaved = false
  window.on('close', (event) => {
    if (!dirty) return
    event.preventDefault()
    void askBeforeClosing(window).then((choice) => {
      if (choice === 'close') return window.destroy()
      closeWhenSaved = choice === 'save'
      if (closeWhenSaved) save()
    })
  })
  return {
    setDirty(value) {
      dirty = value
      if (!dirty && closeWhenSaved) window.close()
    },
  }
}
