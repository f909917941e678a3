import { describe, expect, it } from 'vitest'
import { formatDiagnostic } from '@shared/diagnostics.ts'
import { compileWorkload } from '../../src-main/workload/compile.ts'
import { parseWorkload } from '../../src-main/workload/parse.ts'
import { boardWith } from './board.ts'

const board = boardWith(
  ['/soc/isi@32e00000', 'fsl,imx8mp-isi', { labels: ['isi_0'] }],
  ['/soc/video-codec@38300000', 'nxp,imx8mq-vpu-g1', { labels: ['vpu_g1'], enabled: false }],
  ['/soc/video-codec@38310000', 'nxp,imx8mq-vpu-g2', { labels: ['vpu_g2'] }],
  ['/soc/ethernet@30be0000', 'fsl,imx8mp-fec', { labels: ['fec'] }],
)

const compile = (streams: string, more = '') => {
  const { parsed, diagnostics } = parseWorkload('w.yaml', `format: 1\nname: x\n${more}streams:\n${streams}`)
  expect(diagnostics).toEqual([])
  return compileWorkload(parsed!, { ramBytes: 2 ** 30, pageBytes: 4096, board })
}

describe('which device a stream means', () => {
  const selectors: [string, string][] = [
    ['/soc/isi@32e00000', '32e00000.isi'],
    ['isi_0', '32e00000.isi'],
    ['"&isi_0"', '32e00000.isi'],
    ['32e00000.isi', '32e00000.isi'],
    ['isi', '32e00000.isi'],
    ['"fsl,imx8mp-fec"', '30be0000.ethernet'],
    ['camera', '32e00000.isi'],
  ]
  it.each(selectors)('%s is %s', (selector, name) => {
    expect(compile(`  - { preset: audio, device: ${selector} }\n`).plan?.streams[0]?.device).toBe(name)
  })

  it('a preset finds its own, and passes over disabled ones', () => {
    expect(compile('  - { preset: video-decode }\n').plan?.streams[0]?.device).toBe('38310000.video-codec')
  })

  it('says what is there when nothing fits', () => {
    const lines = compile(
      '  - preset: npu\n  - preset: audio\n    device: fecc\n  - preset: audio\n    device: vpu_g1\n',
    )
    expect(lines.diagnostics.map(formatDiagnostic)).toEqual([
      'w.yaml:4:5: error: the board has no device "npu"; name one by path, label, name or compatible, such as fec, vpu_g2, isi_0',
      'w.yaml:6:13: error: the board has no device "fecc"; name one by path, label, name or compatible, such as fec, isi_0, vpu_g2',
      'w.yaml:8:13: error: "vpu_g1" is /soc/video-codec@38300000, which has status "disabled"; enable it or choose another device',
    ])
  })
})

it('every formula that does not hold is an error at its place', () => {
  const buffers =
    '  - device: isi\n    stop: 4 parsecs\n    buffers:\n      - bytes: wide * 2\n        lifetime: { every: 0us, hold: 1ms }\n'
  expect(compile(buffers, 'parameters: { width: 1920 }\n').diagnostics.map(formatDiagnostic)).toEqual([
    'w.yaml:6:11: error: "4 parsecs" has "parsecs" where an operator or its end should be',
    'w.yaml:8:16: error: "wide * 2" uses "wide", which is not defined; known: ram, page, width',
    'w.yaml:9:28: error: must be longer than nothing; give at least 1us',
  ])
})

it('phases, start and stop decide when a stream is open', () => {
  const phases = 'phases:\n  - { name: boot, start: 0, stop: 1s }\n  - { name: use, start: 2s, stop: 20s }\n'
  const { plan } = compile('  - { preset: audio, device: isi, phases: [use, boot], start: 500ms }\n', phases)
  expect(plan?.streams[0]?.windows).toEqual([
    { start: 500_000, stop: 1_000_000 },
    { start: 2_000_000, stop: 10_000_000 },
  ])
})
