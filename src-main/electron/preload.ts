import { contextBridge } from 'electron'

contextBridge.exposeInMainWorld('carveout', { platform: process.platform })
