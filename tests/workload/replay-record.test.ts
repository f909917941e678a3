import { expect, it } from 'vitest'
import type { KernelEvent } from '@shared/run.ts'
import { explainCall } from '../../src-main/workload/explain.ts'
import { recordReplay } from '../../src-main/workload/replay-record.ts'
import { parseScript, replay } from '../../src-main/workload/replay/index.ts'
import { smallBoard } from './lab.ts'

it('a replay is explained from its recording alone, by line of the script', async () => {
  const script =
    '# three frames\nalloc cam a 6M kernel\nalloc cam b 6M kernel\nalloc cam c 6M kernel\nfree b\ninfo cam\n'
  const { commands } = parseScript(script, 'x.ops')
  const events: KernelEvent[] = []
  const sink = (event: KernelEvent): void => void events.push(event)
  const { document } = replay({ board: smallBoard({ bootargs: 'cma=16M' }), machine: {}, commands, sink })
  const recorded = recordReplay(document!, events)
  expect(recorded.map(({ call, ok, source }) => [call, ok, source])).toEqual([
    [2, true, 'cma:reserved'],
    [3, true, 'cma:reserved'],
    [4, false, null],
  ])
  const { summary, steps, remedy } = await explainCall(recorded[2]!, { board: null, cmdline: '' })
  expect(summary).toBe(
    'c: alloc of 6 MiB for cam failed: reserved has no hole of 6 MiB: 3.63 MiB of 16 MiB free, 3 MiB in one piece (−12, no room).',
  )
  expect(steps.find(({ room }) => room === 'cma')?.windows?.map(({ blockedBy }) => blockedBy)).toEqual([
    'the end of the area',
    'a',
  ])
  expect(remedy?.value).toBe(String(20 * 1024 * 1024))
})
