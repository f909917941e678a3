import { describe, expect, it } from 'vitest'
import type { Incident, RunResult } from '@shared/run.ts'
import { KiB, MiB } from '@shared/units.ts'
import { parseScript, replay } from '../../src-main/workload/replay/index.ts'
import { runFully, RunInputError } from '../../src-main/workload/run.ts'
import { inputOf, runOn, smallBoard, workload } from './lab.ts'

const area = (run: RunResult, name: string) => run.areas.find((each) => each.name === name)!
const told = ({ kind, stream, area: name, reason }: Incident): string =>
  `${kind} of ${stream} in ${name || 'nothing'}: ${reason}`
const session = (device: string, buffers: string): string =>
  `duration: 100ms\nstreams: [{ name: it, device: ${device}, jitter: 0, buffers: [{ ${buffers} }] }]\n`

/** Everything that a result holds, columns as lists. */
const bytesOf = (run: RunResult): string =>
  JSON.stringify(run, (_, value: unknown) => (ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value))

const BUSY = `duration: 1s
memory: { anonymous: 20M, pageCache: 16M, churn: { every: 10ms, bytes: 1M }, pinned: { pages: 3, every: 100ms, hold: 30ms } }
streams:
  - { preset: gpu-desktop, device: cam, binner: 2M, largest: 2M, objects: 20, every: 5ms, alive: 200ms }
  - { preset: ethernet, device: net }
`

describe('a run', () => {
  it('is the same to the byte for the same seed, and another one for another', async () => {
    const run = async (seed: number): Promise<string> =>
      bytesOf((await runOn({ bootargs: 'cma=16M' }, BUSY, { seed })).result)
    expect(await run(1)).toBe(await run(1))
    expect(await run(2)).not.toBe(await run(1))
  })

  it('counts the same whether or not it keeps series and maps', async () => {
    const full = (await runOn({ bootargs: 'cma=16M' }, BUSY)).result
    const totals = (await runOn({ bootargs: 'cma=16M' }, BUSY, { detail: 'totals' })).result
    expect(totals.totals).toEqual(full.totals)
    expect(totals.incidents).toEqual(full.incidents)
    expect(totals.occupancy.area).toHaveLength(0)
  })

  it('gives everything back in the end', async () => {
    const { result } = await runOn({ bootargs: 'cma=16M' }, BUSY)
    // 3 × 128 KiB are the atomic pools'
    expect(area(result, 'cma:reserved').used.at(-1)).toBe(3 * 128 * KiB)
  })

  it('names its inputs by a digest that changes with any of them', async () => {
    const digest = async (args: string, yaml: string): Promise<string> =>
      (await runOn({ bootargs: args }, yaml)).result.inputs.digest
    const small = session('cam', 'bytes: 4K')
    expect(await digest('cma=16M', small)).toBe(await digest('cma=16M', small))
    expect(await digest('cma=20M', small)).not.toBe(await digest('cma=16M', small))
    expect(await digest('cma=16M', session('cam', 'bytes: 8K'))).not.toBe(await digest('cma=16M', small))
  })

  it('peaks are what the map of owners shows', async () => {
    const { result } = await runOn({ bootargs: 'cma=16M' }, BUSY)
    const { occupancy } = result
    const index = result.areas.findIndex(({ name }) => name === 'cma:reserved')
    const rows = [...occupancy.area.keys()].filter((row) => occupancy.area[row] === index)
    const usedAt = (time: number): number =>
      rows.reduce(
        (sum, row) =>
          sum + (occupancy.from[row]! <= time && time < occupancy.to[row]! ? occupancy.pages[row]! * 4096 : 0),
        0,
      )
    const peak = Math.max(...rows.map((row) => usedAt(occupancy.from[row]!)))
    expect(peak).toBe(result.areas[index]!.peakUsed)
  })

  it('stops when it is told to', async () => {
    const controller = new AbortController()
    controller.abort(new Error('enough'))
    const long = 'duration: 60s\nstreams: [{ preset: ethernet, device: net, every: 1ms }]\n'
    await expect(runFully(inputOf({ bootargs: 'cma=16M' }, long), { signal: controller.signal })).rejects.toThrow(
      'enough',
    )
  })

  it('says of a board that does not boot why', async () => {
    const { result } = await runOn({ bootargs: 'cma=16M@0x10000000' }, session('cam', 'bytes: 4K'))
    expect([result.booted, result.panic === null, result.totals.calls]).toEqual([false, false, 0])
  })

  it('refuses inputs that do not hold together, all of them', async () => {
    const input = inputOf({}, 'streams: [{ preset: npu }, { device: nobody, buffers: [{ bytes: wide }] }]\n')
    const error = await runFully(input).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(RunInputError)
    expect((error as RunInputError).diagnostics).toHaveLength(3)
  })
})

it('the map shows movable pages where they borrow an area, and pinned ones apart', async () => {
  const yaml = `duration: 200ms
memory: { anonymous: 80M, pinned: { pages: 5, every: 50ms } }
streams: [{ device: cam, start: 100ms, jitter: 0, buffers: [{ bytes: 4M }] }]
`
  const { result } = await runOn({ bootargs: 'cma=32M' }, yaml)
  const { occupancy } = result
  const pagesOf = (kind: string, time: number): number =>
    [...occupancy.owner.keys()]
      .filter(
        (row) =>
          occupancy.owners[occupancy.owner[row]!]!.kind === kind &&
          occupancy.from[row]! <= time &&
          time < occupancy.to[row]!,
      )
      .reduce((sum, row) => sum + occupancy.pages[row]!, 0)
  expect(pagesOf('movable', 150_000)).toBeGreaterThan(1000)
  expect(pagesOf('pinned', 150_000)).toBe(5)
  expect(pagesOf('device', 150_000)).toBe(1024)
})

describe('what goes wrong, and why', () => {
  const cases: [string, Parameters<typeof runOn>, string[]][] = [
    [
      'the area is used up',
      [{ bootargs: 'cma=16M' }, session('cam', 'bytes: 6M, count: 3')],
      [
        'failure of it in cma:reserved: reserved has no hole of 6 MiB: 3.63 MiB of 16 MiB free, 3 MiB in one piece (−12, no room)',
      ],
    ],
    [
      'the request is larger than the area',
      [{ bootargs: 'cma=16M' }, session('cam', 'bytes: 20M')],
      [
        'failure of it in cma:reserved: reserved is asked for 20 MiB, more than the whole area of 16 MiB; the kernel prints nothing',
      ],
    ],
    [
      'the page allocator serves instead',
      [{ bootargs: 'cma=16M' }, session('cam', 'bytes: 4M, count: 4')],
      [
        'fallback of it in cma:reserved: reserved has no hole of 4 MiB: 3.63 MiB of 16 MiB free, 3 MiB in one piece (−12, no room); zone:DMA (vmalloc) serves it instead',
      ],
    ],
    [
      'the atomic pool is empty',
      [{ bootargs: 'cma=16M coherent_pool=64K' }, session('cam', 'bytes: 40K, count: 2, context: atomic')],
      ['failure of it in pool:dma: atomic pool dma cannot give 40 KiB: 24 KiB of 64 KiB free, 24 KiB in one piece'],
    ],
    [
      'declared memory is used up',
      [
        {
          reserved: 'own: own@44000000 { compatible = "shared-dma-pool"; no-map; reg = <0 0x44000000 0 0x100000>; };',
          cam: 'memory-region = <&own>;',
        },
        session('cam', 'bytes: 512K, count: 3'),
      ],
      [
        'failure of it in declared:own@44000000: the memory declared for the device has no 512 KiB left, aligned to itself',
      ],
    ],
    [
      'a mapping is larger than a bounce buffer ever gives',
      [{ bootargs: 'cma=16M swiotlb=force' }, session('net', 'bytes: 512K, kind: streaming')],
      [
        'failure of it in swiotlb:default: 512 KiB can never bounce: one mapping has at most 256 KiB in one piece, whatever the size of the buffer',
      ],
    ],
    [
      'the bounce buffer is full',
      [{ bootargs: 'cma=16M swiotlb=512,force' }, session('net', 'bytes: 256K, count: 5, kind: streaming')],
      [
        'failure of it in swiotlb:default: the bounce buffer cannot give 256 KiB: 1 MiB of 1 MiB in use, 0 B in one piece',
      ],
    ],
    ['nothing', [{ bootargs: 'cma=16M' }, session('cam', 'bytes: 4M, count: 3')], []],
  ]
  it.each(cases)('%s', async (_, args, expected) => {
    const { result } = await runOn(...args)
    expect(result.incidents.map(told)).toEqual(expected)
  })

  it('points to the line that the kernel printed', async () => {
    const { result } = await runOn({ bootargs: 'cma=16M' }, session('cam', 'bytes: 6M, count: 3'))
    expect(result.log[result.incidents[0]!.logLine]!.text).toBe(
      'cma: __cma_alloc: reserved: alloc failed, req-size: 1536 pages, ret: -12',
    )
  })

  it('a driver that halves its request gets along with less', async () => {
    const { result } = await runOn({ bootargs: 'cma=16M' }, session('cam', 'bytes: 40M, onFailure: halve'))
    expect([result.totals.failures, result.totals.allocations, result.devices[0]!.peakBytes]).toEqual([2, 1, 10 * MiB])
  })

  it('what was wanted counts what was not had', async () => {
    const { result } = await runOn({ bootargs: 'cma=16M' }, session('cam', 'bytes: 6M, count: 3'))
    const { peakUsed, peakWanted, largestRequest } = area(result, 'cma:reserved')
    expect([peakUsed, peakWanted, largestRequest]).toEqual([12 * MiB + 384 * KiB, 18 * MiB + 384 * KiB, 6 * MiB])
  })

  it('an area too large starves the rest', async () => {
    const { result } = await runOn({ bootargs: 'cma=16M' }, 'duration: 10ms\nmemory: { anonymous: 200M }\n')
    expect(result.totals.starvedBytes).toBeGreaterThan(64 * MiB)
  })
})

it('a script of a run, replayed call by call, does what the run did', async () => {
  const input = inputOf({ bootargs: 'cma=16M' }, BUSY, { script: true })
  const run = await runFully(input)
  const { commands, diagnostics } = parseScript(run.script!, 'run.ops')
  expect(diagnostics).toEqual([])
  const { document } = replay({ board: input.board, machine: {}, commands })
  const verbs = new Set(['alloc', 'pages', 'noncontig', 'buf', 'map', 'mapsg'])
  const calls = document!.answers.filter(({ cmd }) => verbs.has(cmd.split(' ')[0]!))
  expect(calls).toHaveLength(run.result.totals.calls)
  const failed = calls.flatMap(({ ok }, call) => (ok ? [] : [call]))
  expect(failed).toEqual(run.result.incidents.filter(({ kind }) => kind === 'failure').map(({ call }) => call))
})

it('several workloads run side by side', async () => {
  const board = smallBoard({ bootargs: 'cma=16M' })
  const one = workload(session('cam', 'bytes: 6M'))
  const two = workload(session('net', 'bytes: 6M'))
  const { result } = await runFully({ board, machine: {}, workloads: [one, two], seed: 1 })
  expect(area(result, 'cma:reserved').peakUsed).toBe(12 * MiB + 384 * KiB)
  expect(result.devices.flatMap(({ streams }) => streams.map(({ stream }) => stream))).toEqual(['it', 'it 2'])
})
