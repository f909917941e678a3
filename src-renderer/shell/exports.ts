import type { ExportKind } from '@shared/api.ts'

/** Results that can be taken home; each has a room, and the history keeps them all. */
export type ResultKind = 'run' | 'size' | 'compare'

export interface ExportChoice {
  kind: ExportKind
  title: string
  what: string
}

export const resultTitles: Record<ResultKind, string> = { run: 'run', size: 'sizing', compare: 'comparison' }

const json: ExportChoice = { kind: 'json', title: 'JSON', what: 'the whole result' }
const charts: ExportChoice = { kind: 'svg', title: 'Charts as SVG', what: 'areas over time, a file each' }

/** What each kind of result can be taken home as: the menu of its room and the palette offer the same. */
export const resultExports: Record<ResultKind, ExportChoice[]> = {
  run: [
    { kind: 'html', title: 'HTML report', what: 'one file, works offline' },
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
    { kind: 'html', title: 'HTML report', what: 'one file, works offline' },
    { kind: 'markdown', title: 'Markdown', what: 'for a merge request' },
    { kind: 'csv', title: 'CSV', what: 'risk over size' },
    { ...charts, what: 'risk over size, a file each' },
    json,
  ],
  compare: [
    { kind: 'html', title: 'HTML report', what: 'one file, works offline' },
    { kind: 'markdown', title: 'Markdown', what: 'for a merge request' },
    { kind: 'csv', title: 'CSV', what: 'every figure of every variant' },
    charts,
    json,
  ],
}
