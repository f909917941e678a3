import { describe, expect, it } from 'vitest'
import type { Completion, LanguageAnswers, LanguageQuestion } from '@shared/language.ts'
import { examine } from '../../../src-main/lab/examine.ts'
import { answer, snapshotOf } from '../../../src-main/lab/language.ts'

const soc = `/ {
	#address-cells = <2>;
	#size-cells = <2>;
	smmu: iommu@9000 { reg = <0 0x9000 0 0x1000>; compatible = "arm,smmu-v3"; #iommu-cells = <1>; };
	vpu: vpu@1000 { compatible = "x,vpu"; reg = <0 0x1000 0 0x1000>; status = "disabled"; };
};
`
const board = `/dts-v1/;
#include "soc.dtsi"
#define CAM_SIZE 0x6000000
/ {
	chosen { bootargs = "quiet cma=64M"; };
	memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x40000000>; };
	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		cam: cam-pool { compatible = "shared-dma-pool"; reusable; size = <0 CAM_SIZE>; };
	};
};
&vpu { status = "okay"; memory-region = <&cam>; };
`

/** Asks at `|` in the text of board.dts. */
function ask<Q extends LanguageQuestion>(
  question: Q,
  marked: string,
  newName = '',
  file = 'board.dts',
): LanguageAnswers[Q] {
  const at = marked.indexOf('|')
  const text = at < 0 ? marked : marked.slice(0, at) + marked.slice(at + 1)
  const before = marked.slice(0, Math.max(at, 0)).split('\n')
  const texts: Record<string, string> = { 'board.dts': text, 'soc.dtsi': soc }
  const files = { readText: (path: string) => texts[path] ?? null, readBytes: () => null }
  const snapshot = snapshotOf(examine({ entry: 'board.dts', files }, {}))!
  const place = { line: before.length, column: before.at(-1)!.length + 1 }
  return answer(snapshot, { question, file, ...place, newName }, (path) => path !== 'outside.dtsi')
}
const labels = (items: Completion[]) => [...items].sort((a, b) => a.rank - b.rank).map((item) => item.label)
const edit = (from: string, to: string) => {
  expect(board).toContain(from)
  return board.replace(from, to)
}

describe('paths', () => {
  const folders: Record<string, { name: string; isFolder: boolean }[]> = {
    '': [
      { name: 'board.dts', isFolder: false },
      { name: 'soc.dtsi', isFolder: false },
      { name: 'logo.bin', isFolder: false },
      { name: 'sub', isFolder: true },
    ],
    'inc/': [{ name: 'dt-bindings', isFolder: true }],
    'inc/dt-bindings/': [{ name: 'gpio.h', isFolder: false }],
  }
  const paths = (written: string) => {
    const files = {
      readText: (path: string) => (path === 'board.dts' ? `/dts-v1/;\n${written}\n/ { };\n` : null),
      readBytes: () => null,
      list: (folder: string) => folders[folder] ?? null,
    }
    const snapshot = snapshotOf(examine({ entry: 'board.dts', files, includeDirs: ['inc'] }, {}))!
    const place = { file: 'board.dts', line: 2, column: written.length + 1, newName: '' }
    return answer(snapshot, { question: 'completion', ...place }, () => true)
  }
  it.each([
    ['#include "', ['board.dts', 'soc.dtsi', 'sub/', 'dt-bindings/']],
    ['#include <', ['dt-bindings/']],
    ['#include <dt-bindings/gp', ['gpio.h']],
    ['/include/ "s', ['board.dts', 'soc.dtsi', 'sub/', 'dt-bindings/']],
    ['/ { p = /incbin/("', ['board.dts', 'soc.dtsi', 'logo.bin', 'sub/', 'dt-bindings/']],
    ['#include "none/', []],
  ])('%s', (written, expected) => {
    expect(paths(written).map((item) => item.label)).toEqual(expected)
  })
  it('replace what stands after the last slash', () => {
    expect(paths('#include <dt-bindings/gp')[0]).toMatchObject({
      snippet: 'gpio.h',
      range: { column: 23, endColumn: 25 },
    })
  })
})

describe('completion', () => {
  it('offers the properties of a region with templates, without those it has', () => {
    const items = ask('completion', edit('reusable; size', 'reusable; | size'))
    expect(labels(items)).toEqual(expect.arrayContaining(['alloc-ranges', 'alignment', 'linux,cma-default', 'no-map']))
    expect(labels(items)).not.toContain('reusable')
    expect(items.find((item) => item.label === 'alloc-ranges')!.snippet).toContain('${1:')
  })
  it('offers what belongs into a device, and nodes of reserved-memory', () => {
    expect(labels(ask('completion', edit('status = "okay";', 'mem| status = "okay";')))).toContain(
      'memory-region-names',
    )
    expect(labels(ask('completion', edit('ranges;', 'ranges;\n\t\t|')))).toContain('CMA area of its own')
  })
  it('puts regions first after & of memory-region, and IOMMUs first in iommus', () => {
    expect(labels(ask('completion', edit('<&cam>', '<&|>')))[0]).toBe('cam')
    expect(labels(ask('completion', edit('memory-region = <&cam>', 'iommus = <&|>')))[0]).toBe('smmu')
  })
  it('offers macros among cells', () => {
    expect(labels(ask('completion', edit('0 CAM_SIZE', '0 CAM|')))).toContain('CAM_SIZE')
  })
  it('offers strings: compatible of regions, status, arguments that are not there yet', () => {
    expect(labels(ask('completion', edit('"shared-dma-pool"', '"sh|"')))).toContain('shared-dma-pool')
    expect(labels(ask('completion', edit('"okay"', '"|"')))).toContain('disabled')
    const args = labels(ask('completion', edit('quiet cma=64M', 'quiet cma=64M |')))
    expect(args).toContain('coherent_pool=')
    expect(args).not.toContain('cma=')
  })
  it('says nothing in comments', () => {
    expect(ask('completion', edit('/ {', '/* a | b */ / {'))).toEqual([])
    expect(ask('completion', edit('/ {', '// a |\n/ {'))).toEqual([])
  })
  it('replaces the word that is being written', () => {
    const { range } = ask('completion', edit('reusable; size', 'reusable; alloc-r| size')).find(
      (item) => item.label === 'alloc-ranges',
    )!
    expect(range.endColumn - range.column).toBe('alloc-r'.length)
  })
})

describe('hover', () => {
  const contents = (marked: string) => ask('hover', marked)?.contents ?? ''
  it('shows where a region lands, on its size and on its name', () => {
    expect(contents(edit('size = <0 CAM', 'si|ze = <0 CAM'))).toMatch(/Lands at \*\*0x[0-9a-f_]+ … .*96 MiB/s)
    expect(contents(edit('cam: cam-pool', 'cam: cam-|pool'))).toMatch(/\/reserved-memory\/cam-pool.*Lands at/s)
  })
  it('shows the final node with what extends it', () => {
    const text = contents(edit('&vpu {', '&v|pu {'))
    expect(text).toContain('status = "okay"')
    expect(text).toContain('compatible = "x,vpu"')
    expect(text).toContain('soc.dtsi:5')
  })
  it('decodes cells, references, macros and boot arguments', () => {
    expect(contents(edit('reg = <0 0x40000000', 're|g = <0 0x40000000'))).toContain('0x4000_0000 … 0x7fff_ffff (1 GiB)')
    expect(contents(edit('memory-region = ', 'memory-re|gion = '))).toContain('/reserved-memory/cam-pool')
    expect(contents(edit('0 CAM_SIZE', '0 CAM|_SIZE'))).toContain('#define CAM_SIZE 0x6000000')
    expect(contents(edit('cma=64M', 'c|ma=64M'))).toMatch(/Lands at .*64 MiB/)
    expect(contents(edit('quiet cma=64M', 'swi|otlb=32768'))).toContain('64 MiB')
  })
})

describe('names', () => {
  const places = (spans: { file: string; line: number; column: number }[]) =>
    spans.map((s) => `${s.file}:${s.line}:${s.column}`)
  it('lead to definitions across files', () => {
    expect(places(ask('definition', edit('&vpu {', '&v|pu {')))).toEqual(['soc.dtsi:5:2'])
    expect(places(ask('definition', edit('0 CAM_SIZE', '0 C|AM_SIZE')))).toEqual(['board.dts:3:9'])
    expect(places(ask('definition', edit('"soc.dtsi"', '"so|c.dtsi"')))).toEqual(['soc.dtsi:1:1'])
  })
  it('know their uses', () => {
    expect(places(ask('references', edit('cam: cam', 'c|am: cam')))).toEqual(['board.dts:11:3', 'board.dts:14:43'])
  })
  it('are renamed everywhere, and not outside of the project', () => {
    const done = ask('rename', edit('&vpu {', '&v|pu {'), 'codec')
    expect(done).toMatchObject({ ok: true })
    expect(done.ok && places(done.edits)).toEqual(['soc.dtsi:5:2', 'board.dts:14:2'])
    expect(ask('rename', edit('&vpu {', '&v|pu {'), 'cam')).toMatchObject({ ok: false })
    expect(ask('rename', edit('&vpu {', '&v|pu {'), '4x')).toMatchObject({ ok: false })
    expect(ask('rename', edit('CAM_SIZE 0', 'CAM|_SIZE 0'), 'SIZE')).toMatchObject({ ok: true, edits: [{}, {}] })
  })
})

describe('views of a file', () => {
  it('outline', () => {
    const [root, vpu] = ask('outline', board)
    expect(root!.children.map((item) => item.name)).toEqual(['chosen', 'memory@40000000', 'reserved-memory'])
    expect(vpu!.name).toBe('&vpu')
  })
  it('fold', () => {
    expect(ask('folding', board)).toContainEqual({ startLine: 7, endLine: 11, kind: 'region' })
  })
  it('colour', () => {
    const tokens = ask('tokens', edit('&vpu', '#if 0\nhidden\n#endif\n&vpu'))
    expect(tokens).toContainEqual({ line: 11, column: 3, length: 3, type: 'label' })
    expect(tokens).toContainEqual({ line: 15, column: 1, length: 6, type: 'inactive' })
  })
  it('hint at sizes and places', () => {
    const hints = ask('inlayHints', board).map((hint) => `${hint.line}: ${hint.label}`)
    expect(hints).toContainEqual(expect.stringMatching(/^11: 96 MiB → 0x/) as string)
    expect(hints).toContainEqual(expect.stringMatching(/^5: 64 MiB → 0x/) as string)
    expect(hints).toContain('6: 1 GiB')
  })
  it('name the cell that is being written', () => {
    const signature = ask('signature', edit('reg = <0 0x40000000 0 0x40000000>', 'reg = <0 0x40000000 |>'))!
    expect(signature.label).toBe('reg = <address-high address-low size-high size-low>')
    expect(signature.active).toBe(2)
    expect(ask('signature', edit('memory-region = <&cam>', 'iommus = <&smmu |>'))).toMatchObject({ active: 1 })
  })
  it('compiled, with a line of the source for each line', () => {
    const { text, lines } = ask('compiled', board)
    expect(lines.length).toBe(text.trimEnd().split('\n').length)
    const at = text.split('\n').findIndex((line) => line.includes('size = '))
    expect(lines[at]).toMatchObject({ file: 'board.dts', line: 11 })
  })
})
