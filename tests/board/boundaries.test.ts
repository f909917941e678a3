import { describe, expect, it } from 'vitest'
import type { Machine } from '@shared/board.ts'
import { checkTable } from '../../src-main/board/index.ts'
import { examine } from '../../src-main/lab/examine.ts'
import { sarifLog } from '../../src-main/report/sarif.ts'
import { boardText as board } from './board-text.ts'

function findings(source: string, machine: Machine = {}) {
  const files = { readText: (path: string) => (path === 'b.dts' ? source : null), readBytes: () => null }
  return examine({ entry: 'b.dts', files }, machine).findings
}

const pool = (body: string, name = 'cam') => `${name}: ${name} { compatible = "shared-dma-pool"; ${body} };`
const area = (body: string) => pool(`reusable; linux,cma-default; ${body}`)
const fixed = (name: string, start: string, size: string) => `${name} { reg = <0 ${start} 0 ${size}>; };`
const camera = (more = '') =>
  `camera@1000 { compatible = "x,cam"; reg = <0 0x1000 0 0x1000>; memory-region = <&cam>; ${more} };`
const areas = (count: number) =>
  Array.from({ length: count }, (_, n) => pool('reusable; size = <0 0x400000>;', `a${n}`)).join(' ')
const lab = 'lab { compatible = "carveout,lab"; config = "CMA_AREAS=3"; };'
const pages64k: Machine = { config: 'CONFIG_ARM64=y\nCONFIG_ARM64_64K_PAGES=y\n' }
const dmaPool = (reg: string) => pool(`no-map; linux,dma-default; reg = <${reg}>;`)
const onBus = (reach: string) =>
  `bus@0 { #address-cells = <1>; #size-cells = <1>; compatible = "simple-bus"; reg = <0 0 0 1>; ranges = <0 0 0 0x10000000>;
	dma-ranges = <0 0 0x40000000 ${reach}>; vpu@1000 { compatible = "x,vpu"; reg = <0x1000 0x1000>; memory-region = <&cam>; }; };`

interface Row {
  code: string
  bad: string
  good: string
  machine?: Machine
  /** The other place that the finding leads to, by the text of its line. */
  related?: string
}

/** Every memory check with a board that just shows it and one that just does not. */
// prettier-ignore
const rows: Row[] = [
  // ▕▓▓a▓▓▏        ▕▓▓a▓▓▏
  //      ▕▓▓b▓▓▏          ▕▓▓b▓▓▏
  { code: 'overlap', related: '50000000',
    bad: board(`${fixed('a@50000000', '0x50000000', '0x1000000')}\n${fixed('b@50fff000', '0x50fff000', '0x1000000')}`),
    good: board(`${fixed('a@50000000', '0x50000000', '0x1000000')}\n${fixed('b@51000000', '0x51000000', '0x1000000')}`) },
  // the boot loader put its initrd where the kernel goes on to place an area
  { code: 'overlap', machine: { initrd: { start: 0x7fe00000, end: 0x7ff00000 } },
    bad: board(dmaPool('0 0x7fe00000 0 0x200000')), good: board(dmaPool('0 0x7fc00000 0 0x200000')) },
  { code: 'size-cells', bad: board(area('size = <0x4000000>;')), good: board(area('size = <0 0x4000000>;')) },
  { code: 'reserved-memory-cells', bad: board(area('size = <0 0x4000000>;')).replace(/(memory \{\s+#address-cells = )<2>/, '$1<1>'), good: board(area('size = <0 0x4000000>;')) },
  { code: 'page-alignment', bad: board(dmaPool('0 0x50000800 0 0x10000')), good: board(dmaPool('0 0x50001000 0 0x10000')) },
  { code: 'page-alignment', machine: pages64k, bad: board(dmaPool('0 0x50001000 0 0x10000')), good: board(dmaPool('0 0x50010000 0 0x10000')) },
  { code: 'cma-alignment', bad: board(area('size = <0 0x4100000>;')), good: board(area('size = <0 0x4200000>;')) },
  { code: 'outside-ram', bad: board(area('reg = <0 0x7c000000 0 0x4400000>;')), good: board(area('reg = <0 0x7bc00000 0 0x4400000>;')) },
  { code: 'reusable-no-map', related: 'reusable', bad: board(area('no-map; size = <0 0x4000000>;')), good: board(area('size = <0 0x4000000>;')) },
  { code: 'cma-default-overridden', related: 'cma=32M', bad: board(area('size = <0 0x4000000>;'), { bootargs: 'quiet cma=32M' }), good: board(area('size = <0 0x4000000>;'), { bootargs: 'quiet cma_pernuma=32M' }) },
  { code: 'alloc-ranges-too-small', related: 'size', bad: board(area('size = <0 0x4000000>;\n alloc-ranges = <0 0x40000000 0 0x3e00000>;')), good: board(area('size = <0 0x4000000>;\n alloc-ranges = <0 0x50000000 0 0x4000000>;')) },
  // banks that touch are one: the window spans both
  { code: 'alloc-ranges-too-small', bad: board(area('size = <0 0x4000000>; alloc-ranges = <0 0x5e000000 0 0x4000000>;'), { ram: '0 0x40000000 0 0x20000000>, <0 0x61000000 0 0x20000000' }), good: board(area('size = <0 0x4000000>; alloc-ranges = <0 0x5e000000 0 0x4000000>;'), { ram: '0 0x40000000 0 0x20000000>, <0 0x60000000 0 0x20000000' }) },
  // a mask of 32 bits ends at 4 GiB
  { code: 'area-out-of-reach', related: 'cam', bad: board(pool('reusable; size = <0 0x4000000>; alloc-ranges = <1 0 0 0x20000000>;'), { rest: camera(), ram: '0 0x40000000 1 0x40000000' }), good: board(pool('reusable; size = <0 0x4000000>; alloc-ranges = <0 0xe0000000 0 0x20000000>;'), { rest: camera(), ram: '0 0x40000000 1 0x40000000' }) },
  { code: 'area-out-of-reach', bad: board(pool('reusable; reg = <0 0x5c000000 0 0x4000000>;'), { rest: onBus('0x1fffffff') }), good: board(pool('reusable; reg = <0 0x5c000000 0 0x4000000>;'), { rest: onBus('0x20000000') }) },
  { code: 'too-many-areas', bad: board(areas(4), { rest: lab }), good: board(areas(2), { rest: lab }) },
  { code: 'starved', bad: board(area('size = <0 0x30400000>;')), good: board(area('size = <0 0x2fc00000>;')) },
  { code: 'no-room', bad: board(`${area('size = <0 0x20000000>;')} b { no-map; size = <0 0x20000000>; };`), good: board(`${area('size = <0 0x20000000>;')} b { no-map; size = <0 0x10000000>; };`) },
  { code: 'region-disabled', related: 'disabled', bad: board(pool('reusable; size = <0 0x400000>; status = "disabled";'), { rest: camera() }), good: board(pool('reusable; size = <0 0x400000>; status = "okay";'), { rest: camera() }) },
  { code: 'pool-unused', bad: board(pool('reusable; size = <0 0x400000>;')), good: board(pool('reusable; size = <0 0x400000>;'), { rest: camera('status = "disabled";') }) },
  { code: 'memory-overlap', related: '40000000', bad: board('', { ram: '0 0x40000000 0 0x20000000>, <0 0x5ff00000 0 0x20000000' }), good: board('', { ram: '0 0x40000000 0 0x20000000>, <0 0x60000000 0 0x20000000' }) },
]

describe.each(rows)('$code', ({ code, bad, good, machine, related }) => {
  it('is found, at a place of the file', () => {
    const found = findings(bad, machine).filter((finding) => finding.code === code)
    expect(found.length).toBeGreaterThan(0)
    const lines = bad.split('\n')
    for (const { file, line, column, message } of found) {
      expect(file).toBe('b.dts')
      expect(lines[line - 1]!.length).toBeGreaterThanOrEqual(column - 1)
      expect(message).not.toContain('NaN')
    }
    if (related)
      expect(
        found
          .flatMap((d) => d.related ?? [])
          .map(({ line }) => lines[line - 1])
          .join(),
      ).toContain(related)
  })

  it('is not found where there is just nothing wrong', () => {
    expect(findings(good, machine).map((finding) => finding.code)).not.toContain(code)
  })

  it('stands in a SARIF log with its rule', () => {
    const log = sarifLog(
      findings(bad, machine),
      checkTable.map((check) => ({ ...check, help: null })),
      '1',
    )
    expect(JSON.stringify(log)).toContain(`"ruleId":"${code}"`)
  })
})
