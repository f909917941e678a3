import { computed, reactive, shallowRef, watch } from 'vue'
import type { Host, WorkloadCheck } from '@shared/api.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import type { BoardAnalysis, Layout } from '@shared/layout.ts'
import { changesBetween, type RegionChange } from '../layout/layout-changes.ts'
import type { ProjectStore } from './project.ts'

const delayMilliseconds = 10

/**
 * What the board, as it stands in the editor, boots to. The newest answer gives the diagnostics; the newest answer that booted gives the
 * layout, which stays when the board breaks and is then stale. One question is under way at a time; the next one asks about the newest text.
 */
export function createAnalysis(host: Host, project: ProjectStore) {
  const latest = shallowRef<{ revision: number; analysis: BoardAnalysis } | null>(null)
  const good = shallowRef<{ revision: number; layout: Layout } | null>(null)
  /** What edits are compared with: the board as it is saved, on the machine as it is set. No layout: that does not boot. */
  const before = shallowRef<{ key: string; layout: Layout | null }>({ key: '', layout: null })
  const edited = computed(() => project.dirtyFiles.value.some((file) => file.kind !== 'workload'))
  const savedKey = computed(() => {
    const digests = project.list.value.filter((file) => file.kind !== 'workload').map((file) => file.digest)
    const { machine, includeDirs, defines } = project.settings.value ?? {}
    return JSON.stringify([project.entry.value, machine, includeDirs, defines, digests])
  })
  const checks = shallowRef(new Map<string, WorkloadCheck>())
  const state = reactive({ busy: false, failure: '' })
  let timer: ReturnType<typeof setTimeout> | undefined

  const analyse = async () => {
    if (state.busy || project.entry.value === '') return
    state.busy = true
    const revision = project.view.revision
    const input = project.input()
    const [reply] = await Promise.all([host.request('board.analyse', { ...input, revision }), checkWorkloads(revision)])
    state.busy = false
    state.failure = reply.ok ? '' : reply.message
    if (reply.ok && reply.value.revision === revision) {
      latest.value = reply.value
      const { layout } = reply.value.analysis
      if (layout) good.value = { revision, layout }
      void lookBefore()
    }
    if (revision !== project.view.revision) void analyse()
  }
  /** Unedited, the board before is the board that is shown; otherwise the host is asked, once for each saved state and machine. */
  const lookBefore = async () => {
    const key = savedKey.value
    const isShown = !edited.value && good.value?.revision === project.view.revision
    if (isShown && good.value) before.value = { key, layout: good.value.layout }
    if (before.value.key === key || !edited.value || project.entry.value === '') return
    const input = { ...project.input(), drafts: {}, revision: project.view.revision }
    const reply = await host.request('board.analyse', input)
    if (reply.ok && key === savedKey.value) before.value = { key, layout: reply.value.analysis.layout }
  }
  const checkWorkloads = async (revision: number) => {
    const input = project.input()
    const found = await Promise.all(
      project.workloads.value.map(async ({ path, text }) => {
        const reply = await host.request('workload.check', { ...input, revision, path, text })
        return [path, reply.ok ? reply.value.check : null] as const
      }),
    )
    checks.value = new Map(found.filter((pair): pair is [string, WorkloadCheck] => pair[1] !== null))
  }

  watch(
    () => project.project.value,
    () => {
      latest.value = null
      good.value = null
      before.value = { key: '', layout: null }
    },
  )
  watch([edited, savedKey], lookBefore)
  watch(
    () => project.view.revision,
    () => {
      clearTimeout(timer)
      timer = setTimeout(analyse, delayMilliseconds)
    },
  )

  const diagnostics = computed<Diagnostic[]>(() => [
    ...(latest.value?.analysis.diagnostics ?? []),
    ...[...checks.value.values()].flatMap((check) => check.diagnostics),
  ])
  return {
    latest,
    good,
    checks,
    state,
    diagnostics,
    /** What the edits did to the regions, by region id; empty when the layout is as before. */
    changes: computed<Map<string, RegionChange>>(() =>
      before.value.layout && good.value ? changesBetween(before.value.layout, good.value.layout) : new Map(),
    ),
    errors: computed(() => diagnostics.value.filter((d) => d.severity === 'error').length),
    layout: computed(() => good.value?.layout ?? null),
    /** The layout that is shown is not that of the text that is shown: it is being computed, or the board is broken. */
    stale: computed(() => good.value !== null && good.value.revision !== project.view.revision),
    /** Neither board nor machine says where RAM is: the boot loader would. */
    wantsMemory: computed(() => diagnostics.value.some(({ code }) => code === 'no-memory')),
    broken: computed(() => latest.value !== null && latest.value.analysis.layout === null),
  }
}
export type AnalysisStore = ReturnType<typeof createAnalysis>
