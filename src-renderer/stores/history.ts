import { shallowRef, watch } from 'vue'
import type { HistoryEntry, Host } from '@shared/api.ts'
import type { JobsStore } from './jobs.ts'
import type { Notices } from './notices.ts'
import type { ProjectStore } from './project.ts'

/** Results that the project keeps. */
export function createHistory(host: Host, project: ProjectStore, jobs: JobsStore, notices: Notices) {
  const entries = shallowRef<HistoryEntry[]>([])
  const load = async () => {
    if (project.project.value) entries.value = notices.valueOf(await host.request('history.list', {})) ?? []
  }
  watch([project.project, () => jobs.running.value.length], load)
  return {
    entries,
    load,
    async remove(id: string) {
      notices.valueOf(await host.request('history.delete', { id }))
      await load()
    },
  }
}
