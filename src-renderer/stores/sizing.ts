import { computed, reactive, shallowRef, watch } from 'vue'
import type { ExportKind, Host } from '@shared/api.ts'
import type { SizingResult } from '@shared/sizing.ts'
import type { JobsStore } from './jobs.ts'
import type { Notices } from './notices.ts'
import type { ProjectStore } from './project.ts'

/** The sizing that is shown, the one under way, and what it is asked for. */
export function createSizing(host: Host, project: ProjectStore, jobs: JobsStore, notices: Notices) {
  const shown = shallowRef<{ id: string; revision: number; result: SizingResult } | null>(null)
  const state = reactive({ job: '', failure: '', runs: 60, risk: 0.05 })
  const progress = computed(() => (state.job === '' ? null : (jobs.events.get(state.job) ?? null)))

  const open = async (id: string, revision: number) => {
    const result = notices.unpacked(await host.request('size.result', { id }))
    if (result) shown.value = { id, revision, result }
  }
  watch(
    () => project.project.value,
    () => {
      shown.value = null
      state.failure = ''
    },
  )
  return {
    shown,
    state,
    progress,
    open,
    stale: computed(() => shown.value !== null && shown.value.revision !== project.view.revision),
    async start() {
      if (state.job !== '') return
      const revision = project.view.revision
      state.failure = ''
      const reply = await host.request('size.start', {
        ...project.input(),
        workloads: project.chosenWorkloads.value,
        seed: project.settings.value?.seed ?? 1,
        runs: state.runs,
        risk: state.risk,
      })
      if (!reply.ok) return void (state.failure = reply.message)
      state.job = reply.value.job
      const end = await jobs.ended(state.job)
      if (end.state === 'done') await open(end.job, revision)
      if (end.state === 'failed') state.failure = end.note
      state.job = ''
    },
    cancel: () => (state.job === '' ? undefined : jobs.cancel(state.job)),
    async exportFiles(id: string, kind: ExportKind) {
      return notices.valueOf(await host.request('export.make', { id, kind }))?.files ?? []
    },
  }
}
