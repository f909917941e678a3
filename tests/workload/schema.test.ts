import { describe, expect, it } from 'vitest'
import { formatDiagnostic } from '@shared/diagnostics.ts'
import { workloadJsonSchema } from '@shared/workload.ts'
import { parseWorkload } from '../../src-main/workload/parse.ts'

const errors = (text: string): string[] => parseWorkload('w.yaml', text).diagnostics.map(formatDiagnostic)

describe('the published schema', () => {
  it('is the one that validates files (`vitest -u` writes it anew)', async () => {
    const text = `${JSON.stringify(workloadJsonSchema(), null, 2)}\n`
    await expect(text).toMatchFileSnapshot('../../resources/schemas/workload.schema.json')
  })
})

describe('a workload file with mistakes', () => {
  const cases: [string, string, string[]][] = [
    ['accepts a minimal file', 'format: 1\nname: x\n', []],
    [
      'leaves extension keys alone',
      'format: 1\nname: x\nx-mine: {a: 1}\nstreams:\n  - preset: audio\n    x-note: hi\n',
      [],
    ],
    ['names what is missing', 'format: 1\n', ['w.yaml:1:1: error: "name" is missing; add it']],
    ['knows which format it reads', 'format: 2\nname: x\n', ['w.yaml:1:9: error: "format" must be 1']],
    [
      'suggests the key that was meant',
      'format: 1\nname: x\nstream: []\n',
      [
        'w.yaml:3:1: error: unknown key "stream"; did you mean "streams"? remove it, or begin its name with x- if it is your own',
      ],
    ],
    [
      'points into a preset',
      'format: 1\nname: x\nstreams:\n  - preset: camera\n    resolution: 9p\n    frame: 3\n',
      [
        'w.yaml:5:17: error: "resolution" is no resolution; write 720p, 1080p, 1440p, 4k, 5mp, 8mp, 12mp or WIDTHxHEIGHT',
        'w.yaml:6:5: error: unknown key "frame"; did you mean "frames"? remove it, or begin its name with x- if it is your own',
      ],
    ],
    [
      'points into a buffer',
      'format: 1\nname: x\nstreams:\n  - device: gpu\n    buffers:\n      - count: 3\n      - bytes: 4M\n        kind: coherrent\n',
      [
        'w.yaml:6:9: error: "bytes" is missing; add it',
        'w.yaml:8:15: error: "kind" must be coherent, streaming, noncontiguous or pages',
      ],
    ],
    ['reports broken YAML', 'format: 1\nname: [x\n', ['w.yaml:3:1: error: Flow sequence in block collection']],
  ]
  it.each(cases)('%s', (_, text, expected) => {
    const found = errors(text)
    expect(found).toHaveLength(expected.length)
    expected.forEach((line, i) => expect(found[i]).toContain(line))
  })

  it('names the presets that there are', () => {
    const [line] = errors('format: 1\nname: x\nstreams:\n  - preset: camra\n')
    expect(line).toMatch(/^w.yaml:4:13: error: there is no preset "camra"; did you mean "camera"\? presets: camera, /)
  })

  it('survives hostile input', () => {
    expect(errors('')).toHaveLength(1)
    expect(errors('- '.repeat(5000))).not.toHaveLength(0)
    expect(errors(`${'a: &a [*b]\n'.repeat(3)}`)).not.toHaveLength(0)
    expect(errors('x'.repeat(2 * 1024 * 1024))[0]).toContain('larger than 1 MiB')
  })
})
