import type { Board } from '@shared/board.ts'
import type { RunResult } from '@shared/run.ts'
import type { SizingResult } from '@shared/sizing.ts'
import type { DtTree } from '../devicetree/index.ts'
import { bootargsOf } from './bootargs.ts'
import { riskCsv } from './csv.ts'
import { htmlOf } from './html.ts'
import { kconfigOf } from './kconfig.ts'
import { markdownOf } from './markdown.ts'
import { overlayOf } from './overlay.ts'
import { patchOf, type SourceText } from './patch.ts'

export interface ReportFile {
  name: string
  text: string
}

export interface ReportInput {
  board: Board
  tree: DtTree
  /** Entry file of the board, as its diagnostics name it. */
  entry: string
  source: SourceText
  /** The kernel command line that the board boots with today. */
  cmdline: string
  result: SizingResult
  before: RunResult | null
  after: RunResult | null
}

/** Every export of a sizing, named after the board file. */
export function reportFiles({ board, tree, entry, source, cmdline, result, before, after }: ReportInput): ReportFile[] {
  const stem = entry.replace(/^.*\//, '').replace(/\.(dts|dtb)$/, '')
  const pasted = [
    { name: `${stem}-memory.dtso`, text: overlayOf(board, result) },
    { name: `${stem}-memory.patch`, text: patchOf(board, tree, entry, source, result) },
    { name: 'bootargs.txt', text: bootargsOf(cmdline, result) },
    { name: 'memory.config', text: kconfigOf(result) },
  ]
  return [
    ...pasted,
    { name: 'sizing.md', text: markdownOf(result) },
    { name: 'report.html', text: htmlOf({ result, before, after, files: pasted }) },
    { name: 'risk.csv', text: riskCsv(result) },
  ]
}
