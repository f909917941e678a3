import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '@shared/units.ts'
import { dmaAttrs, gfpFlags } from '../../src-main/kernel/index.ts'
import { Log } from '../../src-main/kernel/log.ts'
import { Tracer } from '../../src-main/kernel/tracer.ts'
import { Vmalloc } from '../../src-main/kernel/vmalloc.ts'
import { booted, device } from './booted.ts'
import { seeded } from './seeded.ts'

const PAGE = 4096
const START = 0xf000_0000

function spaceOf(pages: number): { space: Vmalloc; log: Log } {
  const tracer = new Tracer(null)
  const log = new Log(tracer)
  return { space: new Vmalloc({ start: START, end: START + pages * PAGE }, PAGE, tracer, log), log }
}
const at = (space: Vmalloc, pages: number): number => {
  const address = space.map(pages * PAGE)!
  return address < 0 ? address : (address - START) / PAGE
}

describe('addresses for mappings of the kernel’s own', () => {
  // | a g | b b g | c g | . | : each followed by a guard page
  it('are the lowest that fit, each with a guard page behind it', () => {
    const { space } = spaceOf(8)
    expect([at(space, 1), at(space, 2), at(space, 1), at(space, 1)]).toEqual([0, 2, 5, -1])
    expect(space.usedBytes()).toBe(7 * PAGE)
  })

  it('stay taken after unmapping, until a request finds no room', () => {
    const { space } = spaceOf(8)
    const first = space.map(PAGE)
    space.unmap(first)
    expect([at(space, 1), at(space, 1), at(space, 2), at(space, 1)]).toEqual([2, 4, -1, 0])
  })

  // | 4K . | registers 64K . |  | 64K . |
  it('are multiples of the size for registers, 16 MiB at most; the rest fills the gaps', () => {
    const { space } = spaceOf((64 * MiB) / PAGE)
    const from = (address: number | null) => (address! - START) / KiB
    expect([space.map(4 * KiB), space.ioremap(64 * KiB), space.ioremap(100 * KiB)].map(from)).toEqual([0, 64, 256])
    expect(from(space.map(48 * KiB))).toBe(8)
    expect(from(space.ioremap(20 * MiB))).toBe(16 * KiB)
    expect(space.ioremap(40 * MiB)).toBe(-1)
  })

  it('come back once more than 32 MiB of them are free', () => {
    const { space } = spaceOf((128 * MiB) / PAGE)
    const areas = [16, 16, 16].map((mib) => space.map(mib * MiB))
    space.unmap(areas[0]!)
    expect(space.map(4 * KiB)).toBe(START + 3 * (16 * MiB + 4 * KiB))
    space.unmap(areas[1]!)
    expect(space.map(4 * KiB)).toBe(START)
  })

  it('are refused in words that say how large the range is', () => {
    const { space, log } = spaceOf(4)
    space.map(4 * PAGE)
    expect(log.lines.map(({ text }) => text)).toEqual([
      'vmalloc_node_range for size 20480 failed: Address range restricted to 0xf0000000 - 0xf0004000',
    ])
  })

  it('never run out where the range is not known', () => {
    const tracer = new Tracer(null)
    expect(new Vmalloc(null, PAGE, tracer, new Log(tracer)).map(2 ** 40)).toBeNull()
  })

  it.each([1, 2, 3])('never overlap, and are refused only when no hole is left (seed %i)', (seed) => {
    const below = seeded(seed)
    const { space } = spaceOf(64)
    const held: { first: number; end: number }[] = []
    for (let step = 0; step < 1000; step++) {
      if (below(2)) {
        for (const { first } of held.splice(below(held.length + 1), 1)) space.unmap(START + first * PAGE)
        continue
      }
      const pages = 1 + below(8)
      const first = at(space, pages)
      const free = (from: number): boolean => held.every((each) => each.end <= from || from + pages + 1 <= each.first)
      if (first < 0) {
        const holes = Array.from({ length: 64 - pages }, (_, from) => from).filter(free)
        expect(holes).toEqual([])
      } else {
        expect(free(first)).toBe(true)
        held.push({ first, end: first + pages + 1 })
      }
      expect(space.usedBytes()).toBe(held.reduce((sum, each) => sum + each.end - each.first, 0) * PAGE)
    }
  })
})

describe('a 32-bit kernel', () => {
  /** How many buffers of a MiB in high memory get an address. */
  const buffers = (cmdline: string, reserved = '', memoryRegions: string[] = []): number => {
    const { kernel } = booted({ arch: 'arm', ramMib: 2048, cmdline: `cma=320M@0x90000000 ${cmdline}`, reserved })
    device(kernel, 'declared', { memoryRegions })
    const dma0 = device(kernel, 'dma0')
    let count = 0
    while (kernel.dmaAllocAttrs(dma0, MiB, gfpFlags.GFP_KERNEL, dmaAttrs.DMA_ATTR_NO_WARN).ok) count++
    return count
  }

  it('has mapped its own registers and the atomic pool before the first driver asks', () => {
    // 128 MiB hold 127 buffers with their guards; 456 KiB and then 2 MiB are taken
    expect(buffers('vmalloc=128M')).toBe(127)
    expect(buffers('vmalloc=128M coherent_pool=2M')).toBe(125)
  })

  it('maps declared memory there', () => {
    const reserved = 'vdev { compatible = "shared-dma-pool"; no-map; reg = <0 0x50000000 0 0x1000000>; };'
    expect(buffers('vmalloc=128M', reserved, ['vdev'])).toBeLessThan(112)
  })
})
