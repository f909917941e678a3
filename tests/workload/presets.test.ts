import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PRESET_NAMES } from '@shared/workload.ts'
import { compileWorkload } from '../../src-main/workload/compile.ts'
import { parseWorkload } from '../../src-main/workload/parse.ts'
import { largest, type Plan } from '../../src-main/workload/plan.ts'

function planOf(streamYaml: string): Plan {
  const { parsed, diagnostics } = parseWorkload(
    'w.yaml',
    `format: 1\nname: x\nstreams:\n  - { ${streamYaml}, device: d }\n`,
  )
  expect(diagnostics).toEqual([])
  return compileWorkload(parsed!, { ramBytes: 2 ** 30, pageBytes: 4096, board: null }).plan!
}

describe('figures of the presets', () => {
  // bytes × count of each kind of buffer, in order
  const figures: [string, [number, number][]][] = [
    ['preset: camera, streams: 4', [[4_147_200, 16]]],
    ['preset: camera, resolution: 5mp, pixels: uyvy', [[10_077_696, 4]]],
    ['preset: camera, resolution: 12mp, pixels: raw12', [[18_495_360, 4]]],
    ['preset: video-decode', [[3_133_440, 8]]],
    [
      'preset: video-decode, resolution: 4k, references: 5, motionData: true',
      [
        [12_441_600, 9],
        [4_147_200, 9],
      ],
    ],
    ['preset: video-decode, codec: hevc10, resolution: 4k, references: 6', [[24_883_200, 10]]],
    ['preset: display', [[8_294_400, 2]]],
    ['preset: display, resolution: 4k, buffering: triple', [[33_177_600, 3]]],
    ['preset: usb-camera', [[98_304, 5]]],
    [
      'preset: ethernet',
      [
        [40_960, 1],
        [262_144, 1],
        [4096, 32],
      ],
    ],
    [
      'preset: nvme, hostMemory: 30M',
      [
        [65_536, 4],
        [16_384, 4],
        [4_194_304, 8],
        [4096, 1],
        [131_072, 1],
      ],
    ],
    ['preset: audio', [[524_288, 2]]],
    [
      'preset: rpmsg',
      [
        [262_144, 1],
        [4096, 2],
      ],
    ],
    [
      'preset: npu',
      [
        [59_187_712, 1],
        [2_097_152, 2],
      ],
    ],
  ]
  it.each(figures)('%s', (yaml, expected) => {
    const groups = planOf(yaml).streams[0]!.groups
    expect(groups.map((group) => [largest(group.bytes), group.count])).toEqual(expected)
  })
})

it('there is a ready workload for every preset, and each holds', () => {
  const files = readdirSync('resources/workloads').filter((name) => name.endsWith('.yaml'))
  const used = files.map((file) => {
    const { parsed, diagnostics } = parseWorkload(file, readFileSync(`resources/workloads/${file}`, 'utf8'))
    expect(diagnostics).toEqual([])
    expect(compileWorkload(parsed!, { ramBytes: 2 ** 30, pageBytes: 4096, board: null }).diagnostics).toEqual([])
    const [stream] = parsed!.workload.streams
    return stream && 'preset' in stream ? stream.preset : null
  })
  expect(new Set(used)).toEqual(new Set(PRESET_NAMES))
})
