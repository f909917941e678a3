import { contextBridge, ipcRenderer } from 'electron'
import type { Bridge, StreamName } from '@shared/api.ts'
import { eventChannel, requestChannel } from './channels.ts'

/** All that the page gets of Electron: two functions, no object of Electron's own. Names and parameters are checked on the other side. */
const bridge: Bridge = {
  request: (name, params) => ipcRenderer.invoke(requestChannel, name, params),
  onEvent: (listener) =>
    void ipcRenderer.on(eventChannel, (_event, stream: StreamName, event: unknown) => listener(stream, event)),
}

contextBridge.exposeInMainWorld('carveout', bridge)
