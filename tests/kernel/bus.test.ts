import { describe, expect, it } from 'vitest'
import { dmaToPhys, physToDma } from '../../src-main/kernel/bus.ts'
import { booted, device, MIB } from './booted.ts'

// phys   0x4000_0000 |  a 16M  |  b 16M  |
// bus    0x0         |  b 16M  |  a 16M  |
const dmaRanges = [
  { cpuAddr: 0x4000_0000, dmaAddr: 0x100_0000, size: 16 * MIB },
  { cpuAddr: 0x4100_0000, dmaAddr: 0, size: 16 * MIB },
]
const crossed = () => device(booted({}).kernel, 'dma0', { dmaRanges })

describe('addresses of a device behind dma-ranges', () => {
  it('lie where the window of the memory puts them', () => {
    expect([0x4000_0000, 0x40ff_ffff, 0x4100_0000].map((phys) => physToDma({ dmaRanges }, phys))).toEqual([
      0x100_0000, 0x1ff_ffff, 0,
    ])
  })

  it('are none outside of every window, on both sides', () => {
    const behind = crossed()
    expect([0x3fff_ffff, 0x4200_0000].map((phys) => physToDma(behind, phys))).toEqual([Infinity, Infinity])
    expect(dmaToPhys(behind, 0x200_0000)).toBe(Infinity)
  })

  it('lead back to the same memory', () => {
    const behind = crossed()
    for (let phys = 0x4000_0000; phys < 0x4200_0000; phys += 0x12_3456)
      expect(dmaToPhys(behind, physToDma(behind, phys))).toBe(phys)
  })

  it('end with the last byte of the last window', () => {
    expect(crossed().busLimit).toBe(0x1ff_ffff)
  })
})
