import { describe, expect, it } from 'vitest'
import type { DmaDirection } from '../../src-main/kernel/attrs.ts'
import { booted, device, KIB, MIB } from './booted.ts'

const GIB = 1024 * MIB
const HIGH = 6 * GIB

/** Six gigabytes from 1 GiB on, so that a device of 32 bits does not reach the last ones. */
const large = () => booted({ ramMib: 6 * 1024 })

describe('what is copied through a bounce buffer', () => {
  it.each<[DmaDirection, number[]]>([
    // [when mapped, for the device, for the processor, when unmapped]: the first copy fills the buffer whatever the direction
    ['to-device', [1, 1, 0, 0]],
    ['from-device', [1, 0, 1, 1]],
    ['bidirectional', [1, 1, 1, 1]],
  ])('%s: %j', (direction, expected) => {
    const { kernel, events } = large()
    const dma0 = device(kernel, 'dma0', { coherent: true })
    const copies = (work: () => void): number => {
      const before = events.length
      work()
      return events.slice(before).filter(({ name }) => name === 'swiotlb_bounce').length
    }
    let mapping: Parameters<typeof kernel.dmaUnmap>[0]
    const mapped = copies(() => {
      const result = kernel.dmaMapPageAttrs(dma0, HIGH, 0, 4 * KIB, direction, 0)
      if (!result.ok) throw new Error('not mapped')
      mapping = result.value
    })
    const forDevice = copies(() => kernel.syncForDevice(mapping))
    const forCpu = copies(() => kernel.syncForCpu(mapping))
    expect([mapped, forDevice, forCpu, copies(() => kernel.dmaUnmap(mapping))]).toEqual(expected)
    expect(kernel.state().swiotlb.default!.io_tlb_used).toBe(0)
  })
})

describe('a small buffer of a device that does not snoop', () => {
  const bounces = (bytes: number, direction: DmaDirection, coherent = false) => {
    const { kernel } = booted({})
    const result = kernel.dmaMapPageAttrs(device(kernel, 'dma0', { coherent }), 0x4400_0000, 0, bytes, direction, 0)
    return result.ok && result.value.bounced
  }

  it('bounces where it may share a cache line with another', () => {
    expect([8, 64, 65, 96, 100, 128, 192, 255, 256].map((bytes) => [bytes, bounces(bytes, 'from-device')])).toEqual([
      [8, true],
      [64, false],
      [65, true],
      [96, true],
      [100, false],
      [128, false],
      [192, false],
      [255, false],
      [256, false],
    ])
  })

  it('does not where the device only reads, or snoops', () => {
    expect([bounces(8, 'to-device'), bounces(8, 'bidirectional', true)]).toEqual([false, false])
  })
})
