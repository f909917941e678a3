import type { Terminal } from '../../src-main/cli/terminal.ts'

/** A terminal that keeps what was printed. */
export function fakeTerminal(): Terminal & { stdout: string; stderr: string } {
  const terminal = {
    stdout: '',
    stderr: '',
    exitCode: 0,
    out: (text: string) => void (terminal.stdout += text),
    err: (text: string) => void (terminal.stderr += text),
    threads: null,
    interruptible: () => new AbortController().signal,
  }
  return terminal
}
