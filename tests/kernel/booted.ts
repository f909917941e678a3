/** Boots a small board for a test, with every event at hand. */
import type { KernelEvent } from '@shared/run.ts'
import { boardFromTree } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'
import { bootKernel, type Device, type DeviceDescription, type Kernel } from '../../src-main/kernel/index.ts'
import { ARM64_CONFIG } from '../../src-main/kernel/profiles/defaults.ts'
import { prepareBoot } from '../../src-main/workload/boot-board.ts'

export const KIB = 1024
export const MIB = 1024 * KIB

/** Mebibytes of RAM from 1 GiB on. */
export interface SmallBoard {
  ramMib?: number
  cmdline?: string
  /** Children of /reserved-memory. */
  reserved?: string
  arch?: 'arm' | 'arm64'
  /** Text of a `.config`. */
  config?: string
  initrd?: { start: number; end: number }
}

/** For `config`: a kernel with 16 KiB pages. */
export const PAGES_16K = ARM64_CONFIG.replace('4K_PAGES', '16K_PAGES').replace('MAX_ORDER=10', 'MAX_ORDER=11')

export function booted({ ramMib = 256, cmdline = '', reserved = '', arch = 'arm64', ...machine }: SmallBoard): {
  kernel: Kernel
  events: KernelEvent[]
} {
  const source = `/dts-v1/;
/ { #address-cells = <2>; #size-cells = <2>;
	memory@40000000 { device_type = "memory"; reg = <0 0x40000000 ${Math.floor(ramMib / 4096)} ${(ramMib % 4096) * MIB}>; };
	reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges; ${reserved} };
};`
  const files = { readText: () => source, readBytes: () => new TextEncoder().encode(source) }
  const { tree } = compile({ entry: 'board.dts', files })
  const { boot } = prepareBoot(boardFromTree(tree!).board, { arch, kernel: '6.12', cmdline, ...machine })
  const events: KernelEvent[] = []
  const result = bootKernel(boot!.input, (event) => events.push(event))
  if (!result.ok) throw new Error(result.panic)
  return { kernel: result.kernel, events }
}

export function device(kernel: Kernel, name: string, more: Partial<DeviceDescription> = {}): Device {
  const plain = {
    dmaBits: 32,
    coherent: false,
    dmaRanges: [],
    memoryRegions: [],
    driverInits: true,
    iommu: null,
    numaNode: -1,
  }
  return kernel.addDevice({ name, ...plain, ...more })!
}

export const logOf = (events: readonly KernelEvent[]): string[] =>
  events.flatMap((e) => (e.name === 'console' ? [String(e.text)] : []))

/** The pages of an area, `#` allocated, one character for each `pagesEach` of them. */
export function drawArea(kernel: Kernel, area: string, pagesEach: number): string {
  const { count, set_runs } = kernel.state().cma[area]!
  const cells = new Array<string>(Math.ceil(count / pagesEach)).fill('.')
  for (const [start, pages] of set_runs)
    for (let page = start; page < start + pages; page++) cells[Math.floor(page / pagesEach)] = '#'
  return cells.join('')
}

/** What must hold at any moment: free pages are counted once, areas hold what their statistics say, pools never exceed their size. */
export function checkKernel(kernel: Kernel): void {
  const state = kernel.state()
  for (const { name, managed, free, free_cma } of state.zones)
    if (free < 0 || free_cma < 0 || free_cma > free || free > managed)
      throw new Error(`zone ${name}: ${free_cma} of ${free} of ${managed}`)
  for (const [name, area] of Object.entries(state.cma)) {
    const stat = state.cma_stat[name]!
    const held = stat.alloc_pages_success - stat.release_pages_success
    if (held !== area.used) throw new Error(`area ${name}: ${area.used} pages used, ${held} by its statistics`)
    if ((area.maxchunk ?? 0) > area.count - area.used)
      throw new Error(`area ${name}: a free run of ${area.maxchunk} pages`)
  }
  for (const [name, { available, size }] of Object.entries(state.pools))
    if (available < 0 || available > size) throw new Error(`pool ${name}: ${available} of ${size}`)
}
