import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '@shared/units.ts'
import { boardFromTree } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'
import { parseScript, replay } from '../../src-main/workload/replay/index.ts'

/**
 * 128 MiB at 0, and a network card behind a bridge that passes the first 64:
 *
 *   0        64M       128M
 *   |  DMA    |  Normal  |
 *   safe ▲        ▲ what user space and the page allocator give first
 */
function run(kernel: string, script: string, lab = 'small-size = <2048>; large-size = <4096>;') {
  const source = `/dts-v1/;
/ { #address-cells = <1>; #size-cells = <1>; compatible = "intel,ixp42x";
	memory@0 { device_type = "memory"; reg = <0 0x8000000>; };
	soc { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges;
		eth: eth@c8009000 { compatible = "example,eth"; reg = <0xc8009000 0x1000>; };
		uart@c8000000 { compatible = "example,uart"; reg = <0xc8000000 0x1000>; };
	};
	lab { compatible = "carveout,lab"; arch = "arm"; config = "CMA=n", "ZONE_DMA=y", "SWIOTLB=y"; dma-zone-size = <0x4000000>;
		pci { compatible = "carveout,dmabounce"; devices = <&eth>; limit = <0x4000000>; ${lab} };
	};
};`
  const files = { readText: () => source, readBytes: () => null }
  const { board, diagnostics } = boardFromTree(compile({ entry: 'board.dts', files }).tree!, {
    device: ({ name }) => (name.startsWith('eth') && kernel !== '6.12' ? { dmaBits: 26 } : {}),
  })
  const { commands } = parseScript(script, 'script.ops')
  const { document } = replay({ board, machine: { kernel }, commands })
  return { diagnostics, document: document!, answer: (line: number) => document!.answers.find((a) => a.line === line)! }
}

describe('a device that board code registered', () => {
  it('gets its own table, and the device beside it does not', () => {
    const { answer, diagnostics } = run('3.5', 'info c8009000.eth\ninfo c8000000.uart')
    expect(diagnostics).toEqual([])
    expect([answer(1)['ops'], answer(2)['ops']]).toEqual(['dmabounce', 'direct'])
  })

  it('is copied through safe buffers that its bridge passes, of the pool that fits', () => {
    const { answer } = run(
      '3.5',
      `buf a 8K kernel
map c8009000.eth m1 a 0 1500 to-device
map c8009000.eth m2 a 0 4096 to-device
map c8009000.eth m3 a 0 8192 to-device`,
    )
    expect(answer(1)['phys']).toBeGreaterThanOrEqual(64 * MiB)
    expect([2, 3, 4].map((line) => answer(line)['from'])).toEqual([
      'dmabounce:small',
      'dmabounce:large',
      'dmabounce:coherent',
    ])
    for (const line of [2, 3, 4]) expect(answer(line)['dma']).toBeLessThan(64 * MiB)
  })

  it('counts what it copied and what its pools took', () => {
    const { document } = run('3.5', 'buf a 4K kernel\nmap c8009000.eth m a 0 1500 bidirectional\nfree m\ndump end')
    expect(document.states[0]!.dmabounce).toEqual({
      'c8009000.eth': {
        mapOps: 1,
        bounces: 1,
        bytesCopied: 3000,
        fromSmall: 1,
        fromLarge: 0,
        fromNeither: 0,
        smallBytes: 4 * KiB,
        largeBytes: 0,
      },
    })
  })

  it('fails when its pool cannot grow any more, and says so', () => {
    // 3.4: every page of a pool is mapped in the consistent window, of which 2 MiB hold 512
    const lines = Array.from({ length: 513 }, (_, n) => `map c8009000.eth m${n} a 0 4096 to-device`)
    const { answer } = run('3.4', `buf a 4K kernel\n${lines.join('\n')}`)
    expect(answer(513)['from']).toBe('dmabounce:large')
    expect(answer(514)).toMatchObject({ ok: false })
    expect(answer(514)['log']).toEqual([
      { level: 'warn', text: expect.stringContaining('could not alloc dma memory (size=4096)') as string },
      { level: 'err', text: expect.stringContaining('unable to map unsafe buffer') as string },
    ])
  })

  it('bounces through swiotlb on a kernel without dmabounce: its limit is the bus’s', () => {
    const { answer } = run('6.12', 'info c8009000.eth')
    expect(answer(1)).toMatchObject({ ops: 'direct', bus_limit: 64 * MiB - 1 })
  })
})
