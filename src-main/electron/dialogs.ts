import { dialog, type BrowserWindow, type OpenDialogOptions } from 'electron'
import type { PickPurpose } from '../lab/index.ts'

const boardFiles = { name: 'Devicetree', extensions: ['dts', 'dtsi', 'dtso', 'dtb'] }
const anything = { name: 'All files', extensions: ['*'] }

const questions: Record<PickPurpose, OpenDialogOptions> = {
  openProject: {
    title: 'Open a board file or a project folder',
    // one dialog takes both only on macOS; elsewhere a board file stands for its folder
    properties: process.platform === 'darwin' ? ['openFile', 'openDirectory'] : ['openFile'],
    filters: [boardFiles, anything],
  },
  saveProject: { title: 'Save the project in a folder', properties: ['openDirectory', 'createDirectory'] },
  includeFolder: { title: 'Add an include folder', properties: ['openDirectory'] },
  exportFolder: { title: 'Export into a folder', properties: ['openDirectory', 'createDirectory'] },
  configFile: { title: 'Pick a kernel .config', properties: ['openFile', 'showHiddenFiles'], filters: [anything] },
}

/** Asks with the system's dialog; null when it is cancelled. */
export async function pick(window: BrowserWindow, purpose: PickPurpose, suggestion?: string): Promise<string | null> {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    ...questions[purpose],
    defaultPath: suggestion,
  })
  return canceled ? null : (filePaths[0] ?? null)
}

export type ClosingChoice = 'save' | 'close' | 'stay'

/** What to do about unsaved changes when the window is asked to close. */
export async function askBeforeClosing(window: BrowserWindow): Promise<ClosingChoice> {
  const choices: ClosingChoice[] = ['save', 'close', 'stay']
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: 'Save the changes before closing?',
    detail: 'Without saving they are kept aside, and offered when the project is opened again.',
    buttons: ['Save', 'Close Without Saving', 'Cancel'],
    defaultId: 0,
    cancelId: 2,
  })
  return choices[response] ?? 'stay'
}
