import { computed, ref, watch, type Ref } from 'vue'
import type { Layout, LayoutRegion } from '@shared/layout.ts'
import { memoryAxis, panWindow, toAxis, zoomWindow, type AxisScale, type AxisWindow } from './memory-axis.ts'

/** A drag begins when the pointer has gone this far: less is a click. */
const dragPixels = 4
const step = 0.6

/** Which part of the memory is shown, on which scale; wheel, drag and keys change it. Other banks show all of it again. */
export function useMapView(layout: () => Layout, width: Ref<number>) {
  const scaleName = ref<AxisScale>('readable')
  const axis = computed(() => memoryAxis(layout(), scaleName.value))
  const view = ref<AxisWindow | null>(null)
  const shown = computed<AxisWindow>(() => view.value ?? { from: 0, to: axis.value.length })
  const zoomed = computed(() => shown.value.to - shown.value.from < axis.value.length * 0.999)
  const scale = computed(() => width.value / (shown.value.to - shown.value.from))
  const banks = () =>
    layout()
      .banks.map((bank) => `${bank.start}-${bank.end}`)
      .join()
  watch([banks, scaleName], () => (view.value = null))

  const zoomBy = (factor: number, u: number) => (view.value = zoomWindow(axis.value, shown.value, factor, u))
  const middle = () => (shown.value.from + shown.value.to) / 2
  const pan = (by: number) => (view.value = panWindow(axis.value, shown.value, by))
  let dragFrom: { x: number; from: number } | null = null

  return {
    scaleName,
    axis,
    shown,
    zoomed,
    scale,
    pan,
    zoomIn: () => zoomBy(step, middle()),
    zoomOut: () => zoomBy(1 / step, middle()),
    zoomAll: () => (view.value = null),
    zoomTo(region: LayoutRegion) {
      const from = toAxis(axis.value, region.start)
      const length = toAxis(axis.value, region.end) - from
      view.value = zoomWindow(axis.value, { from: from - length, to: from + 2 * length }, 1, from + length / 2)
    },
    onWheel(event: WheelEvent) {
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(event.deltaX / scale.value)
      else zoomBy(Math.exp(event.deltaY / 300), shown.value.from + event.offsetX / scale.value)
    },
    onPointerDown(event: PointerEvent) {
      if (zoomed.value && event.button === 0) dragFrom = { x: event.clientX, from: shown.value.from }
    },
    onPointerMove(event: PointerEvent) {
      if (!dragFrom || Math.abs(event.clientX - dragFrom.x) < dragPixels) return
      pan(dragFrom.from - (event.clientX - dragFrom.x) / scale.value - shown.value.from)
    },
    onPointerEnd: () => (dragFrom = null),
  }
}
