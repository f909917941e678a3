import type { ExportKind } from '@shared/api.ts'
import type { RunResult } from '@shared/run.ts'
import type { SizingResult } from '@shared/sizing.ts'
import { resolveMachine } from '../../board/index.ts'
import { incidentsCsv, seriesCsv } from '../../report/csv.ts'
import { reportFile, reportKinds, type ReportFile, type ReportKind } from '../../report/index.ts'
import { perfettoOf } from '../../report/perfetto.ts'
import { applySettings } from '../../sizing/index.ts'
import { runWorkload } from '../../workload/run.ts'
import { boardFiles } from '../board-files.ts'
import { requireBoard } from '../read-board.ts'
import type { TaskInput, Work } from '../tasks.ts'
import { asBadInput, runInput } from './prepare.ts'

/** Files made from a result of the history; what a kind has nothing to say about is no file. */
export async function exportFiles({ work, result, kind }: TaskInput<'export'>): Promise<ReportFile[]> {
  if (kind === 'json') return [{ name: 'result.json', text: `${JSON.stringify(result, plainColumns, 2)}\n` }]
  if (isRun(result)) return runFiles(result, kind)
  return isSizing(result) ? await sizingFiles(result, work, kind) : []
}

const isRun = (result: unknown): result is RunResult =>
  typeof result === 'object' && result !== null && 'occupancy' in result
const isSizing = (result: unknown): result is SizingResult =>
  typeof result === 'object' && result !== null && 'knobs' in result

const plainColumns = (_key: string, value: unknown): unknown =>
  ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as Float64Array) : value

function runFiles(result: RunResult, kind: ExportKind): ReportFile[] {
  if (kind === 'csv')
    return [
      { name: 'series.csv', text: seriesCsv(result) },
      { name: 'incidents.csv', text: incidentsCsv(result) },
    ]
  return kind === 'perfetto' ? [{ name: 'trace.json', text: perfettoOf(result) }] : []
}

async function sizingFiles(result: SizingResult, work: Work, kind: ExportKind): Promise<ReportFile[]> {
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
