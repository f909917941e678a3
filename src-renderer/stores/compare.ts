import { computed, reactive, shallowRef, watch } from 'vue'
import type { Host, RequestParams } from '@shared/api.ts'
import type { Comparison } from '@shared/comparison.ts'
import type { JobsStore } from './jobs.ts'
import type { Notices } from './notices.ts'
import type { ProjectStore } from './project.ts'

export type VariantParams = RequestParams<'compare.start'>['variants'][number]

/** As many as a comparison takes, and as a table shows without scrolling. */
export const mostVariants = 8

const contentOf = ({ label: _, ...content }: VariantParams): string => JSON.stringify(content)

/** Boards side by side. A variant is a copy of the board as it stood when it was added. */
export function createCompare(host: Host, project: ProjectStore, jobs: JobsStore, notices: Notices) {
  const variants = shallowRef<VariantParams[]>([])
  const shown = shallowRef<{ id: string; result: Comparison } | null>(null)
  const state = reactive({ job: '', failure: '' })
  const open = async (id: string) => {
    const result = notices.unpacked(await host.request('compare.result', { id }))
    if (result) shown.value = { id, result }
  }
  watch(
    () => project.project.value,
    () => {
      variants.value = []
      shown.value = null
      state.failure = ''
    },
  )
  return {
    variants,
    shown,
    state,
    open,
    progress: computed(() => (state.job === '' ? null : (jobs.events.get(state.job) ?? null))),
    /** Adds the board as it stands, with a change; what is there already is not added again. */
    add(label: string, change: Partial<VariantParams> = {}) {
      const variant = { ...project.input(), label, ...change }
      const same = variants.value.find((other) => contentOf(other) === contentOf(variant))
      if (same) return notices.tell('info', `“${same.label}” is the same board, and among the variants already.`)
      if (variants.value.length >= mostVariants)
        return notices.tell('warning', `A comparison takes ${mostVariants} variants: remove one to add another.`)
      variants.value = [...variants.value, variant]
    },
    remove: (index: number) => {
      variants.value = variants.value.filter((_, at) => at !== index)
    },
    async start() {
      if (state.job !== '') return
      state.failure = ''
      const reply = await host.request('compare.start', {
        variants: variants.value,
        workloads: project.chosenWorkloads.value,
        seed: project.settings.value?.seed ?? 1,
      })
      if (!reply.ok) return void (state.failure = reply.message)
      state.job = reply.value.job
      const end = await jobs.ended(state.job)
      if (end.state === 'done') await open(end.job)
      if (end.state === 'failed') state.failure = end.note
      state.job = ''
    },
    cancel: () => (state.job === '' ? undefined : jobs.cancel(state.job)),
  }
}
