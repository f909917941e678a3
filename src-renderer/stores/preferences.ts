import { reactive } from 'vue'
import type { Host, HostInfo } from '@shared/api.ts'
import type { Preferences } from '@shared/project.ts'
import type { Notices } from './notices.ts'

/** What the user chose, and what the host is; the host keeps the choices. */
export function createPreferences(host: Host, notices: Notices) {
  const values = reactive<Preferences>({ theme: 'system', fontSizePixels: 13 })
  const info = reactive<HostInfo>({
    shell: 'browser',
    version: '',
    kernels: [],
    nativeDialogs: false,
    printsPdf: false,
  })
  return {
    values,
    info,
    async load() {
      const [preferences, hostInfo] = await Promise.all([
        host.request('preferences.get', {}),
        host.request('host.info', {}),
      ])
      Object.assign(values, notices.valueOf(preferences))
      Object.assign(info, notices.valueOf(hostInfo))
    },
    async set(change: Partial<Preferences>) {
      Object.assign(values, change)
      notices.valueOf(await host.request('preferences.set', change))
    },
  }
}
export type PreferencesStore = ReturnType<typeof createPreferences>
