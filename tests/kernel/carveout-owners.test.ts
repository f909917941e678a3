import { describe, expect, it } from 'vitest'
import type { Board, Machine } from '@shared/board.ts'
import { carvedOutBytes } from '@shared/carved-out.ts'
import { MiB } from '@shared/units.ts'
import { boardFromTree, findCarveout, forceCma } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'
import { parseScript, replay } from '../../src-main/workload/replay/index.ts'

/** 256 MiB, and 16 of them for out-of-tree graphics; the codec has declared memory. A camera's is mapped like any other RAM. */
function board(arch: 'arm' | 'arm64', more = 'size = <0x1000000>;', camera = false): Board {
  const cam = (text: string): string => (camera ? text : '')
  const source = `/dts-v1/;
/ { #address-cells = <1>; #size-cells = <1>;
	memory@60000000 { device_type = "memory"; reg = <0x60000000 0x10000000>; };
	reserved-memory { #address-cells = <1>; #size-cells = <1>; ranges;
		vpu_mem: vpu@68000000 { compatible = "shared-dma-pool"; no-map; reg = <0x68000000 0x400000>; };
		dsp_mem: dsp@69000000 { no-map; reg = <0x69000000 0x800000>; };
		${cam('cam_mem: cam@6a000000 { reg = <0x6a000000 0x100000>; };')}
	};
	soc { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges;
		gpu: gpu@10000000 { compatible = "example,gpu"; reg = <0x10000000 0x1000>; };
		vpu: vpu@10010000 { compatible = "example,vpu"; reg = <0x10010000 0x1000>; memory-region = <&vpu_mem>; };
		dsp: dsp@10020000 { compatible = "example,dsp"; reg = <0x10020000 0x1000>; };
		${cam('cam: cam@10030000 { compatible = "example,cam"; reg = <0x10030000 0x1000>; };')}
	};
	chosen { bootargs = "cma=32M"; };
	lab { compatible = "carveout,lab"; arch = "${arch}";
		graphics { compatible = "carveout,carveout"; devices = <&gpu>; owner = "out-of-tree graphics"; ${more} };
		firmware { compatible = "carveout,carveout"; devices = <&dsp>; memory-region = <&dsp_mem>; isolated; };
		${cam('camera { compatible = "carveout,carveout"; devices = <&cam>; memory-region = <&cam_mem>; };')}
	};
};`
  const { tree } = compile({ entry: 'board.dts', files: { readText: () => source, readBytes: () => null } })
  const { board: read, diagnostics } = boardFromTree(tree!)
  expect(diagnostics).toEqual([])
  return read
}

function run(on: Board, script: string, machine: Machine) {
  const { commands } = parseScript(script, 'script.ops')
  const { document, diagnostics } = replay({ board: on, machine, commands })
  expect(diagnostics).toEqual([])
  return { boot: document!.boot!, answers: document!.answers }
}
const GPU = '10000000.gpu'
const alloc = (count: number, mib: number, device = GPU): string =>
  Array.from({ length: count }, (_, n) => `alloc ${device} b${n} ${mib}M kernel`).join('\n')

describe('a carve-out as it is', () => {
  it.each(['3.4', '3.7', '6.12'])('is gone before Linux %s sees memory, and lost to it', (kernel) => {
    const { boot } = run(board('arm'), 'dump end', { kernel })
    const end = Math.max(...boot.memory.map(({ base, size }) => base + size))
    expect(end).toBe(0x7000_0000 - 16 * MiB)
    expect(boot.carveouts![0]).toMatchObject({
      owner: 'out-of-tree graphics',
      base: end,
      size: 16 * MiB,
      removed: true,
    })
    // the kernels of 2012 know no /reserved-memory: board code takes the owner's region away, and nobody the declared one
    expect(carvedOutBytes(boot)).toBe((kernel === '6.12' ? 16 + 8 + 4 : 16 + 8) * MiB)
  })

  it('is sub-allocated by its owner alone: full at 16 MiB, however much the system has', () => {
    const { answers } = run(board('arm64'), alloc(5, 4), { kernel: '6.12' })
    expect(answers.map(({ ok, from }) => ok && from)).toEqual([...Array<string>(4).fill('carveout:graphics'), false])
    expect(answers[4]!['log']).toEqual([{ level: 'err', text: `${GPU}: graphics: no 4 MiB left, 0 B in one piece` }])
  })

  /** `aaab.dd…`, then `...b.dd…`: where the next MiB goes. A buddy rounds 3 MiB up to 4. */
  it.each(['first-fit', 'best-fit', 'buddy'])('places with %s', (allocator) => {
    const script = `alloc ${GPU} a 3M kernel
alloc ${GPU} b 1M kernel
alloc ${GPU} gap 1M kernel
alloc ${GPU} d 2M kernel
free a
free gap
alloc ${GPU} c 1M kernel`
    const { answers, boot } = run(board('arm64', `size = <0x1000000>; allocator = "${allocator}";`), script, {})
    const base = boot.carveouts![0]!.base
    const at = (Number(answers[6]!['phys']) - base) / MiB
    expect(at).toBe({ 'first-fit': 0, 'best-fit': 4, buddy: 5 }[allocator])
  })
})

/** dma_alloc_pages gives pages, which memory outside the linear map has none of. */
describe('pages of a carve-out', () => {
  const on = board('arm64', undefined, true)
  const devices = [GPU, '10010000.vpu', '10020000.dsp', '10030000.cam']
  const pages = (gfp: string): string => devices.map((device, n) => `pages ${device} p${n} 512K ${gfp}`).join('\n')
  const sources = (answers: { ok: boolean; from?: unknown }[]) => answers.map(({ ok, from }) => ok && from)

  it('are its owner’s to give where the kernel maps it, and the page allocator’s elsewhere', () => {
    const script = `${pages('kernel')}\npages 10030000.cam q 768K kernel\nfree p3\npages 10030000.cam r 768K kernel`
    const { answers } = run(on, script, {})
    const normal = 'cma:reserved'
    expect(sources(answers.slice(0, 5))).toEqual([normal, normal, normal, 'carveout:camera', false])
    expect(answers[6]).toMatchObject({ ok: true, from: 'carveout:camera', off: 0 })
  })

  it('come through the API from CMA, and are refused where memory must stay apart', () => {
    const { answers } = run(on, pages('kernel'), { kernel: '6.12', carveoutApi: true })
    expect(sources(answers)).toEqual(['cma:reserved', 'cma:reserved', false, 'cma:reserved'])
    expect(answers[2]!['log']).toEqual([
      {
        level: 'err',
        text: '10020000.dsp: carveout: the request is for pages, and no carve-out that could serve lies in the kernel’s linear map (-22)',
      },
    ])
  })

  it('come from the page allocator for who must not wait, unless a mapped reservation has them', () => {
    const { answers } = run(on, pages('atomic'), { kernel: '6.12', carveoutApi: true })
    expect(sources(answers)).toEqual(['zone:DMA', 'zone:DMA', false, 'carveout:camera'])
  })
})

describe('a carve-out forced into CMA', () => {
  it.each([
    ['arm', '3.5'],
    ['arm', '3.7'],
    ['arm', '6.12'],
    ['arm64', '6.12'],
  ] as const)('is an area of its device on %s %s, and lent to everybody else', (arch, kernel) => {
    const on = board(arch)
    const { boot, answers } = run(forceCma(on, [findCarveout(on, 'graphics')!]), alloc(5, 4), { kernel })
    expect(boot.cma.map(({ name, size }) => [name, size / MiB])).toContainEqual(['graphics', 16])
    expect(answers.slice(0, 4).map(({ from }) => from)).toEqual(Array(4).fill('cma:graphics'))
    expect(carvedOutBytes(boot) / MiB).toBe(kernel === '6.12' ? 12 : 8)
  })

  it('works for a region of the tree, too', () => {
    const on = board('arm64')
    const { answers } = run(forceCma(on, [findCarveout(on, 'firmware')!]), alloc(1, 4, '10020000.dsp'), {})
    expect(answers[0]).toMatchObject({ ok: true, from: 'cma:dsp@69000000' })
  })
})

describe('a board through the carve-out API', () => {
  const api: Machine = { kernel: '6.12', carveoutApi: true }

  it('is served from CMA, and from the old reservation when that is full, with a warning', () => {
    const { answers } = run(board('arm64'), alloc(10, 4), api)
    const sources = answers.map(({ from }) => from)
    // of 32 MiB the atomic pool has a part
    expect(sources.slice(0, 7)).toEqual(Array(7).fill('cma:reserved'))
    expect(sources.slice(7)).toEqual(Array(3).fill('carveout:graphics'))
    expect(answers[7]!['log']).toEqual([
      {
        level: 'warn',
        text: `${GPU}: carveout: CMA cannot serve ${4 * MiB} bytes; served by carveout:graphics`,
      },
    ])
  })

  it('keeps isolated memory apart, and does not wait where the caller must not', () => {
    const script = `alloc 10020000.dsp a 1M kernel\nalloc ${GPU} b 1M atomic`
    const { answers } = run(board('arm64'), script, api)
    expect(answers.map(({ from }) => from)).toEqual(['carveout:firmware', 'carveout:graphics'])
  })

  it('serves declared memory too, and gives what need not be contiguous in pieces', () => {
    const script = `${alloc(6, 4)}\nalloc 10010000.vpu v 3M kernel\nnoncontig ${GPU} n 4608K kernel\nfree b0\nfree n`
    const { answers } = run(board('arm64'), script, api)
    expect(answers[6]).toMatchObject({ from: 'cma:reserved' })
    expect(answers[7]).toMatchObject({ ok: true, from: 'cma:reserved' })
    expect((answers[7]!['runs'] as unknown[]).length).toBeGreaterThan(1)
    expect(answers.slice(8).every(({ ok }) => ok)).toBe(true)
  })

  it('has the reservation alone on a kernel without CMA', () => {
    const { answers } = run(board('arm'), alloc(1, 4), { ...api, kernel: '3.4' })
    expect(answers[0]).toMatchObject({ ok: true, from: 'carveout:graphics' })
  })
})
