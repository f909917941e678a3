import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { main } from '../../src-main/cli/main.ts'
import { fakeTerminal } from './fake-terminal.ts'

it.skipIf(process.platform !== 'linux')(
  'carveout capture-script prints a script that collects what this machine says',
  async () => {
    const terminal = fakeTerminal()
    await main(['capture-script'], terminal)
    const archive = join(mkdtempSync(join(tmpdir(), 'capture-')), 'capture.tar.gz')
    execFileSync('sh', ['-s', archive], { input: terminal.stdout, stdio: ['pipe', 'ignore', 'ignore'] })
    const names = String(execFileSync('tar', ['-tzf', archive])).split('\n')
    expect(names).toEqual(
      expect.arrayContaining(['capture/proc-cmdline', 'capture/proc-meminfo', 'capture/proc-iomem', 'capture/uname']),
    )
  },
)
