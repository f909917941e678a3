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
  /** What edits are compared with: the layout of the board as it was last saved, or as it was opened when it was opened with unsaved text. */
  const before = shallowRef<{ layout: Layout; as: 'saved' | 'opened' } | null>(null)
  const edited = computed(() => project.dirtyFiles.value.some((file) => file.kind !== 'workload'))
  const checks = shallowRef(new Map<string, WorkloadCheck>())
  const state = reactive({ busy: false, failure: '' })
  let timer: ReturnType<typeof setTimeout> | undefined

  const analyse = async () => {
    if (state.busy || project.entry.value === '') return
    state.busy = true
    const revision = project.view.revision
    const input = project.input()
    const asSaved = !edited.value
    const [reply] = await Promise.all([host.request('board.analyse', { ...input, revision }), checkWorkloads(revision)])
    state.busy = false
    state.failure = reply.ok ? '' : reply.message
    if (reply.ok && reply.value.revision === revision) {
      latest.value = reply.value
      const { layout } = reply.value.analysis
      if (layout) good.value = { revision, layout }
      if (layout && asSaved) before.value = { layout, as: 'saved' }
      else if (layout) before.value ??= { layout, as: 'opened' }
    }
    if (revision !== project.view.revision) void analyse()
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
      before.value = null
    },
  )
  watch(edited, (now) => {
    if (!now && good.value?.revision === project.view.revision)
      before.value = { layout: good.value.layout, as: 'saved' }
  })
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
    before,
    /** What the edits did to the regions, by region id; empty when the layout is as before. */
    changes: computed<Map<string, RegionChange>>(() =>
      before.value && good.value ? changesBetween(before.value.layout, good.value.layout) : new Map(),
    ),
    errors: computed(() => diagnostics.value.filter((d) => d.severity === 'error').length),
    layout: computed(() => good.value?.layout ?? null),
    /** The layout that is shown is not that of the text that is shown: it is being computed, or the board is broken. */
    stale: computed(() => good.value !== null && good.value.revision !== project.view.revision),
    broken: computed(() => latest.value !== null && latest.value.analysis.layout === null),
  }
}
export type AnalysisStore = ReturnType<typeof createAnalysis>
