import { describe, expect, it } from 'vitest'
import type { Explanation } from '@shared/run.ts'
import { MiB } from '@shared/units.ts'
import { explainRun } from '../../src-main/sizing/explain.ts'
import { runFully } from '../../src-main/workload/run.ts'
import { inputOf, type SmallBoard } from '../workload/lab.ts'

const CAM = 'own: own@44000000 { compatible = "shared-dma-pool"; reusable; reg = <0 0x44000000 0 0x1000000>; };'
const session = (device: string, buffers: string): string =>
  `duration: 100ms\nstreams: [{ name: it, device: ${device}, jitter: 0, buffers: [{ ${buffers} }] }]\n`

/** The explanation of the first call that went wrong. */
async function explainFirst(board: SmallBoard, yaml: string): Promise<Explanation> {
  const input = inputOf(board, yaml)
  const { result } = await runFully(input)
  return (await explainRun(input, result.incidents[0]!.call))!
}

describe('why a call failed, and what would have helped', () => {
  it('an area too small: the smallest size that serves, where it is set', async () => {
    const { summary, remedy, steps } = await explainFirst(
      { reserved: CAM, cam: 'memory-region = <&own>;' },
      session('cam', 'bytes: 6M, count: 3'),
    )
    expect(summary).toBe(
      'it: alloc of 6 MiB for cam failed: own@44000000 has no hole of 6 MiB: 4 MiB of 16 MiB free, 4 MiB in one piece (−12, no room).',
    )
    expect(remedy).toEqual({
      what: 'Make own@44000000 18 MiB large (tried: this one call is served then).',
      boardPath: '/reserved-memory/own@44000000',
      property: 'reg',
      value: String(18 * MiB),
    })
    const cma = steps.find(({ room }) => room === 'cma')!
    expect(cma.windows).toEqual([{ start: 0x44c00000, bytes: 4 * MiB, blockedBy: 'the end of the area' }])
    expect(steps.map(({ room, outcome }) => `${room} ${outcome}`)).toEqual([
      'mapping note',
      'device note',
      'cma refused',
      'page-alloc refused',
      'log note',
      'log note',
    ])
  })

  it('the command line sets it', async () => {
    const { remedy } = await explainFirst({ bootargs: 'cma=16M' }, session('cam', 'bytes: 20M'))
    expect([remedy?.property, remedy?.value]).toEqual(['bootargs cma=', String(22 * MiB)])
  })

  it('a request that must not wait is never offered to an area, and the pool is what counts', async () => {
    const board = { bootargs: 'cma=16M coherent_pool=64K' }
    const { steps, remedy } = await explainFirst(board, session('cam', 'bytes: 48K, count: 2, context: atomic'))
    expect(steps.find(({ room }) => room === 'pool')?.text).toContain('16 KiB of 64 KiB free')
    expect([remedy?.property, remedy?.value]).toEqual(['bootargs coherent_pool=', String(128 * 1024)])
  })

  const helpless: [string, SmallBoard, string, RegExp][] = [
    [
      'a mapping that never fits',
      { bootargs: 'cma=16M swiotlb=force' },
      session('net', 'bytes: 512K, kind: streaming'),
      /A larger bounce buffer cannot help: one mapping never has more than 256 KiB/,
    ],
    [
      'pages that are pinned everywhere',
      { bootargs: 'cma=32M' },
      `duration: 100ms
memory: { anonymous: 60M, pinned: { pages: 20000 } }
streams: [{ name: it, device: cam, start: 10ms, jitter: 0, buffers: [{ bytes: 20M }] }]
`,
      /the request still is not served: its size is not the cause\. Keep what pins pages out of the area/,
    ],
  ]
  it.each(helpless)('says that no size helps: %s', async (_, board, yaml, expected) => {
    const { remedy, noRemedy } = await explainFirst(board, yaml)
    expect(remedy).toBeNull()
    expect(noRemedy).toMatch(expected)
  })

  it('has something to say of a call that was served, too', async () => {
    const explanation = await explainRun(inputOf({ bootargs: 'cma=16M' }, session('cam', 'bytes: 4M')), 0)
    expect(explanation).toMatchObject({
      summary: 'it: alloc of 4 MiB for cam was served by cma:reserved.',
      remedy: null,
      noRemedy: null,
    })
  })

  it('knows no call that was not made', async () => {
    expect(await explainRun(inputOf({}, session('cam', 'bytes: 4K')), 99)).toBeNull()
  })
})
