import type { Command } from 'commander'
import type { Terminal } from './terminal.ts'

/** A verb's file: adds its arguments, options and action to the command that `main` made for it. */
export interface VerbModule {
  configure(command: Command, terminal: Terminal): void
}

/** Loaded only when it is the verb that was asked for: start-up time is part of every replay. */
export interface Verb {
  summary: string
  load(): Promise<VerbModule>
}

/** Every verb of the command line, in the order of `--help`. */
export const verbs: Record<string, Verb> = {
  boot: { summary: 'early boot: memory, zones, areas, pools, log', load: () => import('./boot.ts') },
  check: { summary: 'every mistake of a board file', load: () => import('./check.ts') },
  compare: { summary: 'boards, kernels and carve-outs side by side', load: () => import('./compare.ts') },
  'capture-script': {
    summary: 'a shell script that collects what a running board says of its DMA memory',
    load: () => import('./capture-script.ts'),
  },
  dtc: { summary: 'the devicetree compiler: source, blobs, overlays, differences', load: () => import('./dtc.ts') },
  explain: {
    summary: 'why a call failed or fell back, and what would have helped',
    load: () => import('./explain.ts'),
  },
  import: {
    summary:
      'what a board said (trace, log, /proc, debugfs): its calls as a script, a diagnosis, where a board file differs',
    load: () => import('./import.ts'),
  },
  lsp: {
    summary: 'the language service for other editors, over standard input and output',
    load: () => import('./lsp.ts'),
  },
  open: { summary: 'the lab as a desktop app; in a browser where that cannot be', load: () => import('./open.ts') },
  replay: { summary: 'a script of calls, call by call', load: () => import('./replay.ts') },
  run: { summary: 'a workload: totals, peaks, failures, fall-backs', load: () => import('./run.ts') },
  serve: { summary: 'the lab in a browser', load: () => import('./serve.ts') },
  size: { summary: 'how large every area, pool and bounce buffer has to be', load: () => import('./size.ts') },
  sweep: {
    summary: 'many boards, kernels, workloads and seeds, as a plan says; what was done before is not done again',
    load: () => import('./sweep.ts'),
  },
  tour: { summary: 'guided examples, each checked: ks2012', load: () => import('./tour.ts') },
}
