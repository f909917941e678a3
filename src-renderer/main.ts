import '@fontsource-variable/inter'
import '@fontsource-variable/jetbrains-mono'
import './theme/base.css'
import { createApp } from 'vue'
import App from './App.vue'
import { createBridgeHost } from './host/bridge-host.ts'
import { createSocketHost, type Connection } from './host/socket-host.ts'
import { createLab, labKey } from './stores/lab.ts'

/** The window begins: find the host, put the lab together, open what was open last or the example. */
const connection: Connection = {
  onLost: (why) => lab.lose(why),
  onBack: () => void lab.rejoin(),
}
const host = window.carveout ? createBridgeHost(window.carveout) : createSocketHost(location, connection)
const lab = createLab(host)
await lab.preferences.load()
createApp(App).provide(labKey, lab).mount('#app')
await lab.project.restore()
