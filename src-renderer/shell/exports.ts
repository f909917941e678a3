import type { ExportKind } from '@shared/api.ts'

/** What files are made of, and the one that is printed. */
export type TakenHome = ExportKind | 'pdf'

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
const charts: ExportChoice = { kind: 'svg', title: 'Charts as SVG', what: 'areas over time, a file each' }

/** What each kind of result can be taken home as: the menu of its room and the palette offer the same. */
export const resultExports: Record<ResultKind, ExportChoice[]> = {
  run: [
    ...reports,
    { kind: 'csv', title: 'CSV', what: 'areas over time, incidents' },
    charts,
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
    { ...charts, what: 'risk over size, a file each' },
    json,
  ],
  compare: [
    ...reports,
    { kind: 'markdown', title: 'Markdown', what: 'for a merge request' },
    { kind: 'csv', title: 'CSV', what: 'every figure of every variant' },
    charts,
    json,
  ],
}
