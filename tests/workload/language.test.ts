import { describe, expect, it } from 'vitest'
import { MiB } from '@shared/units.ts'
import { completionsIn, hoverIn } from '../../src-main/workload/language/index.ts'
import { parseWorkload } from '../../src-main/workload/parse.ts'
import { smallBoard } from './lab.ts'

const surroundings = { board: smallBoard({}), ramBytes: 128 * MiB }

/** A text with `|` where the cursor is. */
function cut(marked: string): { text: string; line: number; column: number; offset: number } {
  const offset = marked.indexOf('|')
  const before = marked.slice(0, offset).split('\n')
  return { text: marked.replace('|', ''), line: before.length, column: before.at(-1)!.length + 1, offset }
}
const offered = (marked: string) => {
  const { text, line, column } = cut(marked)
  return completionsIn('w.yaml', text, line, column, surroundings)
}
const labels = (marked: string) => offered(marked).map(({ label }) => label)
const hover = (marked: string) => {
  const { text, line, column } = cut(marked)
  return hoverIn('w.yaml', text, line, column, surroundings)?.contents ?? null
}
/** The file after the entry of that name was taken, without what a snippet leaves to be filled in. */
function taken(marked: string, label: string): string {
  const { text } = cut(marked)
  const { snippet, range } = offered(marked).find((item) => item.label === label)!
  const at = (line: number, column: number) =>
    text
      .split('\n')
      .slice(0, line - 1)
      .reduce((sum, each) => sum + each.length + 1, 0) +
    column -
    1
  const written = snippet.replaceAll(/\$\d/g, '')
  return text.slice(0, at(range.line, range.column)) + written + text.slice(at(range.endLine, range.endColumn))
}

const head = 'format: 1\nname: it\n'

describe('completion of a workload', () => {
  it('offers the keys of a file that are not there yet, those that are needed first', () => {
    expect(labels('|')).toEqual(
      expect.arrayContaining(['format', 'name', 'duration', 'parameters', 'memory', 'phases', 'streams']),
    )
    expect(labels(`${head}|`)).not.toContain('name')
    expect(labels(`${head}dur|`)).toContain('duration')
    expect(offered('|').find(({ label }) => label === 'format')!.rank).toBeLessThan(
      offered('|').find(({ label }) => label === 'memory')!.rank,
    )
  })

  it('begins a stream with a preset or its own keys', () => {
    const list = labels(`${head}streams:\n  - |\n`)
    expect(list).toEqual(expect.arrayContaining(['preset: camera', 'preset: npu', 'device', 'buffers']))
    expect(list).not.toContain('pixels')
  })

  it('knows the parameters of the preset that is written', () => {
    const list = labels(`${head}streams:\n  - preset: camera\n    name: a\n    |\n`)
    expect(list).toEqual(expect.arrayContaining(['pixels', 'frames', 'device', 'sessions']))
    for (const other of ['codec', 'buffers', 'name']) expect(list).not.toContain(other)
  })

  it('offers choices, constants and examples as values', () => {
    expect(labels(`${head}streams:\n  - preset: |\n`)).toContain('video-decode')
    expect(labels(`${head}streams:\n  - preset: camera\n    pixels: |\n`)).toEqual(
      expect.arrayContaining(['nv12', 'yuyv']),
    )
    expect(labels(`${head}duration: |\n`)).toContain('10s')
    const kinds = offered(`${head}streams:\n  - buffers:\n      - bytes: 4K\n        context: |\n`)
    expect(kinds.map(({ label, detail }) => `${label} ${detail}`)).toEqual(['blocking default', 'atomic '])
  })

  it('offers devices of the board and phases of the file', () => {
    expect(labels(`${head}streams:\n  - device: |\n`)).toEqual(expect.arrayContaining(['/cam', '/net']))
    const phases = 'phases:\n  - { name: night, start: 0, stop: 1s }\n'
    expect(labels(`${head}${phases}streams:\n  - device: cam\n    phases: [|]\n`)).toContain('night')
  })

  it('works inside of braces and brackets, closed or not', () => {
    expect(labels(`${head}memory:\n  churn: { |\n`)).toEqual(expect.arrayContaining(['every', 'bytes']))
    expect(labels(`${head}memory:\n  churn: { every: 1s, bytes: { | } }\n`)).toEqual(
      expect.arrayContaining(['min', 'max', 'mean', 'most', 'oneOf']),
    )
    expect(labels(`${head}memory:\n  churn: { every: 1s, bytes: { mean: 1M, | } }\n`)).toEqual(['most'])
    expect(labels(`${head}streams:\n  - buffers:\n      - attributes: [no-warn, |]\n`)).toContain('write-combine')
    expect(labels(`${head}streams:\n  - buffers:\n      - attributes:\n          - |\n`)).toContain('write-combine')
  })

  it('offers nothing in a comment or where there is nothing to choose', () => {
    expect(labels(`${head}# a |`)).toEqual([])
    expect(labels('format: 1\nname: |')).toEqual([])
  })

  it('writes what parses: the colon, and the beginning of a list where only a list can stand', () => {
    expect(taken(`${head}|`, 'streams')).toBe(`${head}streams:\n  - `)
    expect(taken(`${head}streams:\n  - preset: camera\n    fr|: 4\n`, 'frames')).toContain('    frames: 4\n')
    const text = taken(`${head}streams:\n  - |\n`, 'preset: camera')
    expect(parseWorkload('w.yaml', text).diagnostics).toEqual([])
    expect(offered(`${head}streams:\n  - |`).find(({ label }) => label === 'buffers')!.snippet).toBe(
      'buffers:\n    - $0',
    )
  })
})

describe('hover over a workload', () => {
  it('says what a key is for, what it takes and what it is when it is left out', () => {
    const text = hover(`${head}streams:\n  - preset: camera\n    pix|els: nv12\n`)!
    expect(text).toContain('**pixels**')
    expect(text).toContain('Pixel format')
    expect(text).toContain('`yuyv | uyvy')
    expect(text).toContain('Default: `yuyv`')
  })

  it('works out sizes, times and devices', () => {
    expect(hover(`${head}parameters: { w: 1024 }\nmemory:\n  pageCache: ram / 8 + |w\n`)).toMatch(/→ 16(\.00)?\s?MiB/)
    expect(hover(`${head}duration: 1s| / 4\n`)).toContain('→ 250 ms')
    expect(hover(`${head}streams:\n  - device: n|et\n`)).toContain('→ `/net`')
    expect(hover(`${head}streams:\n  - device: n|owhere\n`)).toContain('no device "nowhere"')
  })

  it('has nothing to say of what the format does not know', () => {
    expect(hover(`${head}unkn|own: 1\n`)).toBeNull()
    expect(hover('|')).toBeNull()
  })

  it('survives any unfinished text', () => {
    const whole = `${head}memory:\n  churn: { every: 1s, bytes: { mean: 256K } }\nstreams:\n  - preset: camera\n    device: "cam"\n`
    for (let end = 0; end <= whole.length; end++) {
      const text = whole.slice(0, end)
      expect(() => labels(`${text}|`)).not.toThrow()
      expect(() => hover(`${text}|`)).not.toThrow()
    }
  })
})
