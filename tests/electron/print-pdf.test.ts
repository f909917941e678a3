import { existsSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import * as electron from './fake-electron.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { printPdf } = await import('../../src-main/electron/print-pdf.ts')

it('prints a page in a window that nobody sees and that runs no scripts, and leaves nothing behind', async () => {
  expect(new TextDecoder().decode(await printPdf('<p>report</p>'))).toBe('%PDF-')
  const [window] = electron.BrowserWindow.all
  expect(window!.options).toMatchObject({ show: false, webPreferences: { sandbox: true, javascript: false } })
  expect(window!.destroyed).toBe(true)
  expect(window!.url).toMatch(/report\.html$/)
  expect(existsSync(window!.url)).toBe(false)
})
