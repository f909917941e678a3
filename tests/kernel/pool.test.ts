import { describe, expect, it } from 'vitest'
import { GFP_ATOMIC } from '../../src-main/kernel/gfp.ts'
import { booted, device, KIB, logOf } from './booted.ts'

const state = (kernel: ReturnType<typeof booted>['kernel']) => kernel.state().pools

describe('the atomic pools', () => {
  it('are as large as RAM says, or the command line', () => {
    expect(state(booted({ ramMib: 512 }).kernel).dma).toEqual({ available: 128 * KIB, size: 128 * KIB })
    expect(state(booted({ cmdline: 'coherent_pool=1M' }).kernel).dma).toEqual({
      available: 1024 * KIB,
      size: 1024 * KIB,
    })
  })

  it('are refilled once they have less than they began with: by as much as they have', () => {
    const { kernel } = booted({ cmdline: 'coherent_pool=64K' })
    const dma0 = device(kernel, 'dma0')
    const take = (bytes: number) => kernel.dmaAllocAttrs(dma0, bytes, GFP_ATOMIC, 0)
    kernel.runWork()
    expect(state(kernel).dma!.size).toBe(64 * KIB)
    const [first, second] = [take(4 * KIB), take(4 * KIB)]
    kernel.runWork()
    expect(state(kernel)).toEqual({
      dma: { available: 120 * KIB, size: 128 * KIB },
      dma32: { available: 64 * KIB, size: 64 * KIB },
      kernel: { available: 64 * KIB, size: 64 * KIB },
    })
    // 120 KiB are more than at first
    take(4 * KIB)
    kernel.runWork()
    expect(state(kernel).dma!.size).toBe(128 * KIB)
    for (const each of [first, second]) if (each.ok) kernel.dmaFree(each.value)
    kernel.runWork()
    expect(state(kernel).dma).toEqual({ available: 124 * KIB, size: 128 * KIB })
  })

  it('say so when none of them can serve', () => {
    const { kernel, events } = booted({ cmdline: 'coherent_pool=64K' })
    const before = logOf(events).length
    expect(kernel.dmaAllocAttrs(device(kernel, 'dma0'), 256 * KIB, GFP_ATOMIC, 0)).toEqual({ ok: false, errno: 12 })
    expect(logOf(events).slice(before).join('\n')).toContain('kernel/dma/pool.c')
    expect(events.find(({ name }) => name === 'dma_alloc_from_pool')).toMatchObject({
      size: 256 * KIB,
      total: 64 * KIB,
    })
  })

  it.each([
    [32, ['dma']],
    [64, ['kernel', 'dma32', 'dma']],
  ])('are asked from the one of the device’s zone down: with a mask of %d bits %j', (dmaBits, names) => {
    const { kernel, events } = booted({ cmdline: 'coherent_pool=64K' })
    kernel.dmaAllocAttrs(device(kernel, 'dma0', { dmaBits }), 256 * KIB, GFP_ATOMIC, 0)
    const asked = events.flatMap(({ name, pool }) => (name === 'dma_alloc_from_pool' ? [pool] : []))
    expect(asked).toEqual(names)
  })

  it('begin half as large, and again, where memory has no such block', () => {
    const { kernel } = booted({ cmdline: 'coherent_pool=16M cma=0' })
    // the largest block of the buddy system is 4 MiB
    expect(state(kernel).dma!.size).toBe(4096 * KIB)
  })
})
