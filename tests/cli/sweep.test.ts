import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { boardText } from '../workload/lab.ts'
import { carveout } from './fake-terminal.ts'

let folder: string
const at = (name: string): string => join(folder, name)
const PLAN = 'format: 1\nname: sizes\nboards: [small.dts, large.dts]\nworkloads: [work.yaml]\nseeds: { count: 3 }\n'

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'carveout-sweep-'))
  writeFileSync(at('small.dts'), boardText({ bootargs: 'cma=16M' }))
  writeFileSync(at('large.dts'), boardText({ bootargs: 'cma=32M' }))
  writeFileSync(at('plan.yaml'), PLAN)
  writeFileSync(
    at('work.yaml'),
    'format: 1\nname: frames\nduration: 100ms\nstreams: [{ name: it, device: cam, buffers: [{ bytes: 6M, count: 3 }] }]\n',
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('carveout sweep', () => {
  it('runs every board with every seed', async () => {
    const { stdout, exitCode } = await carveout('sweep', at('plan.yaml'), '-o', at('out'), '--json')
    expect(exitCode).toBe(0)
    const { results } = JSON.parse(stdout) as { results: object[] }
    expect(results).toMatchObject([
      { board: 'small.dts', workload: 'work.yaml', runs: 3, bad: 3, failures: 3 },
      { board: 'large.dts', workload: 'work.yaml', runs: 3, bad: 0, failures: 0 },
    ])
    const csv = readFileSync(at('out/results.csv'), 'utf8').trim().split('\n')
    expect([csv.length, csv[1]]).toEqual([7, '"small.dts","","work.yaml",1,1,3,1,0,0'])
  })

  it('takes up what was stopped, and makes anew what has changed', async () => {
    const rows = (): string[] => readFileSync(at('out/rows.ndjson'), 'utf8').trim().split('\n')
    const whole = rows()
    // stopped in the middle of a line; a row of its own, to be known again
    writeFileSync(
      at('out/rows.ndjson'),
      `${whole[0]!.replace('"failures":1', '"failures":77')}\n${whole[1]}\n${whole[2]!.slice(0, 40)}`,
    )
    const again = await carveout('sweep', at('plan.yaml'), '-o', at('out'), '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({ results: [{ failures: 79 }, { failures: 0 }] })
    expect(rows()).toHaveLength(6)
    appendFileSync(at('small.dts'), '/ { model = "changed"; };\n')
    expect(JSON.parse((await carveout('sweep', at('plan.yaml'), '-o', at('out'), '--json')).stdout)).toMatchObject({
      results: [{ failures: 3 }, { failures: 0 }],
    })
  })

  it('gives every mistake of a plan its place', async () => {
    writeFileSync(at('bad.yaml'), 'format: 1\nname: x\nboards: []\nworkloads: [work.yaml]\nseeds: { count: many }\n')
    const { stderr, exitCode } = await carveout('sweep', at('bad.yaml'), '-o', at('bad'))
    expect([exitCode, stderr.trim().split('\n')]).toEqual([
      2,
      [
        expect.stringMatching(/bad\.yaml:3:9: error: "boards"/),
        expect.stringMatching(/bad\.yaml:5:17: error: "count" must be/),
      ],
    ])
    expect(await carveout('sweep', at('plan.yaml'), '--engine', 'redis')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('runs are made on this machine'),
    })
  })
})
