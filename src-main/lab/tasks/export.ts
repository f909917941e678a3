import type { ExportKind } from '@shared/api.ts'
import type { RunResult } from '@shared/run.ts'
import type { SizingResult } from '@shared/sizing.ts'
import { resolveMachine } from '../../board/index.ts'
import { bootargsOf } from '../../report/bootargs.ts'
import { incidentsCsv, riskCsv, seriesCsv } from '../../report/csv.ts'
import { htmlOf } from '../../report/html.ts'
import { kconfigOf } from '../../report/kconfig.ts'
import { markdownOf } from '../../report/markdown.ts'
import { overlayOf } from '../../report/overlay.ts'
import { patchOf } from '../../report/patch.ts'
import { perfettoOf } from '../../report/perfetto.ts'
import { applySettings } from '../../sizing/index.ts'
import { runWorkload } from '../../workload/run.ts'
import { boardFiles } from '../board-files.ts'
import { requireBoard } from '../read-board.ts'
import type { TaskInput, Work } from '../tasks.ts'
import { asBadInput, runInput } from './prepare.ts'

interface File {
  name: string
  text: string
}

/** Files made from a result of the history; what a kind has nothing to say about is no file. */
export async function exportFiles({ work, result, kind }: TaskInput<'export'>): Promise<File[]> {
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

function runFiles(result: RunResult, kind: ExportKind): File[] {
  if (kind === 'csv')
    return [
      { name: 'series.csv', text: seriesCsv(result) },
      { name: 'incidents.csv', text: incidentsCsv(result) },
    ]
  return kind === 'perfetto' ? [{ name: 'trace.json', text: perfettoOf(result) }] : []
}

async function sizingFiles(result: SizingResult, work: Work, kind: ExportKind): Promise<File[]> {
  const { entry, machine } = work.board
  const { board, tree } = requireBoard(work.board)
  const cmdline = resolveMachine(board, machine).machine.cmdline
  const stem = entry.replace(/^.*\//, '').replace(/\.dts$/, '')
  const text = (kind: ExportKind): File | null => {
    switch (kind) {
      case 'overlay':
        return { name: `${stem}-memory.dtso`, text: overlayOf(board, result) }
      case 'patch':
        return {
          name: `${stem}-memory.patch`,
          text: patchOf(board, tree, entry, boardFiles(work.board).readText, result),
        }
      case 'bootargs':
        return { name: 'bootargs.txt', text: bootargsOf(cmdline, result) }
      case 'kconfig':
        return { name: 'memory.config', text: kconfigOf(result) }
      case 'markdown':
        return { name: 'sizing.md', text: markdownOf(result) }
      case 'csv':
        return { name: 'risk.csv', text: riskCsv(result) }
      default:
        return null
    }
  }
  if (kind !== 'html') return [text(kind)].flatMap((file) => file ?? [])
  const files = (['overlay', 'patch', 'bootargs', 'kconfig'] as const).flatMap((each) => text(each) ?? [])
  return [{ name: 'report.html', text: htmlOf({ result, files, ...(await beforeAndAfter(result, work)) }) }]
}

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
