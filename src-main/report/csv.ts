import type { RunResult } from '@shared/run.ts'
import type { SizingResult } from '@shared/sizing.ts'
import { evidenceLines, knobLine } from './evidence.ts'

/** Tables as RFC 4180 text; comments of the evidence stand in front, behind `#`. Bytes and microseconds, numbers without grouping. */
type Cell = string | number | boolean | null

const quoted = (cell: Cell): string => {
  const text = cell === null ? '' : String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export const csvText = (rows: Cell[][]): string => rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('')

/** Risk over size of every knob. */
export function riskCsv(result: SizingResult): string {
  const comments = [...evidenceLines(result), ...result.knobs.map(knobLine)].map((line) => `# ${line}\r\n`).join('')
  const rows = result.knobs.flatMap(({ knob, curve, recommended }) =>
    curve.map((point): Cell[] => [
      knob.id,
      point.bytes,
      point.runs,
      point.bad,
      point.low,
      point.high,
      point.tooLarge,
      point.bytes === recommended,
    ]),
  )
  return comments + csvText([['knob', 'bytes', 'runs', 'bad', 'low', 'high', 'too_large', 'recommended'], ...rows])
}

/** Every sample of every area of a run. */
export function seriesCsv(run: RunResult): string {
  const rows = run.areas.flatMap((area) =>
    Array.from(area.time, (time, i): Cell[] => [
      area.name,
      time,
      area.used[i]!,
      area.free[i]!,
      area.largestFree[i]!,
      area.unusable[i]!,
    ]),
  )
  return csvText([['area', 'time_us', 'used', 'free', 'largest_free', 'unusable'], ...rows])
}

/** Every call that failed or fell back; `more`: how many alike followed closely and have no row of their own. */
export function incidentsCsv(run: RunResult): string {
  const rows = run.incidents.map((each): Cell[] => [
    each.call,
    each.time,
    each.kind,
    each.device,
    each.stream,
    each.verb,
    each.bytes,
    each.errno,
    each.area,
    each.reason,
    each.more ?? 0,
  ])
  const names = ['call', 'time_us', 'kind', 'device', 'stream', 'verb', 'bytes', 'errno', 'area', 'reason', 'more']
  return csvText([names, ...rows])
}
