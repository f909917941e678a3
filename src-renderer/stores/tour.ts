import { computed, reactive, shallowRef, watch } from 'vue'
import type { Host } from '@shared/api.ts'
import type { ShownRun, TourCheck, TourInfo } from '@shared/tour.ts'
import type { Notices } from './notices.ts'
import type { ProjectStore } from './project.ts'

/** The one tour that ships. */
const tour = 'ks2012'
/** Between the last keystroke and the next look at what a step shows. */
const delayMilliseconds = 250

/** The tour: its steps, whether each still shows what it says, and of the one that is open every run as its files stand in the editors. */
export function createTour(host: Host, project: ProjectStore, notices: Notices) {
  const info = shallowRef<TourInfo | null>(null)
  const check = shallowRef<TourCheck>([])
  const shown = shallowRef<{ step: string; texts: string; runs: ShownRun[] } | null>(null)
  const state = reactive({ busy: false, failure: '', checking: false, run: 0 })
  let timer: ReturnType<typeof setTimeout> | undefined

  /** The step that is open; null: another project is. */
  const step = computed(() => {
    const example = project.project.value?.example ?? ''
    return example.startsWith(`${tour}.`) ? example.slice(tour.length + 1) : null
  })
  /** What a step shows hangs on its files alone: each of its runs has a machine of its own. */
  const texts = computed(() => JSON.stringify(project.input().drafts))
  const look = async () => {
    if (step.value === null || state.busy) return
    const asked = { step: step.value, texts: texts.value }
    state.busy = true
    const reply = await host.request('tour.show', { ...project.input(), tour, step: asked.step })
    state.busy = false
    const current = asked.step === step.value
    if (current) state.failure = reply.ok ? '' : reply.message
    if (reply.ok && current) {
      shown.value = { ...asked, runs: reply.value }
      state.run = Math.min(state.run, reply.value.length - 1)
    }
    if (!current || asked.texts !== texts.value) void look()
  }
  const loadSteps = async () => {
    info.value ??= notices.valueOf(await host.request('tour.info', { tour }))
  }
  const load = async () => {
    await loadSteps()
    if (check.value.length > 0 || state.checking) return
    state.checking = true
    check.value = notices.valueOf(await host.request('tour.check', { tour })) ?? []
    state.checking = false
  }
  watch(step, () => {
    shown.value = null
    state.failure = ''
    state.run = 0
  })
  watch(
    () => [project.project.value, texts.value],
    () => {
      clearTimeout(timer)
      if (step.value !== null) timer = setTimeout(look, delayMilliseconds)
    },
    { immediate: true },
  )
  // the layout above shows the machine of the run that is looked at
  watch(
    () => shown.value?.runs[state.run] && `${shown.value.step} ${state.run}`,
    () => {
      const run = shown.value?.runs[state.run]
      if (!run) return
      if (project.active.value?.kind === 'board') project.view.activePath = run.board
      void project.configure({ board: run.board, machine: run.machine })
    },
  )
  return {
    info,
    check,
    step,
    state,
    load,
    loadSteps,
    runs: computed(() => (shown.value?.step === step.value ? (shown.value?.runs ?? null) : null)),
    stale: computed(() => shown.value !== null && shown.value.texts !== texts.value),
    exampleOf: (id: string) => `${tour}.${id}`,
    /** The step so many after the open one; the first where none is open; null at either end. */
    stepAt(by: number): string | null {
      const steps = info.value?.steps ?? []
      const at = steps.findIndex(({ id }) => id === step.value)
      return (at < 0 ? steps[0] : steps[at + by])?.id ?? null
    },
  }
}
