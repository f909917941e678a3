import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import { appFolder } from '../lab/app-folder.ts'
import { UsageError } from './errors.ts'
import { runProgram } from './program.ts'
import type { Terminal } from './terminal.ts'

const MAX_PORT = 65535

/** `serve [DIR]`: the browser host, until Ctrl-C. It is a program of its own, so that neither of the two knows the other's code. */
export function configure(command: Command, terminal: Terminal): void {
  command
    .argument('[folder]', 'project folder or board file; the last one, or an example, when absent')
    .option('--port <n>', 'port on loopback; any free one when absent', parsePort, 0)
    .option('--open', 'open the browser too')
    .action(async (folder: string | undefined, flags: { port: number; open?: true }) => {
      terminal.exitCode = await serve(folder, flags)
    })
}

/**
 * Runs the browser host to its end.
 * @throws UsageError when what is to be opened is not there
 */
export function serve(folder: string | undefined, { port, open }: { port: number; open?: boolean }): Promise<number> {
  requireExisting(folder)
  const program = join(appFolder(), 'out/main/web.js')
  return runProgram(process.execPath, [
    program,
    '--port',
    String(port),
    ...(open ? ['--open'] : []),
    ...(folder ? ['--', folder] : []),
  ])
}

/** @throws UsageError */
export function requireExisting(folder: string | undefined): void {
  if (folder !== undefined && !existsSync(folder)) throw new UsageError(`${folder} does not exist`)
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > MAX_PORT) throw new InvalidArgumentError(`Write a number from 0 to ${MAX_PORT}.`)
  return port
}
