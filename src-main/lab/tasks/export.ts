import type { ExportKind } from '@shared/api.ts'
import type { Comparison } from '@shared/comparison.ts'
import type { RunResult } from '@shared/run.ts'
import type { SizingResult } from '@shared/sizing.ts'
import { unpack } from '@shared/wire.ts'
import { areaLabel } from '@shared/words.ts'
import { resolveMachine } from '../../board/index.ts'
import {
  chartOf,
  comparisonCharts,
  comparisonCsv,
  comparisonHtml,
  comparisonMarkdown,
  isDrawn,
} from '../../report/comparison.ts'
import { incidentsCsv, seriesCsv } from '../../report/csv.ts'
import { svgFile } from '../../report/html-page.ts'
import { runHtml } from '../../report/html.ts'
import { reportFile, reportKinds, type ReportFile, type ReportKind } from '../../report/index.ts'
import { perfettoOf } from '../../report/perfetto.ts'
import { riskChart } from '../../report/svg.ts'
import { applySettings } from '../../sizing/index.ts'
import { runWorkload } from '../../workload/run.ts'
import { boardFiles } from '../board-files.ts'
import { requireBoard } from '../read-board.ts'
import type { TaskInput, Work } from '../tasks.ts'
import { asBadInput, runInput } from './prepare.ts'

/** Files made from a result of the history; what a kind has nothing to say about is no file. */
export async function exportFiles({ work, packed, kind }: TaskInput<'export'>): Promise<ReportFile[]> {
  const result = unpack(packed)
  if (kind === 'json') return [{ name: 'result.json', text: `${JSON.stringify(result, plainColumns, 2)}\n` }]
  if (isRun(result)) return runFiles(result, kind)
  if (isComparison(result)) return comparisonFiles(result, kind)
  return isSizing(result) && work ? await sizingFiles(result, work, kind) : []
}

const isRun = (result: unknown): result is RunResult =>
  typeof result === 'object' && result !== null && 'occupancy' in result
const isSizing = (result: unknown): result is SizingResult =>
  typeof result === 'object' && result !== null && 'knobs' in result
const isComparison = (result: unknown): result is Comparison =>
  typeof result === 'object' && result !== null && 'variants' in result

const plainColumns = (_key: string, value: unknown): unknown =>
  ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as Float64Array) : value

function runFiles(result: RunResult, kind: ExportKind): ReportFile[] {
  switch (kind) {
    case 'csv':
      return [
        { name: 'series.csv', text: seriesCsv(result) },
        { name: 'incidents.csv', text: incidentsCsv(result) },
      ]
    case 'perfetto':
      return [{ name: 'trace.json', text: perfettoOf(result) }]
    case 'html':
      return [{ name: 'run.html', text: runHtml(result) }]
    case 'svg':
      return svgFiles(
        result.areas.filter(isDrawn).map((area) => ({ name: areaLabel(area.name), chart: chartOf(area, result) })),
      )
    default:
      return []
  }
}

function comparisonFiles(result: Comparison, kind: ExportKind): ReportFile[] {
  switch (kind) {
    case 'markdown':
      return [{ name: 'comparison.md', text: comparisonMarkdown(result) }]
    case 'html':
      return [{ name: 'comparison.html', text: comparisonHtml(result) }]
    case 'csv':
      return [{ name: 'comparison.csv', text: comparisonCsv(result) }]
    case 'svg':
      return svgFiles(comparisonCharts(result))
    default:
      return []
  }
}

/** Names that any file system takes. */
const svgFiles = (charts: { name: string; chart: string }[]): ReportFile[] =>
  charts.map(({ name, chart }) => ({ name: `${name.replace(/[^\w.,-]+/g, '-')}.svg`, text: svgFile(chart) }))

async function sizingFiles(result: SizingResult, work: Work, kind: ExportKind): Promise<ReportFile[]> {
  if (kind === 'svg')
    return svgFiles(
      result.knobs
        .filter(({ curve }) => curve.length > 0)
        .map((knob) => ({ name: `risk-${areaLabel(knob.knob.id)}`, chart: riskChart(knob, result.inputs.risk) })),
    )
  if (!isReport(kind)) return []
  const { entry, machine } = work.board
  const { board, tree } = requireBoard(work.board)
  const { cmdline } = resolveMachine(board, machine).machine
  const source = boardFiles(work.board).readText
  const runs = kind === 'html' ? await beforeAndAfter(result, work) : { before: null, after: null }
  return [reportFile(kind, { board, tree, entry, source, cmdline, result, ...runs })]
}

const isReport = (kind: ExportKind): kind is ReportKind => (reportKinds as readonly ExportKind[]).includes(kind)

/** The same workloads on the board as it is and with the recommended sizes, to be drawn side by side. */
const beforeAndAfter = (result: SizingResult, work: Work) =>
  asBadInput(async () => {
    const input = runInput(work)
    const settings = result.verification?.settings ?? []
    const knobs = result.knobs.map(({ knob }) => knob)
    const sized = applySettings(
      input.board,
      input.machine,
      settings.map(({ knob, bytes }) => ({ knob: knobs.find(({ id }) => id === knob)!, bytes })),
    )
    return {
      before: await runWorkload(input),
      after: settings.length ? await runWorkload({ ...input, ...sized }) : null,
    }
  })
