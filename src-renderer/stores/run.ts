import { computed, reactive, shallowRef, watch } from 'vue'
import type { Host } from '@shared/api.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import type { RunResult } from '@shared/run.ts'
import type { AnalysisStore } from './analysis.ts'
import type { JobsStore } from './jobs.ts'
import type { Notices } from './notices.ts'
import type { ProjectStore } from './project.ts'

/** A run that is quicker than this is repeated by itself after every change that leaves the board whole. */
const autoRunLimitMilliseconds = 5000
/** The first run waits for its worker to start, too. */
const firstRunLimitMilliseconds = 15_000
const autoRunDelayMilliseconds = 250

/** The run that is shown: its result, which revision of the files it was computed from, and the one under way. */
export function createRun(
  host: Host,
  project: ProjectStore,
  analysis: AnalysisStore,
  jobs: JobsStore,
  notices: Notices,
) {
  const shown = shallowRef<{ id: string; revision: number; result: RunResult } | null>(null)
  const state = reactive({ job: '', failure: '', autoRun: true, lastMilliseconds: 0 })
  const problems = shallowRef<Diagnostic[]>([])
  let timer: ReturnType<typeof setTimeout> | undefined
  /** The files changed while a run was under way: it is followed by another. */
  let again = false
  let count = 0
  /** A change was made to see what it does: it is run however long that takes. */
  let awaited = false

  const progress = computed(() => (state.job === '' ? null : (jobs.events.get(state.job) ?? null)))
  const busy = computed(() => state.job !== '')
  const blocked = computed(() =>
    project.entry.value === ''
      ? 'There is no board file yet.'
      : analysis.errors.value > 0
        ? 'The board or a workload has errors; see Problems.'
        : analysis.wantsMemory.value
          ? 'Say under Machine where the RAM is.'
          : project.chosenWorkloads.value.length === 0
            ? 'Choose or add a workload first.'
            : '',
  )

  const open = async (id: string, revision: number) => {
    const result = notices.unpacked(await host.request('run.result', { id }))
    if (result) shown.value = { id, revision, result }
  }
  const start = async () => {
    if (busy.value || blocked.value) return
    clearTimeout(timer)
    const startedIn = project.project.value
    const revision = project.view.revision
    const startedAt = performance.now()
    state.job = 'starting'
    state.failure = ''
    problems.value = []
    const reply = await host.request('run.start', {
      ...project.input(),
      workloads: project.chosenWorkloads.value,
      seed: project.settings.value?.seed ?? 1,
    })
    if (!reply.ok) {
      state.job = ''
      state.failure = reply.message
      return
    }
    state.job = reply.value.job
    const end = await jobs.ended(reply.value.job)
    state.lastMilliseconds = performance.now() - startedAt
    count++
    state.job = ''
    // another project was opened meanwhile: the result is in the history of the one it belongs to
    if (project.project.value !== startedIn) return
    if (end.state === 'done') await open(end.job, revision)
    if (end.state === 'failed') state.failure = end.note
    problems.value = end.diagnostics ?? []
    if (again) await autoStart()
  }
  const cancel = async () => {
    if (state.job !== '' && state.job !== 'starting') await jobs.cancel(state.job)
  }

  watch(
    () => project.project.value,
    () => {
      shown.value = null
      state.failure = ''
      state.lastMilliseconds = 0
      count = 0
    },
  )
  watch(
    () => analysis.good.value,
    (good) => {
      clearTimeout(timer)
      const limit = count > 1 ? autoRunLimitMilliseconds : firstRunLimitMilliseconds
      const wanted = good !== null && (awaited || (state.autoRun && state.lastMilliseconds < limit))
      if (wanted) awaited = false
      if (wanted && good.revision !== shown.value?.revision) timer = setTimeout(autoStart, autoRunDelayMilliseconds)
    },
  )
  const autoStart = async () => {
    again = busy.value
    if (!again && analysis.good.value?.revision === project.view.revision) await start()
  }

  return {
    shown,
    state,
    problems,
    progress,
    busy,
    blocked,
    start,
    cancel,
    /** Runs once more as soon as the board boots with the edits that are being made. */
    awaitEdits: () => (awaited = true),
    open,
    result: computed(() => shown.value?.result ?? null),
    stale: computed(() => shown.value !== null && shown.value.revision !== project.view.revision),
  }
}
export type RunStore = ReturnType<typeof createRun>
