import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src-main/cli/main.ts'
import { fakeTerminal } from './fake-terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'check-'))

async function check(source: string, ...flags: string[]) {
  const board = join(folder, 'board.dts')
  writeFileSync(board, source)
  const terminal = fakeTerminal()
  await main(['check', board, ...flags], terminal)
  return { ...terminal, stderr: terminal.stderr.replaceAll(board, 'board.dts') }
}

describe('carveout check', () => {
  it('has nothing to say of a sound board', async () => {
    expect(await check('/dts-v1/;\n/ { };\n')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' })
  })

  it('prints every error with its place, sorted, and ends with 2', async () => {
    const { exitCode, stdout, stderr } = await check('/dts-v1/;\n/ {\n  a = <&nowhere>;\n  b = ;\n};\n&gone { };\n')
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    const places = [...stderr.matchAll(/^board.dts:(\d+):\d+: error: /gm)].map(([, line]) => Number(line))
    expect(places).toEqual(expect.arrayContaining([3, 4, 6]))
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })

  it('prints the same as one JSON document', async () => {
    const { exitCode, stdout, stderr } = await check('/dts-v1/;\n/ {\n  b = ;\n};\n', '--json')
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' })
    const [first] = (JSON.parse(stdout) as { diagnostics: unknown[] }).diagnostics
    expect(first).toMatchObject({ file: join(folder, 'board.dts'), line: 3, severity: 'error' })
  })

  it('says so when there is no such file', async () => {
    const terminal = fakeTerminal()
    await main(['check', '/nowhere/board.dts'], terminal)
    expect(terminal).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^\/nowhere\/board\.dts:1:1: error: /) as string,
    })
  })
})
