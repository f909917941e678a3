import type { RunResult } from '@shared/run.ts'

/**
 * A run in the Trace Event Format (JSON), which ui.perfetto.dev opens: areas as counters, buffers as asynchronous slices named
 * after their owner (they overlap, so they cannot nest on a thread), incidents as instants. One process for the areas, one for the owners. Times are microseconds, as the format has them.
 */
interface TraceEvent {
  name: string
  ph: 'C' | 'b' | 'e' | 'i' | 'M'
  ts: number
  pid: number
  cat?: string
  id?: number
  s?: 'g' | 'p' | 't'
  args?: Record<string, number | string>
}

const AREAS = 1
const OWNERS = 2

export function perfettoOf(run: RunResult): string {
  const events = [...names(), ...counters(run), ...slices(run), ...instants(run)]
  return JSON.stringify({
    displayTimeUnit: 'ms',
    otherData: { ...run.inputs, workloads: run.inputs.workloads.join(', ') },
    traceEvents: events,
  })
}

function names(): TraceEvent[] {
  const process = (pid: number, name: string): TraceEvent => ({
    name: 'process_name',
    ph: 'M',
    ts: 0,
    pid,
    args: { name },
  })
  return [process(AREAS, 'areas'), process(OWNERS, 'owners')]
}

const counters = (run: RunResult): TraceEvent[] =>
  run.areas.flatMap((area) =>
    Array.from(area.time, (ts, i): TraceEvent => ({
      name: area.name,
      ph: 'C',
      ts,
      pid: AREAS,
      args: { used: area.used[i]!, 'largest free': area.largestFree[i]!, unusable: area.unusable[i]! },
    })),
  )

function slices(run: RunResult): TraceEvent[] {
  const { area, start, pages, owner, from, to, owners } = run.occupancy
  return Array.from(area).flatMap((index, id): TraceEvent[] => {
    const common = { name: owners[owner[id]!]!.name, cat: 'buffer', id, pid: OWNERS }
    const args = { area: run.areas[index]?.name ?? '', page: start[id]!, pages: pages[id]! }
    return [
      { ...common, ph: 'b', ts: from[id]!, args },
      { ...common, ph: 'e', ts: Math.min(to[id]!, run.duration) },
    ]
  })
}

const instants = (run: RunResult): TraceEvent[] =>
  run.incidents.map((each) => ({
    name: `${each.kind}: ${each.reason}`,
    ph: 'i',
    ts: each.time,
    pid: AREAS,
    s: 'g',
    args: { device: each.device, bytes: each.bytes, errno: each.errno },
  }))
