import { main } from '../../src-main/cli/main.ts'
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

/** Runs `carveout …` in this process; returns the terminal it printed to. */
export async function carveout(...argv: string[]): Promise<ReturnType<typeof fakeTerminal>> {
  const terminal = fakeTerminal()
  await main(argv, terminal)
  return terminal
}
