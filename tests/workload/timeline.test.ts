import { describe, expect, it } from 'vitest'
import { compileWorkload } from '../../src-main/workload/compile.ts'
import { parseWorkload } from '../../src-main/workload/parse.ts'
import { timeline, type Step } from '../../src-main/workload/timeline.ts'

function steps(yaml: string, seed = 1): Step[] {
  const { parsed, diagnostics } = parseWorkload('w.yaml', `format: 1\nname: x\n${yaml}`)
  expect(diagnostics).toEqual([])
  return [...timeline(compileWorkload(parsed!, { ramBytes: 2 ** 30, pageBytes: 4096, board: null }).plan!, seed)]
}

/** `12ms +0.0` for a buffer of stream 0, group 0 taken after 12 ms. */
const picture = (list: Step[]): string =>
  list
    .map((step) => {
      const what =
        step.kind === 'take' || step.kind === 'drop'
          ? `${step.kind === 'take' ? '+' : '-'}${step.buffer.stream}.${step.buffer.group}`
          : step.kind
      return `${step.time / 1000}ms ${what}`
    })
    .join(', ')

describe('a workload in time', () => {
  it('holds session buffers as long as the stream is open, higher priority first', () => {
    const text = `duration: 10ms
streams:
  - { device: a, jitter: 0, start: 1ms, stop: 4ms, buffers: [{ bytes: 4K, count: 2 }] }
  - { device: b, jitter: 0, start: 1ms, stop: 6ms, priority: 5, buffers: [{ bytes: 4K }] }
`
    expect(picture(steps(text))).toBe('1ms +1.0, 1ms +0.0, 1ms +0.0, 4ms -0.0, 4ms -0.0, 6ms -1.0')
  })

  it('takes frame buffers again and again', () => {
    const text =
      'duration: 50ms\nstreams: [{ device: a, jitter: 0, buffers: [{ bytes: 4K, lifetime: { every: 20ms, hold: 5ms } }] }]\n'
    expect(picture(steps(text))).toBe('0ms +0.0, 5ms -0.0, 20ms +0.0, 25ms -0.0, 40ms +0.0, 45ms -0.0')
  })

  it('never has more alive than a churn allows, and gives everything back', () => {
    const text = `streams:
  - device: a
    buffers: [{ bytes: { min: 4K, max: 1M }, lifetime: { churn: { every: { mean: 2ms }, alive: { mean: 500ms }, most: 7 } } }]
`
    let alive = 0
    let most = 0
    for (const step of steps(text)) {
      alive += step.kind === 'take' ? 1 : -1
      most = Math.max(most, alive)
    }
    expect([alive, most]).toEqual([0, 7])
  })

  it('is in order of time, and the same for the same seed', () => {
    const text = `memory: { anonymous: 10M, pageCache: ram / 8, churn: { every: 3ms, bytes: 64K }, pinned: { pages: 4, every: 50ms, hold: 20ms } }
streams:
  - { device: a, preset: gpu-desktop }
  - { device: b, preset: camera, sessions: { open: { min: 100ms, max: 900ms }, pause: 10ms } }
`
    const once = steps(text)
    expect(once.every((step, i) => i === 0 || once[i - 1]!.time <= step.time)).toBe(true)
    expect(steps(text)).toEqual(once)
    expect(steps(text, 2)).not.toEqual(once)
  })

  it('draws the same for one stream whatever the others do', () => {
    const gpu = '  - { device: a, name: gpu, preset: gpu-desktop }\n'
    const alone = steps(`streams:\n${gpu}`).filter((step) => step.kind === 'take')
    const beside = steps(`streams:\n${gpu}  - { device: b, preset: npu }\n`)
    expect(beside.filter((step) => step.kind === 'take' && step.buffer.stream === 0)).toEqual(alone)
  })
})
