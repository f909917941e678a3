/** What a call left in the stream of events, as an answer of the recordings spells it. */
import type { KernelEvent } from '@shared/run.ts'

export interface CmaRequest {
  area: string
  pages: number
  align: number
  /** Null: a request larger than the area gets no finish event. */
  ret: number | null
  /** Retries after pages that could not be moved. */
  busy?: number
}

export interface Evidence {
  cma?: CmaRequest[]
  /** Page size and how often it was mapped, ascending. */
  iommu_maps?: [pageBytes: number, count: number][]
  log?: { level: string; text: string }[]
}

/** Keys are absent where the call did none of it. The first `own` events are the call's own; behind them only messages count. */
export function evidenceOf(events: readonly KernelEvent[], own: number): Evidence {
  const out: Evidence = {}
  const cma = cmaRequests(events.slice(0, own))
  const maps = iommuMaps(events.slice(0, own))
  const log = events.flatMap((e) => (e.name === 'console' ? [{ level: String(e.level), text: String(e.text) }] : []))
  if (cma.length) out.cma = cma
  if (maps.length) out.iommu_maps = maps
  if (log.length) out.log = log
  return out
}

function cmaRequests(events: readonly KernelEvent[]): CmaRequest[] {
  const requests: CmaRequest[] = []
  let busy = 0
  for (const event of events) {
    const last = requests.at(-1)
    if (event.name === 'cma_alloc_start') {
      requests.push({ area: String(event.area), pages: Number(event.count), align: Number(event.align), ret: null })
      busy = 0
    } else if (event.name === 'cma_alloc_busy_retry') busy++
    else if (event.name === 'cma_alloc_finish' && last) Object.assign(last, { ret: Number(event.errorno), busy })
  }
  return requests
}

function iommuMaps(events: readonly KernelEvent[]): [number, number][] {
  const counts = new Map<number, number>()
  for (const event of events) {
    if (event.name !== 'map_pages') continue
    const size = Number(event.pgsize)
    counts.set(size, (counts.get(size) ?? 0) + Number(event.count))
  }
  return [...counts].sort(([a], [b]) => a - b)
}
