import { describe, expect, it } from 'vitest'
import type { Board } from '@shared/board.ts'
import { carvedOutBytes } from '@shared/carved-out.ts'
import { MiB } from '@shared/units.ts'
import { boardFromTree } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'
import { parseScript, replay } from '../../src-main/workload/replay/index.ts'

/** 256 MiB of RAM, and memory that board code declares for a codec. */
function boardOf(declared: string): { board: Board; errors: string[] } {
  const source = `/dts-v1/;
/ { #address-cells = <1>; #size-cells = <1>;
	memory@60000000 { device_type = "memory"; reg = <0x60000000 0x10000000>; };
	reserved-memory { #address-cells = <1>; #size-cells = <1>; ranges;
		vpu_mem: vpu@68000000 { compatible = "shared-dma-pool"; no-map; reg = <0x68000000 0x400000>; };
	};
	soc { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges;
		vpu: vpu@10010000 { compatible = "example,vpu"; reg = <0x10010000 0x1000>; };
		usb: usb@10020000 { compatible = "example,usb"; reg = <0x10020000 0x1000>; };
	};
	lab { compatible = "carveout,lab"; arch = "arm";
		own { compatible = "carveout,declared"; ${declared} };
	};
};`
  const { tree } = compile({ entry: 'board.dts', files: { readText: () => source, readBytes: () => null } })
  const { board, diagnostics } = boardFromTree(tree!)
  return { board, errors: diagnostics.map(({ message }) => message) }
}

/** End of RAM as the kernel sees it, where 1 MiB comes from, and what only its owner can use. */
function run(declared: string, kernel: string): { end: number; from: unknown; phys: unknown; lost: number } {
  const { board, errors } = boardOf(declared)
  expect(errors).toEqual([])
  const { commands } = parseScript('alloc 10010000.vpu a 1M kernel', 'script.ops')
  const { document, diagnostics } = replay({ board, machine: { kernel }, commands })
  expect(diagnostics).toEqual([])
  const { memory } = document!.boot!
  const lost = carvedOutBytes(document!.boot!)
  const { from, phys } = document!.answers[0]!
  return { end: Math.max(...memory.map(({ base, size }) => base + size)), from, phys, lost }
}

describe('memory that board code declares for a device', () => {
  it('is at the end of RAM, which the kernel of 2012 never sees, where nothing else is said', () => {
    const base = 0x7000_0000 - 4 * MiB
    expect(run('devices = <&vpu>; size = <0x400000>;', '3.5')).toEqual({
      end: base,
      from: 'declared',
      phys: base,
      lost: 4 * MiB,
    })
  })

  it('may be memory of the device’s own', () => {
    const own = 'devices = <&vpu>; base = <0x20000000>; size = <0x200000>; exclusive;'
    expect(run(own, '3.4')).toEqual({ end: 0x7000_0000, from: 'declared', phys: 0x2000_0000, lost: 0 })
  })

  it.each(['3.7', '6.12'])('may be a node that kernels of today read themselves: %s', (kernel) => {
    expect(run('devices = <&vpu>; memory-region = <&vpu_mem>;', kernel)).toMatchObject({
      from: 'declared',
      phys: 0x6800_0000,
      lost: 4 * MiB,
    })
  })

  it('stands in the tree for a kernel that reads it there', () => {
    expect(run('devices = <&vpu>; size = <0x400000>;', '6.12').from).toBe('declared')
    expect(run('devices = <&vpu>; base = <0x6a000000>; size = <0x400000>;', '6.12').phys).toBe(0x6a00_0000)
  })

  it('has one device, and a size', () => {
    expect(boardOf('devices = <&vpu &usb>; size = <0x400000>;').errors).toEqual([
      '/lab/own: each device has declared memory of its own; write a node for each',
    ])
    expect(boardOf('devices = <&vpu>;').errors).toEqual([
      '/lab/own: declared memory needs memory; write size = <BYTES>, or memory-region = <&NODE>',
    ])
  })
})
