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

/** Exports of a sizing, in the order in which they are written. */
export const reportKinds = ['overlay', 'patch', 'bootargs', 'kconfig', 'markdown', 'html', 'csv'] as const
export type ReportKind = (typeof reportKinds)[number]

/** What is pasted into a board's sources; the HTML report shows it too. */
const pastedKinds = ['overlay', 'patch', 'bootargs', 'kconfig'] as const

/** One export of a sizing, named after the board file. */
export function reportFile(kind: ReportKind, input: ReportInput): ReportFile {
  const { board, tree, entry, source, cmdline, result, before, after } = input
  const stem = entry.replace(/^.*\//, '').replace(/\.(dts|dtb)$/, '')
  switch (kind) {
    case 'overlay':
      return { name: `${stem}-memory.dtso`, text: overlayOf(board, result) }
    case 'patch':
      return { name: `${stem}-memory.patch`, text: patchOf(board, tree, entry, source, result) }
    case 'bootargs':
      return { name: 'bootargs.txt', text: bootargsOf(cmdline, result) }
    case 'kconfig':
      return { name: 'memory.config', text: kconfigOf(result) }
    case 'markdown':
      return { name: 'sizing.md', text: markdownOf(result) }
    case 'html': {
      const files = pastedKinds.map((pasted) => reportFile(pasted, input))
      return { name: 'report.html', text: htmlOf({ result, before, after, files }) }
    }
    case 'csv':
      return { name: 'risk.csv', text: riskCsv(result) }
  }
}

/** Every export of a sizing. */
export const reportFiles = (input: ReportInput): ReportFile[] => reportKinds.map((kind) => reportFile(kind, input))
