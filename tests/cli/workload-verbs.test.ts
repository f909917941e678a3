import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Explanation, RunResult } from '@shared/run.ts'
import type { SizingResult } from '@shared/sizing.ts'
import { boardText } from '../workload/lab.ts'
import { carveout } from './fake-terminal.ts'

let folder: string
const at = (name: string): string => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'carveout-cli-'))
  writeFileSync(at('board.dts'), boardText({ bootargs: 'cma=16M' }))
  writeFileSync(
    at('work.yaml'),
    'format: 1\nname: frames\nduration: 100ms\nstreams: [{ name: it, device: cam, buffers: [{ bytes: 6M, count: 3 }] }]\n',
  )
  writeFileSync(
    at('bad.yaml'),
    'format: 1\nname: x\nstreams:\n  - device: camm\n    buffers: [{ bytes: 6M }]\n  - device: cam\n    buffers: [{ bytes: wide }]\n',
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('carveout run', () => {
  it('prints areas, devices and what went wrong', async () => {
    const { stdout, exitCode } = await carveout('run', at('board.dts'), '-w', at('work.yaml'))
    expect(exitCode).toBe(0)
    expect(stdout).toContain('3 calls, 1 failures, 0 fall-backs')
    expect(stdout).toMatch(/cma:reserved +16 MiB +12\.38 MiB +18\.38 MiB +6 MiB/)
    expect(stdout).toMatch(/failure +it +6 MiB +reserved has no hole of 6 MiB/)
  })

  it('prints one document with --json, the same for the same seed', async () => {
    const run = () => carveout('run', at('board.dts'), '-w', at('work.yaml'), '--json', '--seed', '7')
    const first = await run()
    const result = JSON.parse(first.stdout) as RunResult
    expect([result.inputs.seed, result.totals.failures, Array.isArray(result.areas[0]!.time)]).toEqual([7, 1, true])
    expect((await run()).stdout).toBe(first.stdout)
  })

  it('gives every mistake of a workload its place, and exit code 2', async () => {
    const { stderr, exitCode, stdout } = await carveout('run', at('board.dts'), '-w', at('bad.yaml'))
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(
        /bad\.yaml:4:13: error: the board has no device "camm"; name one by path, label, name or compatible, such as cam, net$/,
      ),
      expect.stringMatching(/bad\.yaml:7:24: error: "wide" uses "wide", which is not defined; known: ram, page$/),
    ])
  })

  it('a recording is explained call by call; the script is there for a real kernel', async () => {
    await carveout('run', at('board.dts'), '-w', at('work.yaml'), '--record', at('rec'), '--script', at('run.ops'))
    expect(readdirSync(at('rec')).sort()).toEqual(['calls.ndjson', 'result.json', 'run.json'])
    expect(readFileSync(at('run.ops'), 'utf8')).toContain('alloc cam b2 6291456 kernel')
    const { stdout } = await carveout('explain', at('rec'), '2')
    expect(stdout).toContain('What would have helped: Make reserved 20 MiB large')
    const json = JSON.parse((await carveout('explain', at('rec'), '2', '--json')).stdout) as Explanation
    expect(json.remedy?.value).toBe(String(20 * 1024 * 1024))
    const unknown = await carveout('explain', at('rec'), '77')
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('no call 77; calls that failed or fell back: 2'),
    ])
  })

  it('a replay is recorded and explained too', async () => {
    await carveout('run', at('board.dts'), '-w', at('work.yaml'), '--script', at('run.ops'))
    await carveout('replay', at('board.dts'), at('run.ops'), '--record', at('replayed'))
    const calls = readFileSync(at('replayed/calls.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { call: number; ok: boolean })
    const { stdout } = await carveout('explain', at('replayed'), String(calls.find(({ ok }) => !ok)!.call))
    expect(stdout).toContain('reserved has no hole of 6 MiB')
  })
})

describe('carveout size', () => {
  it('recommends, and writes what an engineer pastes', async () => {
    const { stdout, exitCode } = await carveout(
      'size',
      at('board.dts'),
      '-w',
      at('work.yaml'),
      '--runs',
      '24',
      '--risk',
      '15%',
      '-o',
      at('out'),
    )
    expect(exitCode).toBe(0)
    expect(stdout).toContain(
      '0 of 24 fresh runs went wrong with the recommended sizes: a risk of at most 15 % at 95 % confidence',
    )
    expect(stdout).toMatch(/cma:reserved +16 MiB +20 MiB +grow +cma=/)
    expect(readdirSync(at('out')).sort()).toEqual([
      'board-memory.dtso',
      'board-memory.patch',
      'bootargs.txt',
      'memory.config',
      'report.html',
      'risk.csv',
      'sizing.md',
    ])
    expect(readFileSync(at('out/bootargs.txt'), 'utf8').split('\n').at(-2)).toBe('cma=20M')
  })

  it('says how many more runs an answer needs', async () => {
    const { stdout } = await carveout('size', at('board.dts'), '-w', at('work.yaml'), '--runs', '24', '--json')
    const result = JSON.parse(stdout) as SizingResult
    expect([result.verdict, result.knobs[0]!.state, result.knobs[0]!.runsNeeded]).toEqual(['open', 'open', 275])
  })
})
