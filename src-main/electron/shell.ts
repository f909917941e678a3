import { join, resolve } from 'node:path'
import { app, Menu } from 'electron'
import { version } from '../../package.json'
import type { Recent } from '@shared/project.ts'
import { createApi } from '../lab/index.ts'
import { registerScheme, serveRenderer } from './app-protocol.ts'
import { confinePages } from './confine.ts'
import { openLabWindow, type LabWindow } from './lab-window.ts'
import { menuTemplate } from './menu.ts'

/** The desktop app: one process, one window. A second start hands what it was asked to open to the first. */
export async function startShell(argv = process.argv): Promise<void> {
  if (!app.requestSingleInstanceLock()) return app.quit()
  registerScheme()
  let lab: LabWindow | null = null
  let wanted = folderFrom(argv, process.cwd())

  app.on('second-instance', (_event, words, cwd) => {
    lab?.window.restore()
    lab?.window.focus()
    const folder = folderFrom(words, cwd)
    if (folder) lab?.command('project.open', folder)
  })
  app.on('open-file', (event, path) => {
    event.preventDefault()
    if (lab) lab.command('project.open', path)
    else wanted = path
  })
  app.on('window-all-closed', () => app.quit())

  await app.whenReady()
  confinePages()
  serveRenderer(join(app.getAppPath(), 'out/renderer'))
  lab = openLabWindow({
    preload: join(app.getAppPath(), 'out/preload/preload.cjs'),
    shell: {
      version,
      stateFolder: app.getPath('userData'),
      homeFolder: app.getPath('home'),
      resourcesFolder: join(app.getAppPath(), 'resources'),
      open: wanted,
    },
    createApi,
  })
  await showMenu(lab)
  lab.window.on('focus', () => void showMenu(lab))
}

/** The last word that is no flag, and not the folder of the app that Electron itself was given. */
export function folderFrom(argv: string[], cwd: string): string | null {
  const words = argv.slice(1).filter((word) => !word.startsWith('-'))
  const last = words.slice(app.isPackaged ? 0 : 1).at(-1)
  return last === undefined ? null : resolve(cwd, last)
}

/** Shows the menu with the recent projects as they are now. */
async function showMenu(lab: LabWindow | null): Promise<void> {
  if (!lab) return
  const reply = await lab.api.call('project.recents', {})
  const recents = reply.ok ? (reply.value as Recent[]) : []
  const template = menuTemplate({
    recents,
    command: lab.command,
    openPath: (path) => lab.command('project.open', path),
  })
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
