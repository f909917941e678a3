import '@fontsource-variable/inter'
import '@fontsource-variable/jetbrains-mono'
import './theme/base.css'
import { createApp } from 'vue'
import type { Host } from '@shared/api.ts'
import App from './App.vue'
import { createBridgeHost } from './host/bridge-host.ts'
import { createSocketHost } from './host/socket-host.ts'
import { createLab, labKey } from './stores/lab.ts'

/** The window begins: find the host, put the lab together, open what was open last or the example. */
function findHost(onLost: (why: string) => void): Host {
  return window.carveout ? createBridgeHost(window.carveout) : createSocketHost(location, onLost)
}

const host = findHost((why) => lab.notices.tell('error', why))
const lab = createLab(host)
await lab.preferences.load()
createApp(App).provide(labKey, lab).mount('#app')
await lab.project.restore()
