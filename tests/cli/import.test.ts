import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tarOf } from '../lab/tar.ts'
import { boardText } from '../workload/lab.ts'
import { carveout } from './fake-terminal.ts'

let folder: string
const at = (name: string): string => join(folder, name)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'carveout-import-'))
  writeFileSync(at('board.dts'), boardText({ bootargs: 'cma=16M' }))
  writeFileSync(
    at('work.yaml'),
    'format: 1\nname: frames\nduration: 100ms\nstreams: [{ name: it, device: cam, buffers: [{ bytes: 6M, count: 3 }] }, { name: rx, device: net, buffers: [{ bytes: 2K, count: 5, kind: streaming }] }]\n',
  )
  await carveout('run', at('board.dts'), '-w', at('work.yaml'), '--script', at('run.ops'), '--trace', at('trace'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What a board with this file would say, as capture-script packs it. */
async function capture(change: (log: string) => string = (log) => log): Promise<string> {
  const { boot } = JSON.parse((await carveout('boot', at('board.dts'), '--json')).stdout) as {
    boot: { log: { text: string }[] }
  }
  const log = ['Linux version 6.12.1', ...boot.log.map(({ text }) => text)]
    .map((text) => `[    0.000000] ${text}\n`)
    .join('')
  await carveout('dtc', at('board.dts'), '-o', at('fdt.dtb'))
  const members = {
    'capture/dmesg': change(log),
    'capture/proc-cmdline': 'cma=16M\n',
    'capture/proc-meminfo':
      'MemTotal:         120000 kB\nMemFree:           20000 kB\nCmaTotal:          16384 kB\nCmaFree:           16000 kB\n',
    'capture/fdt.dtb': readFileSync(at('fdt.dtb')),
    'capture/trace': readFileSync(at('trace')),
  }
  writeFileSync(at('capture.tar.gz'), gzipSync(tarOf(members)))
  return at('capture.tar.gz')
}

describe('carveout import', () => {
  it('the trace of a run gives back its calls, and they replay', async () => {
    const { stdout, exitCode } = await carveout('import', at('trace'), '-o', at('back.ops'))
    expect([exitCode, stdout]).toEqual([0, `8 calls, 1 of them refused on the board\nwrote ${at('back.ops')}\n`])
    const verbs = (name: string): string[] =>
      readFileSync(at(name), 'utf8')
        .split('\n')
        .map((line) => line.replace(/^(alloc|map) (\S+) .*/, '$1 $2').split(' b')[0]!)
        .filter((line) => !line.startsWith('sleep'))
    expect(verbs('back.ops')).toEqual(verbs('run.ops'))
    const replayed = await carveout('replay', at('board.dts'), at('back.ops'), '--json')
    const { answers } = JSON.parse(replayed.stdout) as { answers: { cmd: string; ok: boolean }[] }
    expect(answers.filter(({ ok }) => !ok).map(({ cmd }) => cmd)).toEqual([expect.stringContaining('alloc cam')])
  })

  it('a capture of a board that does as the simulation: calls, diagnosis, no difference', async () => {
    const { stdout, stderr, exitCode } = await carveout('import', await capture())
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^8 calls, 1 of them refused/)
    expect(stdout).toContain('capture/proc-meminfo:1:1: info: 19.53 MiB of 117.19 MiB free, 15.63 MiB of it in areas')
    expect(stdout).toMatch(/simulation and board agree\n$/)
  })

  it('where the two differ, exit code 1 and each difference with its place', async () => {
    const file = await capture((log) => log.replace(/(cma: Reserved 16 MiB at 0x)[0-9a-f]+/, '$10000000041000000'))
    const { stdout, exitCode } = await carveout('import', file, '--board', at('board.dts'), '--json')
    const document = JSON.parse(stdout) as { calls: { calls: number }; differences: object[] }
    expect([exitCode, document.calls.calls]).toEqual([1, 8])
    expect(document.differences).toEqual([
      {
        file: 'capture/dmesg',
        line: expect.any(Number),
        what: 'CMA area reserved',
        board: '16 MiB at 0x4100_0000',
        simulation: expect.stringContaining('16 MiB at'),
      },
    ])
  })

  it('says what is wrong with its input, and exit code 2', async () => {
    writeFileSync(at('notes'), 'milk\n')
    writeFileSync(at('dmesg'), '[    0.0] Zone ranges:\n')
    expect(await carveout('import', at('notes'))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/notes:1:1: error: is no ftrace text/),
    })
    expect(await carveout('import', at('none'))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/none:1:1: error: cannot be read/),
    })
    expect(await carveout('import', at('dmesg'), '-o', at('x.ops'))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/nothing to write to .*x\.ops: no file holds events/),
    })
  })
})
