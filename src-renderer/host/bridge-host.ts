import type { Bridge, Host, Reply } from '@shared/api.ts'
import { createListeners } from './listeners.ts'

declare global {
  interface Window {
    carveout?: Bridge
  }
}

/** The host behind Electron's IPC. */
export function createBridgeHost(bridge: Bridge): Host {
  const listeners = createListeners()
  bridge.onEvent(listeners.tell)
  return {
    request: (name, params) => bridge.request(name, params) as Promise<Reply<never>>,
    subscribe: listeners.subscribe,
  }
}
