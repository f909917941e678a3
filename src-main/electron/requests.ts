import { ipcMain, type IpcMainInvokeEvent, type WebContents } from 'electron'
import type { Failure } from '@shared/api.ts'
import type { Api } from '../lab/index.ts'
import { isOurPage } from './app-protocol.ts'
import { requestChannel } from './channels.ts'

const refused: Failure = { ok: false, code: 'forbidden', message: 'only the page of this window may ask' }

/** Hands the requests of one window's own page to its lab, which checks them; anything else that finds the channel is refused. */
export function serveRequests(contents: WebContents, api: Api): () => void {
  ipcMain.handle(requestChannel, (event: IpcMainInvokeEvent, name: unknown, params: unknown) => {
    const fromPage =
      event.sender === contents && event.senderFrame === contents.mainFrame && isOurPage(event.senderFrame.url)
    return fromPage && typeof name === 'string' ? api.call(name, params) : refused
  })
  return () => ipcMain.removeHandler(requestChannel)
}
