import { describe, expect, test } from 'vitest'
import { boardFromTree, resolveMachine } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'

/** A board from source; the header and two cells for addresses and sizes are put in front. */
function boardOf(body: string) {
  const source = `/dts-v1/;\n/ { #address-cells = <2>; #size-cells = <2>; ${body} };\n`
  const files = { readText: () => source, readBytes: () => new TextEncoder().encode(source) }
  const { tree, diagnostics } = compile({ entry: 'board.dts', files })
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([])
  return boardFromTree(tree!)
}

describe('memory', () => {
  test('banks in tree order, empty ones dropped, nodes that are switched off ignored', () => {
    const { board } = boardOf(`
      memory@80000000 { device_type = "memory"; reg = <0 0x80000000 0 0x1000 0 0x90000000 0 0>; };
      memory@40000000 { device_type = "memory"; reg = <0 0x40000000 1 0>; numa-node-id = <1>; };
      memory@0 { device_type = "memory"; reg = <0 0 0 0x1000>; status = "disabled"; };
      memory@10 { reg = <0 0x10 0 0x1000>; };`)
    expect(board.memory.map(({ start, end, numaNode }) => [start, end, numaNode])).toEqual([
      [0x8000_0000, 0x8000_1000, 0],
      [0x4000_0000, 0x1_4000_0000, 1],
    ])
  })

  test('cells that make no whole bank are an error at the property', () => {
    const { diagnostics } = boardOf('\nmemory@0 {\n device_type = "memory";\n reg = <0 0 0x1000>;\n };')
    expect(diagnostics).toMatchObject([{ code: 'memory-reg-cells', line: 5, severity: 'error' }])
    expect(diagnostics[0]?.message).toContain('no multiple of 4')
  })

  test('a board without RAM says how to give it', () => {
    const { board } = boardOf('memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0>; };')
    const { diagnostics } = resolveMachine(board, {})
    expect(diagnostics).toMatchObject([{ code: 'no-memory', file: 'board.dts', severity: 'error' }])
    expect(diagnostics[0]?.message).toContain('--memory START-END')
    expect(resolveMachine(board, { memory: [{ start: 0x4000_0000, end: 0x8000_0000 }] }).diagnostics).toEqual([])
    expect(resolveMachine(board, { memBytes: 2 ** 30 }).machine.memory).toEqual([
      { start: 0x4000_0000, end: 0x8000_0000 },
    ])
  })
})

test('reserved memory stays raw: the kernel judges it', () => {
  const { board } = boardOf(`
    reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
      cam: cam { compatible = "shared-dma-pool"; reusable; size = <0x100000>; linux,cma-default; };
      fw@50000000 { reg = <0 0x50000000 0 0x1000>; no-map; status = "disabled"; };
    };`)
  expect(board.reservedMemory).toMatchObject({
    addressCells: 2,
    sizeCells: 2,
    hasRanges: true,
    nodes: [
      {
        name: 'cam',
        labels: ['cam'],
        size: [0x100000],
        reg: null,
        reusable: true,
        linuxCmaDefault: true,
        enabled: true,
      },
      { name: 'fw@50000000', reg: [0, 0x50000000, 0, 0x1000], noMap: true, enabled: false },
    ],
  })
})

describe('devices', () => {
  const BUS = `
    gic: pic { #interrupt-cells = <1>; interrupt-controller; };
    soc { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges = <0 0 0xfe000000 0x1000000>;
      dma-ranges = <0x80000000 0x0 0x40000000 0x20000000>;
      video@500000 { compatible = "acme,video"; reg = <0x500000 0x1000>; };
      plain { compatible = "acme,plain"; dma-coherent; };
      i2c@1000 { compatible = "acme,i2c"; reg = <0x1000 0x100>; #address-cells = <1>; #size-cells = <0>;
        eeprom@50 { compatible = "acme,eeprom"; reg = <0x50>; }; };
    };`

  test('are named as the kernel names them; what hangs on a bus without addresses is none', () => {
    const names = boardOf(BUS).board.devices.map((d) => d.name)
    expect(names).toEqual(['soc', 'fe500000.video', 'soc:plain', 'fe001000.i2c'])
  })

  test('get the translation of the nearest bus that has one', () => {
    const { board } = boardOf(BUS)
    const video = board.devices.find((d) => d.name === 'fe500000.video')
    expect(video?.dmaRanges).toEqual([{ cpuAddr: 0x4000_0000, dmaAddr: 0x8000_0000, size: 0x2000_0000 }])
    expect(board.devices.find((d) => d.name === 'soc')?.hasDmaRanges).toBe(false)
    expect(board.maxDmaCpuAddr).toBe(0x5fff_ffff)
  })

  test('are coherent by the nearest word above them', () => {
    const { board } = boardOf(`
      a { compatible = "simple-bus"; ranges; dma-coherent;
        b { compatible = "x"; };
        c { compatible = "x"; dma-noncoherent; }; };`)
    expect(board.devices.map((d) => [d.name, d.coherent])).toEqual([
      ['a', true],
      ['a:b', true],
      ['a:c', false],
    ])
  })

  test('know their regions and their IOMMU', () => {
    const { board, diagnostics } = boardOf(`
      reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
        cam: cam { size = <0 0x100000>; };
        off: off { size = <0 0x100000>; status = "disabled"; }; };
      mmu: iommu { compatible = "arm,smmu-v3"; #iommu-cells = <1>; };
      odd: other { compatible = "acme,mmu"; #iommu-cells = <0>; };
      d { compatible = "x"; memory-region = <&cam &off>; iommus = <&mmu 7>; };
      e { compatible = "x"; iommus = <99>; };`)
    const [, , d] = board.devices
    expect(d?.memoryRegions).toEqual([
      { path: '/reserved-memory/cam', name: 'cam', enabled: true },
      { path: '/reserved-memory/off', name: 'off', enabled: false },
    ])
    expect(d?.iommu).toEqual({ path: '/iommu', streamIds: [7] })
    expect(board.iommus.map((u) => [u.model, u.iovaBits])).toEqual([
      ['arm,smmu-v3', 48],
      [null, 48],
    ])
    expect(diagnostics.map((m) => [m.severity, m.code])).toEqual([
      ['error', 'dangling-phandle'],
      ['info', 'unknown-iommu'],
    ])
  })
})

test.each([
  ['arm,cortex-a57', 'arm64'],
  ['apple,icestorm', 'arm64'],
  ['qcom,kryo385', 'arm64'],
  ['arm,cortex-a9', 'arm'],
  ['arm,cortex-a8', 'arm'],
])('a core %s means %s', (core, arch) => {
  const { board } = boardOf(
    `cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = "cpu"; compatible = "${core}"; reg = <0>; }; };`,
  )
  expect(resolveMachine(board, { memBytes: 2 ** 30 }).machine.arch).toBe(arch)
})

test('the lab node: flags win over it, unknown values are errors', () => {
  const { board, diagnostics } = boardOf(
    'lab { compatible = "carveout,lab"; kernel = "3.5"; arch = "mips"; config = "CONFIG_CMA_AREAS=8", "HIGHMEM=y"; };',
  )
  expect(board.lab).toMatchObject({ kernel: '3.5', arch: null, config: ['CMA_AREAS=8', 'HIGHMEM=y'] })
  expect(diagnostics.map((d) => d.code)).toEqual(['lab-arch'])
  expect(resolveMachine(board, { kernel: '6.12', memBytes: 2 ** 30 }).machine.kernel).toBe('6.12')
})
