import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '@shared/units.ts'
import type { LabDeclared } from '@shared/board.ts'
import type { KernelEvent } from '@shared/run.ts'
import { bootKernel } from '../../src-main/kernel/boot-kernel.ts'
import { GFP_ATOMIC, GFP_KERNEL, __GFP_NORETRY } from '../../src-main/kernel/gfp.ts'
import type { Device, Kernel } from '../../src-main/kernel/index.ts'
import { KernelHang, KernelPanic } from '../../src-main/kernel/oom.ts'
import { resolveProfile } from '../../src-main/kernel/profiles/index.ts'
import { boardWith } from '../workload/board.ts'

const RAM = 0x6000_0000

interface Booted {
  kernel: Kernel
  device: Device
  said: string[]
}

/** A vexpress on one of the kernels of 2012, with a device whose mask has `bits`. */
function boot(
  release: string,
  options: {
    mib?: number
    cmdline?: string
    config?: string
    bits?: number
    iommu?: true
    fallback?: true
    declared?: LabDeclared
  } = {},
): Booted {
  const { profile, config } = resolveProfile(release, 'arm', null, options.config ?? '')!
  const said: string[] = []
  const sink = (event: KernelEvent): void => {
    if (event.name === 'console') said.push(String(event.text))
  }
  const loader = {
    memory: [{ start: RAM, end: RAM + (options.mib ?? 512) * MiB }],
    cmdline: options.cmdline ?? '',
    kernelImage: { start: RAM + 0x8000, end: RAM + 0x24_0000 },
    initrd: null,
    dtb: null,
    cpus: 1,
  }
  const properties: Record<string, number[]> = options.fallback ? { 'cma-fallback': [] } : {}
  const plain = boardWith()
  const declared = options.declared ? [options.declared] : []
  const board = { ...plain, compatible: [], lab: { ...plain.lab, properties, declared } }
  const booted = bootKernel({ profile, config, board, loader }, sink)
  if (!booted.ok) throw new Error(booted.panic)
  const iommu = options.iommu ? { group: 'one', iovaBits: 32, pageSizes: [4096], identity: false } : null
  const description = { name: 'dev', dmaBits: options.bits ?? 32, coherent: null, dmaRanges: [], memoryRegions: [] }
  const device = booted.kernel.addDevice({ ...description, driverInits: true, iommu, numaNode: -1 })!
  said.length = 0
  return { kernel: booted.kernel, device, said }
}

/** `from`, offset or window offset in hexadecimal; what failed is null. */
function alloc({ kernel, device }: Booted, bytes: number, gfp = GFP_KERNEL): string | null {
  const result = kernel.dmaAllocAttrs(device, bytes, gfp, 0)
  if (!result.ok) return null
  const { from, offset, windowOffset, virt } = result.value
  return `${from}${offset === null ? '' : ` +${offset.toString(16)}`} ${virt}${windowOffset === null ? '' : ` +${windowOffset.toString(16)}`}`
}

const noCma = 'CONFIG_CMA=n'
const withIommu = 'CONFIG_ARM_DMA_USE_IOMMU=y'

describe('where a request is served', () => {
  it.each([
    ['3.4', '', 'zone:Normal window +1ff000', 'zone:Normal window +1fe000'],
    ['3.5', '', 'cma:reserved +40000 linear', 'pool:arm +3f000 linear'],
    ['3.5', noCma, 'zone:Normal window +1ff000', 'zone:Normal window +1fe000'],
    ['3.6', '', 'cma:reserved +40000 linear', 'pool:arm +0 linear'],
    ['3.6', noCma, 'zone:Normal vmalloc', 'pool:arm +0 vmalloc'],
    ['3.7', '', 'cma:reserved +40000 linear', 'pool:arm +0 linear'],
  ])('%s %s: waiting %s, atomic %s', (release, config, waiting, atomic) => {
    const booted = boot(release, { config })
    expect(alloc(booted, 4 * KiB)).toBe(waiting)
    expect(alloc(booted, 4 * KiB, GFP_ATOMIC)).toBe(atomic)
  })

  it.each([
    ['3.5', 'zone:Normal window +1ff000', 'zone:Normal window +1fe000'],
    ['3.6', 'zone:Normal vmalloc', 'pool:arm +0 linear'],
  ])('%s behind an IOMMU: waiting %s, atomic %s', (release, waiting, atomic) => {
    const booted = boot(release, { config: withIommu, iommu: true })
    expect(alloc(booted, 4 * KiB)).toBe(waiting)
    expect(alloc(booted, 4 * KiB, GFP_ATOMIC)).toBe(atomic)
  })
})

describe('what is said', () => {
  it('of masks that leave out memory', () => {
    const booted = boot('3.4', { bits: 24 })
    expect(alloc(booted, 4 * KiB)).toBeNull()
    expect(booted.said).toEqual([
      'platform dev: coherent DMA mask 0xffffff is smaller than system GFP_DMA mask 0xffffffff',
    ])
  })

  it('of requests larger than the window, each time, and of blocks larger than the largest, once', () => {
    const booted = boot('3.4')
    for (const mib of [3, 3, 5, 5]) expect(alloc(booted, mib * MiB)).toBeNull()
    const tooBig = 'arm_vmregion_alloc: allocation too big (requested 0x300000)'
    expect(booted.said).toEqual([tooBig, tooBig, 'WARNING: at mm/page_alloc.c:2242 __alloc_pages_nodemask()'])
  })

  it('of a pool that is too small, once per boot', () => {
    const booted = boot('3.6')
    expect(alloc(booted, MiB, GFP_ATOMIC)).toBeNull()
    expect(alloc(booted, MiB, GFP_ATOMIC)).toBeNull()
    expect(booted.said).toEqual([
      'ERROR: 256 KiB atomic DMA coherent pool is too small!',
      'Please increase it with coherent_pool= kernel parameter!',
    ])
  })

  it('of an area that is full: nothing', () => {
    const booted = boot('3.5')
    expect(alloc(booted, 32 * MiB)).toBeNull()
    expect(booted.said).toEqual([])
  })
})

describe('unmovable memory next to a large area', () => {
  const hog = ({ kernel }: Booted, gfp: number) => kernel.hog(0, 1_000_000, gfp)

  it('takes every page outside of it before 3.7, though the watermark is far below', () => {
    const { freePages, freeCmaPages } = hog(boot('3.5', { mib: 128, cmdline: 'cma=64M' }), GFP_KERNEL | __GFP_NORETRY)
    expect(freeCmaPages).toBe(16320)
    expect(freePages).toBe(16320)
  })

  it('stops at the watermark without the area in 3.7', () => {
    const { freePages, freeCmaPages } = hog(boot('3.7', { mib: 128, cmdline: 'cma=64M' }), GFP_KERNEL | __GFP_NORETRY)
    expect(freePages - freeCmaPages).toBeGreaterThan(340)
    expect(freePages - freeCmaPages).toBeLessThan(360)
  })

  it('never returns where reclaim believes that there is memory, and dies where it knows better', () => {
    expect(() => hog(boot('3.6', { mib: 128, cmdline: 'cma=64M' }), GFP_KERNEL)).toThrow(KernelHang)
    expect(() => hog(boot('3.7', { mib: 128, cmdline: 'cma=64M' }), GFP_KERNEL)).toThrow(KernelPanic)
  })

  it('kills a process first', () => {
    const booted = boot('3.4', { mib: 128 })
    booted.kernel.startProcess('victim', 20 * 256)
    booted.kernel.hog(0, 29000, GFP_KERNEL)
    expect(booted.kernel.processesAlive('victim')).toBe(0)
    expect(booted.said[0]).toBe('init invoked oom-killer: gfp_mask=0xd0, order=0, oom_adj=0, oom_score_adj=0')
  })
})

describe('who is killed', () => {
  it('is the largest process, and nobody else while that is enough', () => {
    const { kernel, said } = boot('3.4', { mib: 128 })
    for (const [name, mib] of [
      ['small', 4],
      ['large', 24],
      ['middle', 8],
    ] as const)
      kernel.startProcess(name, mib * 256)
    kernel.hog(0, 25_000, GFP_KERNEL)
    expect(said.filter((line) => line.startsWith('Killed')).map((line) => /\((\w+)\)/.exec(line)![1])).toEqual([
      'large',
    ])
    expect(['small', 'middle'].map((name) => kernel.processesAlive(name))).toEqual([1, 1])
  })
})

describe('free pages behind freed memory of an area', () => {
  // two pages go to the per-CPU lists, and one of them is asked for again
  it.each([
    ['3.5', 1],
    ['3.6', 1],
    ['3.7', 3],
  ])('are counted twice by 3.7 when their pageblock is isolated: %s', (release, more) => {
    const { kernel, device } = boot(release)
    const free = (): number => kernel.state().zones.find((zone) => zone.name === 'Normal')!.free
    const first = kernel.dmaAllocAttrs(device, 8 * KiB, GFP_KERNEL, 0)
    const before = free()
    if (first.ok) kernel.dmaFree(first.value)
    expect(free() - before).toBe(0)
    kernel.dmaAllocAttrs(device, 4 * KiB, GFP_KERNEL, 0)
    expect(free() - before).toBe(more)
  })
})

describe('memory that board code declared for a device', () => {
  /** 128 KiB of memory of its own, outside of RAM. */
  const sram = (exclusive: boolean): LabDeclared => ({
    name: 'sram',
    path: '/lab/sram',
    device: 'dev',
    region: null,
    base: 0x1000_0000,
    sizeBytes: 128 * KiB,
    exclusive,
    removed: false,
    span: null,
  })

  it.each(['3.4', '3.5', '3.6', '3.7'])('serves in powers of two, whoever waits or not, on %s', (release) => {
    const kernel = boot(release, { declared: sram(true) })
    expect(alloc(kernel, 12 * KiB)).toBe('declared +0 vmalloc')
    expect(alloc(kernel, 4 * KiB, GFP_ATOMIC)).toBe('declared +4000 vmalloc')
    expect(alloc(kernel, 32 * KiB)).toBe('declared +8000 vmalloc')
  })

  it('is all the device gets where it is exclusive', () => {
    const kernel = boot('3.5', { declared: sram(true) })
    expect(alloc(kernel, 256 * KiB)).toBeNull()
    expect(alloc(kernel, 128 * KiB)).toBe('declared +0 vmalloc')
    expect(alloc(kernel, 4 * KiB)).toBeNull()
    expect(kernel.said).toEqual([])
  })

  it('has everything else behind it where it is not', () => {
    const kernel = boot('3.5', { declared: sram(false) })
    expect(alloc(kernel, 128 * KiB)).toBe('declared +0 vmalloc')
    expect(alloc(kernel, 4 * KiB)).toBe('cma:reserved +40000 linear')
    expect(alloc(kernel, 4 * KiB, GFP_ATOMIC)).toBe('pool:arm +3f000 linear')
  })

  it('is not there where no addresses are left to map it at', () => {
    const kernel = boot('3.6', { declared: { ...sram(true), sizeBytes: 496 * MiB } })
    expect(alloc(kernel, 4 * KiB)).toBe('cma:reserved +40000 linear')
  })
})

describe('CMA with fall-back to the old code', () => {
  // | pool 256K | 768K free | 15M |: no megabyte is left in one piece
  it('is what no kernel of the time had, and warns each time with the reason', () => {
    const booted = boot('3.5', { fallback: true })
    expect(alloc(booted, 15 * MiB)).toBe('cma:reserved +100000 linear')
    expect(alloc(booted, MiB)).toBe('zone:Normal window +100000')
    const reason = 'CMA cannot serve 1048576 bytes, it has no such range free; served by the window'
    expect(booted.said).toEqual([`dev: ${reason}`])
  })
})
