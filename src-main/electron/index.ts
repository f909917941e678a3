import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { app, BrowserWindow, net, protocol } from 'electron'

const SCHEME = 'carveout'
protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true } }])

await app.whenReady()
protocol.handle(SCHEME, (request) => {
  const path = join(import.meta.dirname, '../renderer', new URL(request.url).pathname)
  return net.fetch(pathToFileURL(path).href)
})
const window = new BrowserWindow({
  webPreferences: {
    preload: join(import.meta.dirname, '../preload/preload.cjs'),
    sandbox: true,
    contextIsolation: true,
  },
})
await window.loadURL(`${SCHEME}://lab/index.html`)
