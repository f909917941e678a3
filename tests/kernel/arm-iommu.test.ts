import { describe, expect, it } from 'vitest'
import type { KernelEvent } from '@shared/run.ts'
import { GFP_KERNEL } from '../../src-main/kernel/gfp.ts'
import { readChain } from '../../src-main/workload/chain.ts'
import { booted, device, KIB, MIB } from './booted.ts'

const iommu = { group: 'mmu', iovaBits: 32, pageSizes: [4 * KIB], identity: false }
const BASE = 0x1000_0000
/** A window of 2 MiB of bus addresses. */
const narrow = { iommu, dmaRanges: [{ cpuAddr: 0x4000_0000, dmaAddr: BASE, size: 2 * MIB + 1 }] }

describe('an IOMMU of 32-bit arm', () => {
  it('tells that its addresses are used up, and explanations read it', () => {
    const { kernel, events } = booted({ arch: 'arm' })
    const dma0 = device(kernel, 'dma0', narrow)
    expect(kernel.dmaAllocAttrs(dma0, MIB, GFP_KERNEL, 0).ok).toBe(true)
    const before = events.length
    expect(kernel.dmaAllocAttrs(dma0, 2 * MIB, GFP_KERNEL, 0).ok).toBe(false)
    const chain = readChain(events.slice(before), { pageBytes: 4 * KIB, areas: {} })
    expect(chain.map(({ room, text }) => `${room}: ${text}`)).toEqual([
      'iova: no 2 MiB of I/O addresses are left for the device; 1 MiB are in use',
    ])
  })

  it('joins entries that continue each other at page ends, up to the largest segment', () => {
    const { kernel } = booted({ arch: 'arm' })
    const dma0 = device(kernel, 'dma0', { iommu })
    const entry = (phys: number, bytes: number) => ({ phys, bytes })
    const joined = (...entries: { phys: number; bytes: number }[]): number[] => {
      const result = kernel.dmaMapSgtable(dma0, entries, 'to-device')
      if (!result.ok) throw new Error('not mapped')
      const { segments, count } = result.value
      kernel.dmaUnmapSgtable(result.value)
      return segments.slice(0, count).map(({ bytes }) => bytes / KIB)
    }
    const at = 0x4400_0000
    expect(joined(entry(at, 4 * KIB), entry(at + MIB, 8 * KIB))).toEqual([12])
    expect(joined(entry(at, 60 * KIB), entry(at + MIB, 4 * KIB))).toEqual([64])
    expect(joined(entry(at, 60 * KIB), entry(at + MIB, 5 * KIB))).toEqual([60, 5])
    expect(joined(entry(at, 4 * KIB), entry(at + MIB + 512, KIB))).toEqual([4, 1])
    expect(joined(entry(at, KIB), entry(at + MIB, 4 * KIB))).toEqual([1, 4])
  })

  it('gives every address back but those of bus page 0', () => {
    const { kernel, events } = booted({ arch: 'arm' })
    const used = (name: string): unknown => events.findLast((event: KernelEvent) => event.name === name)?.used
    const dma0 = device(kernel, 'dma0', narrow)
    for (let turn = 0; turn < 3; turn++) {
      const mapped = kernel.dmaMapPageAttrs(dma0, 0x4400_0000, 100, 5000, 'to-device', 0)
      const buffer = kernel.dmaAllocAttrs(dma0, 512 * KIB, GFP_KERNEL, 0)
      if (!mapped.ok || !buffer.ok) throw new Error('refused')
      kernel.dmaUnmap(mapped.value)
      kernel.dmaFree(buffer.value)
    }
    kernel.dmaAllocAttrs(dma0, 4 * MIB, GFP_KERNEL, 0)
    expect(used('__alloc_iova')).toBe(0)
  })
})
