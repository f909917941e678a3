import type { MenuItemConstructorOptions } from 'electron'

export interface MenuActions {
  /** Runs a command of the page's palette. */
  command(id: string): void
  openPath(path: string): void
  /** Newest first. */
  recents: { folder: string; name: string; missing: boolean }[]
}

type Item = MenuItemConstructorOptions
const separator: Item = { type: 'separator' }

/** Commands of the page by menu; the page has their shortcuts, so the menu only shows them. */
const fileCommands: [id: string, label: string, accelerator?: string][] = [
  ['project.save', 'Save', 'CmdOrCtrl+S'],
  ['project.saveAs', 'Save Project As…', 'CmdOrCtrl+Shift+S'],
]
const runCommands: [id: string, label: string, accelerator?: string][] = [
  ['run.start', 'Run', 'F5'],
  ['run.cancel', 'Cancel'],
  ['size.start', 'Size Every Area', 'CmdOrCtrl+Shift+Return'],
]
const goCommands: [id: string, label: string, accelerator?: string][] = [
  ['go.board', 'Board', 'CmdOrCtrl+1'],
  ['go.workload', 'Workload', 'CmdOrCtrl+2'],
  ['go.run', 'Run', 'CmdOrCtrl+3'],
  ['go.why', 'Why', 'CmdOrCtrl+4'],
  ['go.size', 'Size', 'CmdOrCtrl+5'],
  ['go.compare', 'Compare', 'CmdOrCtrl+6'],
  ['go.history', 'History', 'CmdOrCtrl+7'],
]

/** The ids that the menu sends; the page's palette has a command for each. */
export const menuCommandIds = [...fileCommands, ...runCommands, ...goCommands]
  .map(([id]) => id)
  .concat('project.open', 'view.palette', 'view.shortcuts')

/** The native menu as data. */
export function menuTemplate(actions: MenuActions, platform: NodeJS.Platform = process.platform): Item[] {
  const item = (id: string, label: string, accelerator?: string): Item => ({
    id,
    label,
    accelerator,
    registerAccelerator: false,
    click: () => actions.command(id),
  })
  const items = (rows: [string, string, string?][]): Item[] => rows.map((row) => item(...row))
  const isMac = platform === 'darwin'
  const file: Item[] = [
    item('project.open', 'Open…', 'CmdOrCtrl+O'),
    { label: 'Open Recent', submenu: recentItems(actions) },
    separator,
    ...items(fileCommands),
    separator,
    { role: isMac ? 'close' : 'quit' },
  ]
  const view: Item[] = [
    item('view.palette', 'Command Palette', 'CmdOrCtrl+K'),
    separator,
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    separator,
    { role: 'togglefullscreen' },
    { role: 'toggleDevTools' },
  ]
  return [
    ...(isMac ? [{ role: 'appMenu' } as Item] : []),
    { label: '&File', submenu: file },
    { role: 'editMenu' },
    { label: '&Run', submenu: items(runCommands) },
    { label: '&Go', submenu: items(goCommands) },
    { label: '&View', submenu: view },
    { role: 'windowMenu' },
    { role: 'help', submenu: [item('view.shortcuts', 'Keyboard Shortcuts')] },
  ]
}

function recentItems({ recents, openPath }: MenuActions): Item[] {
  if (recents.length === 0) return [{ label: 'None', enabled: false }]
  return recents.map(({ folder, name, missing }) => ({
    label: `${name} — ${folder}`,
    enabled: !missing,
    click: () => openPath(folder),
  }))
}
