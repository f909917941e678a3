import { reactive, watch } from 'vue'
import { areaAt } from '../run/series.ts'
import type { AnalysisStore } from './analysis.ts'
import type { RunStore } from './run.ts'

/** THE selection: what is picked anywhere is picked everywhere. Hover is lighter and follows the pointer. */
export function createSelection(run: RunStore, analysis: AnalysisStore) {
  const selection = reactive({
    /** Id of a layout region. */
    region: '',
    hoverRegion: '',
    /** Name of the area whose charts and map are shown, as the run spells it; '' lets the run decide. */
    area: '',
    device: '',
    /** Index of the call of an incident; null: none. */
    call: null as number | null,
    /** The moment under the cursor, in simulated microseconds. */
    time: 0,
  })
  const regions = () => analysis.layout.value?.regions ?? []
  watch(
    () => selection.region,
    (id) => {
      const region = regions().find((candidate) => candidate.id === id)
      const area = region && run.result.value && areaAt(run.result.value, region.start)
      if (area) selection.area = area.name
    },
  )
  watch(
    () => selection.area,
    (name) => {
      const area = run.result.value?.areas.find((candidate) => candidate.name === name)
      const region =
        area && regions().find((candidate) => candidate.start === area.base && candidate.kind === area.kind)
      if (region) selection.region = region.id
    },
  )
  watch(run.shown, (shown, before) => {
    const result = shown?.result
    if (!result) return
    selection.time = Math.min(selection.time, result.duration)
    if (!result.areas.some((area) => area.name === selection.area)) selection.area = ''
    if (!result.incidents.some((incident) => incident.call === selection.call)) selection.call = null
    const first = result.incidents[0]
    if (before || !first) return
    selection.time = first.time
    selection.call = first.call
  })
  return selection
}
export type Selection = ReturnType<typeof createSelection>
