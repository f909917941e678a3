import type { BrowserWindow } from 'electron'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import * as electron from './fake-electron.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { pick } = await import('../../src-main/electron/dialogs.ts')

const window = {} as BrowserWindow
const { showOpenDialog } = electron.dialog
beforeEach(() => electron.reset())

describe('picking with the system’s dialog', () => {
  it('returns what was picked', async () => {
    showOpenDialog.mockResolvedValue({ canceled: false, filePaths: ['/projects/board.dts'] })
    expect(await pick(window, 'openProject', '/projects')).toBe('/projects/board.dts')
    expect(showOpenDialog).toHaveBeenCalledWith(window, expect.objectContaining({ defaultPath: '/projects' }))
  })

  it('returns null when it is cancelled', async () => {
    showOpenDialog.mockResolvedValue({ canceled: true, filePaths: [] })
    expect(await pick(window, 'exportFolder')).toBeNull()
  })

  it.each(['saveProject', 'includeFolder', 'exportFolder'] as const)('asks for a folder: %s', async (purpose) => {
    showOpenDialog.mockResolvedValue({ canceled: true, filePaths: [] })
    await pick(window, purpose)
    const properties = expect.arrayContaining(['openDirectory']) as string[]
    expect(showOpenDialog).toHaveBeenCalledWith(window, expect.objectContaining({ properties }))
  })
})
