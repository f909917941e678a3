import { describe, expect, it } from 'vitest'
import { gfpFlags } from '../../src-main/kernel/index.ts'
import { booted, checkKernel, device, drawArea, KIB, logOf, MIB } from './booted.ts'
import { seeded } from './seeded.ts'

const CAM = 'cam: cam { compatible = "shared-dma-pool"; reusable; reg = <0 0x44000000 0 0x1000000>; };'
const board = { reserved: CAM, cmdline: 'cma=0' }

describe('a CMA area', () => {
  it('fills from its start and aligns to the order that is asked for', () => {
    const { kernel } = booted(board)
    kernel.cmaAlloc('cam', 256, 0, true)
    kernel.cmaAlloc('cam', 128, 9, true)
    // a cell is 256 pages, 1 MiB of 16
    expect(drawArea(kernel, 'cam', 256)).toBe('#.#.............')
  })

  // base 2 MiB behind a multiple of 4 MiB:  | . . | # . . . | . . |
  it('aligns addresses, not places in the area', () => {
    const { kernel } = booted({ reserved: CAM.replace('0x44000000', '0x44200000'), cmdline: 'cma=0' })
    expect(kernel.cmaAlloc('cam', 1, 10, true)).toMatchObject({ value: { phys: 0x4440_0000, offset: 2 * MIB } })
  })

  it('answers -12 when no hole is large enough, and lists the holes', () => {
    const { kernel, events } = booted(board)
    kernel.cmaAlloc('cam', 2048, 0, true)
    expect(kernel.cmaAlloc('cam', 2049, 0, false)).toEqual({ ok: false, errno: 12 })
    expect(logOf(events).slice(-2)).toEqual([
      'cma: __cma_alloc: cam: alloc failed, req-size: 2049 pages, ret: -12',
      'cma: number of available pages: 2048@2048=> 2048 free of 4096 total pages',
    ])
  })

  it('says nothing of a request that is larger than the area', () => {
    const { kernel, events } = booted(board)
    const before = logOf(events).length
    for (const pages of [4097, 2 ** 32 - 1, 2 ** 32]) expect(kernel.cmaAlloc('cam', pages, 0, false).ok).toBe(false)
    expect(logOf(events).length).toBe(before)
    expect(events.some((event) => event.name === 'cma_alloc_finish')).toBe(false)
  })

  it('tells of ten failures in five seconds, and of the holes each time', () => {
    const { kernel, events } = booted(board)
    kernel.cmaAlloc('cam', 4096, 0, true)
    for (let i = 0; i < 12; i++) kernel.cmaAlloc('cam', 1, 0, false)
    const lines = logOf(events)
    expect(lines.filter((line) => line.includes('alloc failed'))).toHaveLength(10)
    expect(lines.filter((line) => line.includes('number of available'))).toHaveLength(12)
    kernel.sleep(5001)
    kernel.cmaAlloc('cam', 1, 0, false)
    expect(logOf(events).at(-2)).toContain('alloc failed')
  })

  it('moves borrowed pages away', () => {
    const { kernel } = booted({ ramMib: 128, reserved: CAM, cmdline: 'cma=0' })
    kernel.touchAnon((80 * MIB) / 4096)
    const movable = () => kernel.areaMap('cam')!.blocks.reduce((sum, [, , pages]) => sum + pages, 0)
    expect(movable()).toBeGreaterThan(2000)
    kernel.freeAnon()
    kernel.touchAnon((60 * MIB) / 4096)
    expect(kernel.cmaAlloc('cam', 2048, 0, true).ok).toBe(true)
    checkKernel(kernel)
  })

  it('tries the next window when a page is pinned, and answers -16 when all windows are', () => {
    const { kernel, events } = booted(board)
    kernel.pinAt('cam', [10])
    expect(kernel.cmaAlloc('cam', 64, 0, true)).toMatchObject({ ok: true, value: { offset: 11 * 4 * KIB } })
    expect(events.filter((event) => event.name === 'cma_alloc_busy_retry')).toHaveLength(11)
    kernel.pinAt('cam', [1000, 2000, 3000, 4000])
    kernel.cmaAlloc('cam', 4030, 0, false)
    expect(logOf(events).at(-2)).toContain('ret: -12')
    kernel.cmaAlloc('cam', 2048, 0, false)
    expect(logOf(events).at(-2)).toContain('ret: -16')
    expect(kernel.unpin()).toBe(5)
    expect(kernel.cmaAlloc('cam', 2048, 0, true).ok).toBe(true)
  })

  it('aligns what drivers ask for to its order, and to 1 MiB at most, as CONFIG_CMA_ALIGNMENT has it', () => {
    const { kernel } = booted(board)
    const own = device(kernel, 'own', { memoryRegions: ['cam'], coherent: true })
    const offset = (kib: number) => {
      const result = kernel.dmaAllocAttrs(own, kib * KIB, gfpFlags.GFP_KERNEL, 0)
      return result.ok && result.value.offset! / KIB
    }
    expect([offset(4), offset(12), offset(4096), offset(4)]).toEqual([0, 16, 1024, 4])
  })

  it('serves what may not wait from elsewhere, and single pages too where it is shared', () => {
    const { kernel } = booted({ cmdline: 'cma=32M' })
    const dma0 = device(kernel, 'dma0', { coherent: true })
    const from = (bytes: number, gfp: number) => {
      const result = kernel.dmaAllocAttrs(dma0, bytes, gfp, 0)
      return result.ok && result.value.from
    }
    expect(from(8192, gfpFlags.GFP_KERNEL)).toBe('cma:reserved')
    expect(from(4096, gfpFlags.GFP_KERNEL)).toBe('zone:DMA')
    expect(from(8192, gfpFlags.GFP_ATOMIC)).toBe('zone:DMA')
  })

  it.each([1, 2, 3])('keeps every count right through random calls of all kinds (seed %i)', (seed) => {
    const below = seeded(seed)
    const { kernel } = booted({ ramMib: 128, cmdline: 'cma=24M', reserved: CAM })
    const own = device(kernel, 'own', { memoryRegions: ['cam'] })
    const shared = device(kernel, 'shared')
    const held: (() => void)[] = []
    for (let step = 0; step < 400; step++) {
      const kind = below(10)
      if (kind < 5) {
        const gfp = below(4) === 0 ? gfpFlags.GFP_ATOMIC : gfpFlags.GFP_KERNEL | gfpFlags.__GFP_NOWARN
        const result = kernel.dmaAllocAttrs(below(2) ? own : shared, 1 + below(600 * KIB), gfp, 0)
        if (result.ok) held.push(() => kernel.dmaFree(result.value))
      } else if (kind < 8) held.splice(below(held.length + 1), 1).forEach((free) => free())
      else if (kind === 8) kernel.touchAnon(below(500))
      else kernel.freeAnon()
      kernel.runWork()
      checkKernel(kernel)
    }
    held.forEach((free) => free())
    checkKernel(kernel)
    expect(kernel.state().cma.cam!.used).toBe(0)
  })
})
