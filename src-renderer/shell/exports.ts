import type { ExportKind } from '@shared/api.ts'

/** What files are made of; the one that is printed, and the one that the window draws. */
export type TakenHome = ExportKind | 'pdf' | 'png'

/** Results that can be taken home; each has a room, and the history keeps them all. */
export type ResultKind = 'run' | 'size' | 'compare'

export interface ExportChoice {
  kind: TakenHome
  title: string
  what: string
}

export const resultTitles: Record<ResultKind, string> = { run: 'run', size: 'sizing', compare: 'comparison' }

const json: ExportChoice = { kind: 'json', title: 'JSON', what: 'the whole result' }
const reports: ExportChoice[] = [
  { kind: 'html', title: 'HTML report', what: 'one file, works offline' },
  { kind: 'pdf', title: 'PDF report', what: 'the same on paper' },
]
const chartsOf = (what: string): ExportChoice[] => [
  { kind: 'svg', title: 'Charts as SVG', what: `${what}, a file each` },
  { kind: 'png', title: 'Charts as PNG', what: 'the same as pictures' },
]

/** What each kind of result can be taken home as: the menu of its room and the palette offer the same. */
export const resultExports: Record<ResultKind, ExportChoice[]> = {
  run: [
    ...reports,
    { kind: 'csv', title: 'CSV', what: 'areas over time, incidents' },
    ...chartsOf('areas over time'),
    { kind: 'perfetto', title: 'Perfetto trace', what: 'for ui.perfetto.dev' },
    json,
  ],
  size: [
    { kind: 'overlay', title: 'Devicetree overlay', what: 'compiles with dtc -@' },
    { kind: 'patch', title: 'Patch', what: 'against the board file' },
    { kind: 'bootargs', title: 'Kernel command line', what: 'cma=, coherent_pool=, swiotlb=' },
    { kind: 'kconfig', title: 'Kconfig fragment', what: 'for the kernel’s .config' },
    ...reports,
    { kind: 'markdown', title: 'Markdown', what: 'for a merge request' },
    { kind: 'csv', title: 'CSV', what: 'risk over size' },
    ...chartsOf('risk over size'),
    json,
  ],
  compare: [
    ...reports,
    { kind: 'markdown', title: 'Markdown', what: 'for a merge request' },
    { kind: 'csv', title: 'CSV', what: 'every figure of every variant' },
    ...chartsOf('areas over time'),
    json,
  ],
}
