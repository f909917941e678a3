import { resolve } from 'node:path'
import type { Command } from 'commander'
import { appFolder } from '../lab/app-folder.ts'
import { electronRuntime } from './electron-runtime.ts'
import { runProgram } from './program.ts'
import { requireExisting, serve } from './serve.ts'
import type { Terminal } from './terminal.ts'

/** `open [DIR]`: the desktop app; where Electron's runtime or a display is missing, the same lab from the browser host. */
export function configure(command: Command, terminal: Terminal): void {
  command
    .argument('[folder]', 'project folder or board file; the last one, or an example, when absent')
    .action(async (folder: string | undefined) => {
      requireExisting(folder)
      const runtime = hasDisplay() ? electronRuntime(appFolder(), (text) => terminal.err(text + '\n')) : null
      if (runtime) {
        terminal.exitCode = await runProgram(runtime, electronArguments(folder))
        return
      }
      const reason = hasDisplay() ? 'its runtime cannot be fetched' : 'there is no display'
      terminal.err(`Electron cannot run here (${reason}): serving the lab to a browser.\n`)
      terminal.exitCode = await serve(folder, { port: 0, open: true })
    })
}

const hasDisplay = (): boolean =>
  process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'])

/** Chromium's sandbox does not start for root, who has nothing to be protected from himself. */
function electronArguments(folder: string | undefined): string[] {
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0
  return [...(isRoot ? ['--no-sandbox'] : []), appFolder(), ...(folder ? [resolve(folder)] : [])]
}
