import { app, session, type WebContents } from 'electron'
import { isOurPage } from './app-protocol.ts'

/** Walls around every page, also those that nobody meant to open: no other page, no window, no webview, no permission, no download. */
export function confinePages(): void {
  const { defaultSession } = session
  defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  defaultSession.setPermissionCheckHandler(() => false)
  defaultSession.setDevicePermissionHandler(() => false)
  defaultSession.on('will-download', (event) => event.preventDefault())
  app.on('web-contents-created', (_event, contents) => confine(contents))
}

function confine(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-attach-webview', (event) => event.preventDefault())
  const stay = (event: { url: string; preventDefault(): void }) => {
    if (!isOurPage(event.url)) event.preventDefault()
  }
  contents.on('will-navigate', stay).on('will-redirect', stay).on('will-frame-navigate', stay)
}
