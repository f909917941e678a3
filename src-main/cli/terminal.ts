import type { Worker } from 'node:worker_threads'

/**
 * Where a verb prints and how it ends. Verbs never touch `process` themselves, so that tests run them in-process.
 * Exit codes: 0 done; 1 done, and the check that was asked for failed; 2 bad usage or bad input; 3 a fault of ours; 130 Ctrl-C.
 */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  exitCode: number
  /** Aborted by the first Ctrl-C of a verb that asked for it through `interruptible`. */
  interruptible(): AbortSignal
  /** How to start the threads of the lab, for work that can be shared out; null: do it in this one. */
  threads: (() => Promise<() => Worker>) | null
}

/** The terminal of this process. A reader that goes away (`| head`) ends it quietly. */
export function processTerminal(): Terminal {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    process.stderr.write(`error: cannot write standard output: ${error.message}\n`, () => process.exit(2))
  })
  process.stderr.on('error', () => process.exit(2))
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    exitCode: 0,
    interruptible,
    threads: async () => {
      const { default: spawn } = await import('../lab/lab.worker.ts?nodeWorker')
      return () => spawn({})
    },
  }
}

/** The first Ctrl-C asks the verb to stop, the second ends the process. */
function interruptible(): AbortSignal {
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  return controller.signal
}

/** A line of progress on standard error, redrawn at most ten times a second; nothing where standard error is no terminal. */
export function progressLine(terminal: Terminal): {
  show(progress: { fraction: number; note: string }): void
  clear(): void
} {
  let shown = 0
  let drawn = false
  return {
    show({ fraction, note }) {
      const now = Date.now()
      if (!process.stderr.isTTY || now - shown < 100) return
      shown = now
      drawn = true
      terminal.err(`\r\x1b[2K${Math.round(fraction * 100)} %  ${note}`)
    },
    clear() {
      if (drawn) terminal.err('\r\x1b[2K')
    },
  }
}

/** `--json`: one document on standard output, and nothing else there. */
export const printJson = (terminal: Terminal, document: unknown): void => terminal.out(JSON.stringify(document) + '\n')
