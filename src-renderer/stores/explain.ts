import { reactive, shallowRef, watch } from 'vue'
import type { Host } from '@shared/api.ts'
import type { Explanation } from '@shared/run.ts'
import type { RunStore } from './run.ts'
import type { Selection } from './selection.ts'

/** Why the selected call failed or fell back; asked for when it is selected, kept while the run is shown. */
export function createExplain(host: Host, run: RunStore, selection: Selection) {
  const explanation = shallowRef<Explanation | null>(null)
  const state = reactive({ busy: false, failure: '' })
  const known = new Map<string, Explanation>()

  /** Null when it can't be had; `failure` says why. */
  const ask = async (id: string, call: number): Promise<Explanation | null> => {
    const key = `${id}/${call}`
    const kept = known.get(key)
    if (kept) return kept
    const reply = await host.request('run.explain', { id, call })
    if (reply.ok) known.set(key, reply.value)
    state.failure = reply.ok ? '' : reply.message
    return reply.ok ? reply.value : null
  }
  watch([run.shown, () => selection.call], async ([shown, call]) => {
    explanation.value = null
    state.failure = ''
    if (!shown || call === null) return
    state.busy = true
    const answer = await ask(shown.id, call)
    if (shown !== run.shown.value || call !== selection.call) return
    explanation.value = answer
    state.busy = false
  })
  return { explanation, state, ask }
}
