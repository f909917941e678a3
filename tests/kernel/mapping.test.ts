import { describe, expect, it } from 'vitest'
import { dmaAttrs, gfpFlags } from '../../src-main/kernel/index.ts'
import { booted, checkKernel, device, KIB, logOf, MIB, PAGES_16K } from './booted.ts'

const { GFP_ATOMIC, GFP_KERNEL, __GFP_COMP, __GFP_DMA } = gfpFlags
const { DMA_ATTR_ALLOC_SINGLE_PAGES, DMA_ATTR_WRITE_COMBINE } = dmaAttrs
const GIB = 1024 * MIB

describe('a device that does not snoop', () => {
  it('gets remapped memory, or none in the kernel when it wants none', () => {
    const { kernel } = booted({ cmdline: 'cma=16M' })
    const dma0 = device(kernel, 'dma0')
    expect(kernel.dmaAllocAttrs(dma0, 64 * KIB, GFP_KERNEL, 0)).toMatchObject({
      value: { virt: 'vmalloc', from: 'cma:reserved' },
    })
    expect(kernel.dmaAllocAttrs(dma0, 64 * KIB, GFP_KERNEL, dmaAttrs.DMA_ATTR_NO_KERNEL_MAPPING)).toMatchObject({
      value: { virt: 'none' },
    })
  })

  it('is served from the atomic pool when it may not wait, and the pool grows afterwards', () => {
    const { kernel, events } = booted({ cmdline: 'cma=16M' })
    const dma0 = device(kernel, 'dma0')
    expect(kernel.state().pools.dma).toEqual({ available: 128 * KIB, size: 128 * KIB })
    expect(kernel.dmaAllocAttrs(dma0, 4 * KIB, GFP_ATOMIC, 0)).toMatchObject({ value: { from: 'pool:dma' } })
    expect(kernel.dmaAllocAttrs(dma0, 256 * KIB, GFP_ATOMIC, 0).ok).toBe(false)
    expect(logOf(events).at(-1)).toBe('WARNING: CPU: 0 at kernel/dma/pool.c dma_alloc_from_pool')
    kernel.sleep(1)
    expect(kernel.state().pools.dma!.size).toBe(256 * KIB)
  })

  it('pays for its caches: bytes cleaned and invalidated are told', () => {
    const { kernel, events } = booted({})
    const [dma0, dma1] = [device(kernel, 'dma0'), device(kernel, 'dma1', { coherent: true })]
    const maintained = () => events.filter(({ name }) => name.startsWith('arch_sync')).length
    for (const each of [dma0, dma1]) {
      const mapping = kernel.dmaMapPageAttrs(each, GIB + 64 * MIB, 0, 4096, 'bidirectional', 0)
      if (mapping.ok) kernel.dmaUnmap(mapping.value)
    }
    expect(maintained()).toBe(2)
    const quiet = kernel.dmaMapPageAttrs(
      dma0,
      GIB + 64 * MIB,
      0,
      4096,
      'bidirectional',
      dmaAttrs.DMA_ATTR_SKIP_CPU_SYNC,
    )
    expect([quiet.ok, maintained()]).toEqual([true, 2])
  })
})

describe('flags that a driver may not pass', () => {
  it('are told of once for each kind', () => {
    const { kernel, events } = booted({ cmdline: 'cma=16M' })
    const dma0 = device(kernel, 'dma0')
    const warnings = () => logOf(events).filter((line) => line.startsWith('WARNING')).length
    for (let n = 0; n < 2; n++) expect(kernel.dmaAllocPages(dma0, 4096, GFP_KERNEL | __GFP_DMA).ok).toBe(false)
    expect(logOf(events).at(-1)).toBe('WARNING: CPU: 0 at kernel/dma/mapping.c __dma_alloc_pages')
    expect(warnings()).toBe(1)
    expect(kernel.dmaAllocPages(dma0, 4096, GFP_KERNEL | __GFP_COMP).ok).toBe(false)
    expect(kernel.dmaAllocAttrs(dma0, 4096, GFP_KERNEL | __GFP_COMP, 0).ok).toBe(false)
    expect(warnings()).toBe(3)
  })
})

describe('what a device can reach', () => {
  it('decides the zone, and bounces what lies beyond', () => {
    const { kernel } = booted({ ramMib: 4096, cmdline: 'cma=0' })
    const [narrow, wide] = [device(kernel, 'narrow'), device(kernel, 'wide', { dmaBits: 40 })]
    expect(kernel.dmaAllocAttrs(narrow, 64 * KIB, GFP_KERNEL, 0)).toMatchObject({ value: { from: 'zone:DMA' } })
    expect(kernel.dmaAllocAttrs(wide, 64 * KIB, GFP_KERNEL, 0)).toMatchObject({ value: { from: 'zone:Normal' } })
    expect(kernel.dmaMapPageAttrs(narrow, 4 * GIB + 64 * MIB, 0, 4096, 'to-device', 0)).toMatchObject({
      value: { bounced: true, slot: 0 },
    })
    expect(kernel.dmaMapPageAttrs(wide, 4 * GIB + 64 * MIB, 0, 4096, 'to-device', 0)).toMatchObject({
      value: { bounced: false },
    })
  })

  it('is the bus first: addresses are offset by dma-ranges', () => {
    const { kernel } = booted({})
    const behind = device(kernel, 'behind', { dmaRanges: [{ cpuAddr: GIB, dmaAddr: 3 * GIB, size: GIB / 2 }] })
    const buffer = kernel.dmaAllocAttrs(behind, 4096, GFP_KERNEL, 0)
    expect(buffer.ok && buffer.value.dma - buffer.value.phys).toBe(2 * GIB)
    expect(kernel.deviceInfo(behind).busLimit).toBe(3.5 * GIB - 1)
  })

  it('says that the bounce buffer is full, with the request and not the pool as its size', () => {
    const { kernel, events } = booted({ ramMib: 4096, cmdline: 'swiotlb=128' })
    const dma0 = device(kernel, 'dma0')
    kernel.dmaMapPageAttrs(dma0, 4 * GIB + 64 * MIB, 0, 4096, 'to-device', 0)
    expect(kernel.dmaMapPageAttrs(dma0, 4 * GIB + 64 * MIB, 0, 256 * KIB, 'to-device', 0).ok).toBe(false)
    expect(logOf(events).at(-1)).toBe(
      'dma0: swiotlb buffer is full (sz: 262144 bytes), total 128 (slots), used 2 (slots)',
    )
  })

  it('32-bit arm hands out an address that the bus cannot reach: all ones', () => {
    const { kernel } = booted({ arch: 'arm', cmdline: 'cma=16M' })
    const far = device(kernel, 'far', { dmaRanges: [{ cpuAddr: GIB, dmaAddr: 0, size: 64 * MIB }] })
    expect(kernel.dmaAllocAttrs(far, 64 * KIB, GFP_KERNEL, 0)).toMatchObject({
      ok: true,
      value: { from: 'cma:reserved', dma: 0xffff_ffff },
    })
  })

  it('32-bit arm cannot give back what such an address stands for', () => {
    const { kernel } = booted({ arch: 'arm', cmdline: 'cma=16M' })
    const used = () => kernel.state().cma.reserved!.used
    const pool = used()
    for (const size of [64 * MIB, GIB]) {
      const each = device(kernel, `dma${size}`, { dmaRanges: [{ cpuAddr: GIB, dmaAddr: 0, size }] })
      const buffer = kernel.dmaAllocAttrs(each, 64 * KIB, GFP_KERNEL, 0)
      if (buffer.ok) kernel.dmaFree(buffer.value)
      expect(used()).toBe(pool + 16)
    }
  })
})

describe('memory of its own', () => {
  it('declared: powers of two, and nothing else when it is full', () => {
    const reserved = 'vdev { compatible = "shared-dma-pool"; no-map; reg = <0 0x44000000 0 0x10000>; };'
    const { kernel } = booted({ reserved })
    const dma0 = device(kernel, 'dma0', { memoryRegions: ['vdev'] })
    const offset = (bytes: number) => {
      const result = kernel.dmaAllocAttrs(dma0, bytes, GFP_KERNEL, 0)
      return result.ok ? result.value.offset! / 4096 : -result.errno
    }
    // 16 pages:   a | . | b b | c c c c | d d d d d d d d
    expect([offset(4096), offset(8192), offset(12288), offset(32768), offset(8192)]).toEqual([0, 2, 4, 8, -12])
  })

  // bus:  | window of 64 MiB |  memory declared behind it: its base is all ones, and what comes after wraps
  it('declared outside the bus: addresses wrap from the highest on', () => {
    const reserved = 'd { compatible = "shared-dma-pool"; no-map; reg = <0 0x48000000 0 0x10000>; };'
    const dmaRanges = [{ cpuAddr: 0x4000_0000, dmaAddr: 0, size: 64 * MIB }]
    const { kernel } = booted({ reserved })
    const dma0 = device(kernel, 'dma0', { memoryRegions: ['d'], dmaRanges })
    const dma = () => {
      const result = kernel.dmaAllocAttrs(dma0, 4096, GFP_KERNEL, 0)
      return result.ok && result.value.dma
    }
    expect([dma(), dma()]).toEqual([2 ** 64 - 1, 4095])
  })

  it('restricted: allocations and mappings alike', () => {
    const reserved = 'r { compatible = "restricted-dma-pool"; reg = <0 0x44000000 0 0x400000>; };'
    const { kernel } = booted({ reserved })
    const dma0 = device(kernel, 'dma0', { coherent: true, memoryRegions: ['r'] })
    expect(kernel.dmaAllocAttrs(dma0, 64 * KIB, GFP_KERNEL, 0)).toMatchObject({ value: { from: 'swiotlb', offset: 0 } })
    expect(kernel.dmaAllocAttrs(dma0, 300 * KIB, GFP_KERNEL, 0).ok).toBe(false)
    expect(kernel.dmaMapPageAttrs(dma0, GIB + 64 * MIB, 0, 4096, 'to-device', 0)).toMatchObject({
      value: { bounced: true },
    })
  })

  it('restricted behind a bus that moves it by half a page: no page of it looks aligned to the device', () => {
    const reserved = 'r { compatible = "restricted-dma-pool"; reg = <0 0x44000000 0 0x400000>; };'
    const { kernel, events } = booted({ reserved })
    const dmaRanges = [{ cpuAddr: GIB, dmaAddr: 2 * GIB + 2 * KIB, size: GIB }]
    const dma0 = device(kernel, 'dma0', { coherent: true, memoryRegions: ['r'], dmaRanges })
    const page = () => kernel.dmaAllocAttrs(dma0, 4 * KIB, GFP_KERNEL, 0).ok
    expect([page(), page()]).toEqual([false, false])
    expect(logOf(events).filter((line) => line.endsWith('swiotlb.c swiotlb_alloc'))).toHaveLength(1)
  })
})

describe('behind an IOMMU', () => {
  it("whose pages are smaller than the kernel's: memory is whole pages, the range only what was asked", () => {
    const { kernel, events } = booted({ ramMib: 512, config: PAGES_16K })
    const dma0 = device(kernel, 'dma0', {
      iommu: { group: 'mmu', iovaBits: 32, pageSizes: [4 * KIB], identity: false },
    })
    const dma = () => {
      const result = kernel.dmaAllocAttrs(dma0, 5000, GFP_KERNEL, 0)
      return result.ok && result.value.dma.toString(16)
    }
    expect([dma(), dma()]).toEqual(['ffffe000', 'ffffc000'])
    expect(events.filter(({ name }) => name === 'map').map(({ size }) => size)).toEqual([8 * KIB, 8 * KIB])
  })

  const iommu = { group: 'mmu', iovaBits: 48, pageSizes: [4 * KIB, 2 * MIB, GIB], identity: false }

  it('scattered pages become one range from the top of the mask down', () => {
    const { kernel } = booted({})
    const dma0 = device(kernel, 'dma0', { iommu })
    const first = kernel.dmaAllocAttrs(dma0, 64 * KIB, GFP_KERNEL, 0)
    const second = kernel.dmaAllocAttrs(dma0, 12 * KIB, GFP_KERNEL, 0)
    expect([first, second].map((each) => each.ok && each.value.dma.toString(16))).toEqual(['ffff0000', 'fffec000'])
  })

  it('large aligned blocks are mapped with large pages', () => {
    const { kernel, events } = booted({})
    kernel.dmaAllocAttrs(device(kernel, 'dma0', { iommu }), 5 * MIB, GFP_KERNEL, 0)
    const maps = events.filter(({ name }) => name === 'map_pages')
    const pages = (size: number) => maps.reduce((sum, map) => sum + (map.pgsize === size ? Number(map.count) : 0), 0)
    expect([pages(2 * MIB), pages(4 * KIB)]).toEqual([2, 256])
  })

  it('entries that fill their pages become one segment of at most 64 KiB', () => {
    const { kernel } = booted({})
    const dma0 = device(kernel, 'dma0', { iommu })
    const segments = (...kib: number[]): number[] => {
      const entries = kib.map((size, at) => ({ phys: GIB + (64 + 2 * at) * MIB, bytes: size * KIB }))
      const result = kernel.dmaMapSgtable(dma0, entries, 'to-device')
      if (!result.ok) throw new Error('not mapped')
      return result.value.segments.slice(0, result.value.count).map(({ bytes }) => bytes / KIB)
    }
    expect(segments(60, 4)).toEqual([64])
    expect(segments(60, 8)).toEqual([60, 8])
    expect(segments(1, 4)).toEqual([1, 4])
  })

  it('non-contiguous memory takes no attribute but single pages', () => {
    const { kernel } = booted({})
    const dma0 = device(kernel, 'dma0', { iommu })
    const served = (attrs: number): boolean => kernel.dmaAllocNoncontiguous(dma0, 8192, GFP_KERNEL, attrs).ok
    expect([0, DMA_ATTR_ALLOC_SINGLE_PAGES, DMA_ATTR_WRITE_COMBINE].map(served)).toEqual([true, true, false])
  })

  it('devices of a group share a domain, others do not', () => {
    const { kernel } = booted({})
    const names = ['a', 'b', 'c'].map((name) =>
      device(kernel, name, { iommu: { ...iommu, group: name === 'c' ? 'own' : 'mmu' } }),
    )
    const addresses = names.map((each) => {
      const result = kernel.dmaAllocAttrs(each, 4096, GFP_KERNEL, 0)
      return result.ok && result.value.dma.toString(16)
    })
    expect(addresses).toEqual(['fffff000', 'ffffe000', 'fffff000'])
  })

  it('identity means direct', () => {
    const { kernel } = booted({ cmdline: 'cma=0' })
    const dma0 = device(kernel, 'dma0', { iommu: { ...iommu, identity: true } })
    expect(kernel.deviceInfo(dma0).ops).toBe('direct')
    const buffer = kernel.dmaAllocAttrs(dma0, 4096, GFP_KERNEL, 0)
    expect(buffer.ok && buffer.value.dma === buffer.value.phys).toBe(true)
    checkKernel(kernel)
  })

  it('32-bit arm hands out from the bottom up and never gives bus page 0 back', () => {
    const { kernel } = booted({ arch: 'arm' })
    const dma0 = device(kernel, 'dma0', { iommu: { ...iommu, iovaBits: 32 } })
    const map = () => kernel.dmaMapPageAttrs(dma0, GIB + 64 * MIB, 0, 4096, 'to-device', 0)
    const first = map()
    expect(first).toMatchObject({ value: { dma: 0 } })
    if (first.ok) kernel.dmaUnmap(first.value)
    const second = map()
    expect(second).toMatchObject({ value: { dma: 4096 } })
    if (second.ok) kernel.dmaUnmap(second.value)
    expect(map()).toMatchObject({ value: { dma: 4096 } })
  })

  it('32-bit arm goes on without translation where the window has no whole page, and loses what it finds no address for', () => {
    const { kernel } = booted({ arch: 'arm', cmdline: 'cma=0' })
    const behind = (pages: number) =>
      device(kernel, `p${pages}`, {
        coherent: true,
        iommu: { ...iommu, group: `g${pages}` },
        dmaRanges: [{ cpuAddr: GIB, dmaAddr: 0, size: pages * 4096 }],
      })
    expect(kernel.deviceInfo(behind(1)).ops).toBe('direct')
    const narrow = behind(33)
    expect(kernel.deviceInfo(narrow).ops).toBe('iommu')
    const free = () => kernel.state().zones[0]!.free
    const before = free()
    expect(kernel.dmaAllocAttrs(narrow, MIB, GFP_KERNEL, 0).ok).toBe(false)
    expect(before - free()).toBe(256)
  })
})
