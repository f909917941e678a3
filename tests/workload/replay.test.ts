import { describe, expect, test } from 'vitest'
import { MiB } from '@shared/units.ts'
import { boardFromTree } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'
import { parseScript, replay, replayBindings } from '../../src-main/workload/replay/index.ts'

const BOARD = `/dts-v1/;
/ { #address-cells = <2>; #size-cells = <2>;
  memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x10000000>; };
  reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
    cam: cam { compatible = "shared-dma-pool"; reusable; size = <0 0x800000>; };
  };
  mmu: mmu { compatible = "oracle,iommu"; #iommu-cells = <1>; oracle,iova-bits = <30>; };
  dma0 { compatible = "oracle,dma-master"; };
  dma1 { compatible = "oracle,dma-master"; memory-region = <&cam>; dma-coherent; };
  dma2 { compatible = "oracle,dma-master"; memory-region = <&cam>; oracle,no-init; };
  dma3 { compatible = "oracle,dma-master"; iommus = <&mmu 1>; };
  uart { compatible = "acme,uart"; };
};
`

/** Runs the lines on the board; answers by line. */
function run(...lines: string[]) {
  const files = { readText: () => BOARD, readBytes: () => new TextEncoder().encode(BOARD) }
  const { board } = boardFromTree(compile({ entry: 'b.dts', files, quiet: true }).tree!, replayBindings('arm64'))
  const { commands, diagnostics } = parseScript(lines.join('\n'), 's.ops')
  expect(diagnostics).toEqual([])
  return replay({ board, machine: { arch: 'arm64' }, commands }).document!
}

describe('answers', () => {
  test('say what served a call and what CMA was asked', () => {
    const { answers } = run('# a comment', 'alloc dma1 a 100K kernel', '', 'free a', 'free a')
    expect(answers).toMatchObject([
      {
        line: 2,
        cmd: 'alloc dma1 a 100K kernel',
        ok: true,
        from: 'cma:cam',
        off: 0,
        virt: 'linear',
        cma: [{ area: 'cam', pages: 25, align: 5, ret: 0, busy: 0 }],
      },
      { line: 4, ok: true },
      { line: 5, ok: false, bad: 'no-such-id' },
    ])
  })
  test('a device is one of the test driver, by the name of its node', () => {
    const { answers } = run('info dma0', 'info dma2', 'info nothing')
    expect(answers.map((a) => [a.ok, a.cma_area ?? a.bad])).toEqual([
      [true, '-'],
      [true, '-'],
      [false, 'no-such-device'],
    ])
  })
  test('a failed call has its errno by name and the lines it printed', () => {
    const { answers } = run('alloc dma1 a 16M kernel', 'cma_alloc cam b 4096 0')
    expect(answers[0]).toMatchObject({ ok: false, errno: '-ENOMEM', cma: [{ pages: 4096, ret: null }] })
    expect(answers[1]).toMatchObject({ ok: false, errno: '-ENOMEM' })
  })
  test('behind an IOMMU they have physical runs and the pages it mapped', () => {
    const { answers } = run('alloc dma3 a 64K kernel')
    expect(answers[0]).toMatchObject({ ok: true, iommu_maps: [[4096, 16]] })
    expect((answers[0]!.runs as [number, number][]).reduce((sum, [, pages]) => sum + pages, 0)).toBe(16)
  })
})

test('a dump records the state and gets no answer', () => {
  const { answers, states } = run('alloc dma1 a 1M kernel', 'dump here')
  expect(answers).toHaveLength(1)
  expect(states[0]).toMatchObject({
    tag: 'here',
    cma: { cam: { count: (8 * MiB) / 4096, used: 256, set_runs: [[0, 256]] } },
  })
})

test('the boot part ends when the script begins', () => {
  const log = run('alloc dma1 a 16M kernel').boot!.log.map((l) => l.text)
  expect(log.filter((l) => /assigned/.test(l))).toEqual([
    expect.stringContaining('dma1: assigned reserved memory node cam'),
  ])
  expect(log.some((l) => /alloc failed/.test(l))).toBe(false)
})

test('the same script answers the same, byte for byte', () => {
  const script = ['alloc dma0 a 1M kernel', 'anon 64', 'pin cam 4 100', 'alloc dma1 b 4M kernel', 'dump end']
  expect(JSON.stringify(run(...script))).toBe(JSON.stringify(run(...script)))
})

test.each([
  ['jump dma0', 1, 'jump is no command'],
  ['  alloc dma0 a', 3, 'usage: alloc DEVICE ID SIZE GFP'],
  ['alloc dma0 a 4X kernel', 1, '4X is no size'],
  ['alloc dma0 a 4K fast', 1, 'fast: not a list of kernel'],
  ['map dma0 a b 0 4K sideways', 1, 'to-device, from-device or bidirectional'],
  ['cma_alloc cam a many 0', 1, 'many is no number'],
])('%j is refused at its place', (line, column, message) => {
  const { diagnostics } = parseScript(`info dma0\n${line}`, 's.ops')
  expect(diagnostics).toMatchObject([{ file: 's.ops', line: 2, column, severity: 'error' }])
  expect(diagnostics[0]!.message).toContain(message)
})
