import { reactive, watch } from 'vue'
import type { RunStore } from './run.ts'

/** THE selection: what is picked anywhere is picked everywhere. Hover is lighter and follows the pointer. */
export function createSelection(run: RunStore) {
  const selection = reactive({
    /** Id of a layout region. */
    region: '',
    hoverRegion: '',
    /** Name of the area whose charts and map are shown; '' lets the run decide. */
    area: '',
    device: '',
    /** Index of the call of an incident; null: none. */
    call: null as number | null,
    /** The moment under the cursor, in simulated microseconds. */
    time: 0,
  })
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
