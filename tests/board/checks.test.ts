import { describe, expect, it } from 'vitest'
import type { Machine } from '@shared/board.ts'
import { checkTable } from '../../src-main/board/index.ts'
import { examine } from '../../src-main/lab/examine.ts'
import { boardText as board } from './board-text.ts'

function check(source: string, machine: Machine = {}) {
  const files = { readText: (path: string) => (path === 'b.dts' ? source : null), readBytes: () => null }
  const { findings, diagnostics } = examine({ entry: 'b.dts', files }, machine)
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([])
  return findings
}
const codes = (source: string, machine?: Machine) => check(source, machine).map((d) => `${d.severity} ${d.code}`)
const user = (label: string) =>
  `	camera@1000 { compatible = "x,cam"; reg = <0 0x1000 0 0x1000>; memory-region = <&${label}>; };`
const cma = (body: string) => `		cam: cam { compatible = "shared-dma-pool"; reusable; ${body} };`

/** Applies the first quick fix of a code. */
function mended(source: string, code: string, machine?: Machine): string {
  const edit = check(source, machine).find((d) => d.code === code)!.fixes![0]!.edits[0]!
  const lines = source.split('\n')
  expect(edit.line).toBe(edit.endLine)
  const line = lines[edit.line - 1]!
  lines[edit.line - 1] = line.slice(0, edit.column - 1) + edit.newText + line.slice(edit.endColumn - 1)
  return lines.join('\n')
}

describe('memory checks', () => {
  it('say nothing of a sound board', () => {
    expect(codes(board(cma('size = <0 0x6000000>;'), { rest: user('cam') }))).toEqual([])
  })

  // prettier-ignore
  it.each([
    // 0x5000_0000 ▕▓▓▓▓a▓▓▓▓▏
    //           ▕▓▓▓▓b▓▓▓▓▏  0x5080_0000
    ['error overlap', '		a@50000000 { reg = <0 0x50000000 0 0x1000000>; };\n		b@50800000 { reg = <0 0x50800000 0 0x1000000>; };'],
    ['error overlap', '		a@50000000 { compatible = "shared-dma-pool"; linux,dma-default; no-map; reg = <0 0x50000000 0 0x1000000>; };\n		b@50000000 { no-map; reg = <0 0x50000000 0 0x1000>; };'],
    ['error reusable-no-map', '		r { compatible = "shared-dma-pool"; linux,dma-default; reusable; no-map; size = <0 0x400000>; };'],
    ['error size-cells', cma('linux,cma-default; size = <0x6000000>;')],
    ['error alignment-cells', cma('linux,cma-default; size = <0 0x6000000>; alignment = <0x400000>;')],
    ['error region-reg-cells', '		r@50000000 { reg = <0x50000000 0x1000000>; };\n'],
    ['error cma-alignment', cma('linux,cma-default; size = <0 0x100000>;')],
    ['error cma-alignment', cma('linux,cma-default; reg = <0 0x50100000 0 0x4000000>;')],
    ['error outside-ram', cma('linux,cma-default; reg = <0 0x90000000 0 0x4000000>;')],
    ['error alloc-ranges-too-small', cma('linux,cma-default; size = <0 0x6000000>; alloc-ranges = <0 0x40000000 0 0x4000000>;')],
    ['warning region-without-size', '		r { no-map; };'],
    ['warning ignored-beside-reg', '		r@50000000 { reg = <0 0x50000000 0 0x1000>; size = <0 0x1000>; };'],
    ['warning mapped-pool', '		r { compatible = "shared-dma-pool"; linux,dma-default; size = <0 0x400000>; };'],
    ['warning cma-default-without-cma', '		r { compatible = "shared-dma-pool"; linux,cma-default; no-map; size = <0 0x400000>; };'],
    ['warning starved', cma('linux,cma-default; size = <0 0x3c000000>;')],
    ['info pool-unused', cma('size = <0 0x6000000>;')],
    ['error no-room', cma('linux,cma-default; size = <0 0x30000000>;') + '\n		b { no-map; size = <0 0x30000000>; };'],
  ])('find %s', (code, regions) => {
    expect(codes(board(regions))).toContain(code)
  })

  // prettier-ignore
  it.each([
    ['cma=64', 'error bootargs-size'],
    ['cma=64MB', 'error bootargs-size'],
    ['coherent_pool=x', 'error bootargs-size'],
    ['swiotlb=64M', 'error swiotlb-slabs'],
    ['swiotlb=64', 'warning swiotlb-slabs'],
    ['coherent_pool=128M', 'warning coherent-pool-too-large'],
    ['cma=64M@0x50100000', 'error cma-fixed-place'],
    ['cma=4G', 'error cma-not-reserved'],
    ['cma=64M cma=32M', 'warning bootargs-twice'],
  ])('find in bootargs %s: %s', (bootargs, code) => {
    expect(codes(board('', { bootargs }))).toContain(code)
  })

  it.each([
    'cma=64M',
    'cma=0x4000000@0x50000000',
    'swiotlb=65536,force',
    'swiotlb=noforce',
    'coherent_pool=1M',
    'cma=0',
  ])('accept %s', (bootargs) => expect(codes(board('', { bootargs }))).toEqual([]))

  it('point at the word of the command line that replaces the default area, and at the node', () => {
    const [finding] = check(board(cma('linux,cma-default; size = <0 0x6000000>;'), { bootargs: 'quiet cma=64M' }))
    expect(finding).toMatchObject({ code: 'cma-default-overridden', line: 11 })
    expect(finding!.related).toMatchObject([{ line: 6, column: 29, endColumn: 36 }])
  })

  it('count areas as the kernel does', () => {
    const areas = Array.from(
      { length: 4 },
      (_, n) => `		a${n} { compatible = "shared-dma-pool"; reusable; size = <0 0x400000>; };`,
    )
    const rest = '	lab { compatible = "carveout,lab"; config = "CMA_AREAS=2"; };'
    const tooMany = check(board(areas.join('\n'), { rest })).filter((d) => d.code === 'too-many-areas')
    expect(tooMany.length).toBeGreaterThan(0)
    expect(tooMany.at(-1)!.message).toContain('a3')
  })

  it('know the alignment of other page sizes', () => {
    const machine = {
      config:
        'CONFIG_ARM64=y\nCONFIG_ARM64_64K_PAGES=y\nCONFIG_CMA=y\nCONFIG_DMA_CMA=y\nCONFIG_TRANSPARENT_HUGEPAGE=y\nCONFIG_HUGETLB_PAGE=y\n',
    }
    expect(codes(board(cma('size = <0 0x6000000>;'), { rest: user('cam') }), machine)).toContain('error cma-alignment')
  })

  it('see that a bus or a mask does not reach an area', () => {
    const bus = (
      range: string,
    ) => `	bus@0 { #address-cells = <1>; #size-cells = <1>; compatible = "simple-bus"; reg = <0 0 0 1>; ranges = <0 0 0 0x10000000>; dma-ranges = <0 0 ${range}>;
		vpu@1000 { compatible = "x,vpu"; reg = <0x1000 0x1000>; memory-region = <&cam>; };
	};`
    const area = cma('size = <0 0x6000000>; alloc-ranges = <0 0x70000000 0 0x10000000>;')
    expect(codes(board(area, { rest: bus('0x40000000 0x20000000') }))).toContain('warning area-out-of-reach')
    expect(codes(board(area, { rest: bus('0x40000000 0x40000000') }))).toEqual([])
  })

  it('see that a device names a region that is switched off', () => {
    const off = '		cam: cam { compatible = "shared-dma-pool"; reusable; size = <0 0x400000>; status = "disabled"; };'
    expect(codes(board(off, { rest: user('cam') }))).toEqual(['warning region-disabled'])
  })

  it('see that dynamic placement puts nothing on what the loader put there', () => {
    const fixed = '		r@44000000 { reg = <0 0x44000000 0 0x1000000>; };'
    const initrd = { start: 0x44800000, end: 0x44900000 }
    expect(codes(board(fixed), { initrd })).toContain('error overlap')
  })

  it('ask for RAM where the board leaves it to the boot loader', () => {
    const silent = board('', { ram: '0 0x40000000 0 0' })
    expect(codes(silent)).toEqual(['warning no-memory'])
    expect(codes(silent, { memory: [{ start: 0x40000000, end: 0x80000000 }] })).toEqual([])
  })

  // prettier-ignore
  it.each([
    ['size-cells', board(cma('linux,cma-default; size = <0x6000000>;'))],
    ['cma-alignment', board(cma('linux,cma-default; size = <0 0x6100000>;'))],
    ['cma-alignment', board(cma('linux,cma-default; reg = <0 0x50100000 0 0x4000000>;'))],
    ['swiotlb-slabs', board('', { bootargs: 'quiet swiotlb=64M' })],
    ['bootargs-size', board('', { bootargs: 'cma=64 quiet' })],
    ['coherent-pool-too-large', board('', { bootargs: 'coherent_pool=16M' })],
    ['cma-default-overridden', board(cma('linux,cma-default; size = <0 0x6000000>;'), { bootargs: 'cma=64M' })],
    ['reserved-memory-ranges', board('		r@50000000 { reg = <0 0x50000000 0 0x1000>; };').replace('		ranges;\n', '')],
    ['reserved-memory-cells', board('		r@50000000 { reg = <0 0x50000000 0 0x1000>; };').replace(/(reserved-memory[^]*?size-cells = )<2>/, '$1<1>')],
  ])('mend %s by a quick fix', (code, source) => {
    expect(codes(mended(source, code))).toEqual([])
  })

  it('have one name each', () => {
    expect(new Set(checkTable.map((c) => c.code)).size).toBe(checkTable.length)
  })
})
