import { describe, expect, it } from 'vitest'
import { boardFromTree, findReserved, forceCma } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'

const source = `/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		vpu: vpu@50000000 { reg = <0 0x50000000 0 0x4000000>; no-map; };
		gpu@61100000 { reg = <0 0x61100000 0 0x500000>; no-map; };
		isp { size = <1 0x100000>; no-map; };
	};
};`
const { tree } = compile({ entry: 'board.dts', files: { readText: () => source, readBytes: () => null } })
const { board } = boardFromTree(tree!)
const forced = (path: string) => findReserved(forceCma(board, [path]), path)

describe('a carve-out made a CMA area', () => {
  const area = { compatible: ['shared-dma-pool'], reusable: true, noMap: false }

  it('stays where it is when it lies on an area’s boundary', () => {
    expect(forced('/reserved-memory/vpu@50000000')).toMatchObject({
      ...area,
      reg: [0, 0x5000_0000, 0, 0x400_0000],
      size: null,
    })
  })

  it('is placed by the kernel otherwise, its size rounded up', () => {
    expect(forced('/reserved-memory/gpu@61100000')).toMatchObject({ ...area, reg: null, size: [0, 0x80_0000] })
    expect(forced('/reserved-memory/isp')).toMatchObject({ ...area, reg: null, size: [1, 0x40_0000] })
  })

  it('leaves the others and the board it came from alone', () => {
    const other = forceCma(board, ['/reserved-memory/isp'])
    expect(findReserved(other, 'vpu')).toBe(findReserved(board, 'vpu'))
    expect(findReserved(board, 'isp')).toMatchObject({ noMap: true, reusable: false })
  })

  it('is found by path, name or label', () => {
    for (const name of ['/reserved-memory/vpu@50000000', 'vpu@50000000', 'vpu']) {
      expect(findReserved(board, name)?.path).toBe('/reserved-memory/vpu@50000000')
    }
    expect(findReserved(board, 'nothing')).toBeNull()
  })
})
