import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { version } from '../../package.json'
import { appFolder, stateFolder } from '../lab/app-folder.ts'
import { createApi } from '../lab/index.ts'
import { openBrowser } from './browser.ts'
import { startWebHost } from './host.ts'

/** The browser host as a program: `node out/main/web.js [DIR] [--port N] [--open]`, as the command line starts it. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '0' }, open: { type: 'boolean', default: false } },
})
const root = appFolder()

try {
  const host = await startWebHost({
    rendererFolder: join(root, 'out/renderer'),
    port: Number(values.port),
    shell: {
      version,
      stateFolder: stateFolder(),
      homeFolder: homedir(),
      resourcesFolder: join(root, 'resources'),
      open: positionals[0] ?? null,
    },
    createApi,
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void host.close())
  process.stdout.write(`Carveout listens at ${host.url}\n`)
  if (values.open) openBrowser(host.url)
} catch (error) {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  process.stderr.write(
    taken ? `error: port ${values.port} is taken; choose another with --port\n` : `error: ${String(error)}\n`,
  )
  process.exitCode = 2
}
