/** A booted kernel with 1 GiB and a 256 MiB area: how fast it comes up, and how fast DMA calls go through all of its rooms. */
import { boardFromTree } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'
import { bootKernel, gfpFlags, type Device, type DmaBuffer, type Kernel } from '../../src-main/kernel/index.ts'
import { prepareBoot } from '../../src-main/workload/boot-board.ts'

const BOARD = `/dts-v1/;
/ {
	#address-cells = <2>; #size-cells = <2>;
	memory@40000000 { device_type = "memory"; reg = <0x0 0x40000000 0x0 0x40000000>; };
	chosen { bootargs = "cma=256M"; };
};`
const CALLS = 1_000_000
/** Buffers that a device holds at a time. */
const HELD = 256
const KIB = 1024

function prepared(): Parameters<typeof bootKernel>[0] {
  const files = { readText: () => BOARD, readBytes: () => new TextEncoder().encode(BOARD) }
  const { tree } = compile({ entry: 'bench.dts', files })
  const { boot } = prepareBoot(boardFromTree(tree!).board, { arch: 'arm64', kernel: '6.12' })
  return boot!.input
}

/** Best of many, in milliseconds: `boot`, early boot and the initcalls of a board that was read; `whole`, from its source on. */
export function bootMilliseconds(): { boot: number; whole: number } {
  const input = prepared()
  return { boot: bestOf(150, () => bootKernel(input, null)), whole: bestOf(150, () => bootKernel(prepared(), null)) }
}

function bestOf(rounds: number, run: () => unknown): number {
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    run()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

/** dma_alloc_attrs and dma_free_attrs through mapping, direct, contiguous, cma and the page allocator; calls a second. */
export function stackCallsPerSecond(recorded: boolean): number {
  let events = 0
  const booted = bootKernel(prepared(), recorded ? () => events++ : null)
  if (!booted.ok) throw new Error(booted.panic)
  const { kernel } = booted
  const device = kernel.addDevice({
    name: 'bench',
    dmaBits: 32,
    coherent: false,
    dmaRanges: [],
    memoryRegions: [],
    driverInits: true,
    iommu: null,
    numaNode: -1,
  })!
  churn(kernel, device, CALLS / 10)
  const start = performance.now()
  churn(kernel, device, CALLS)
  return CALLS / ((performance.now() - start) / 1000)
}

function churn(kernel: Kernel, device: Device, calls: number): void {
  const held = new Array<DmaBuffer | null>(HELD).fill(null)
  for (let call = 0; call < calls; call++) {
    const slot = (call * 7919) % HELD
    const old = held[slot]
    if (old) {
      kernel.dmaFree(old)
      held[slot] = null
      continue
    }
    const result = kernel.dmaAllocAttrs(device, (8 + (call % 61) * 4) * KIB, gfpFlags.GFP_KERNEL, 0)
    if (result.ok) held[slot] = result.value
  }
  for (const buffer of held) if (buffer) kernel.dmaFree(buffer)
}
