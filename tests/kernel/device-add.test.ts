import { describe, expect, it } from 'vitest'
import { booted, device, MIB } from './booted.ts'

const GIB = 1024 * MIB

describe('the mask that a driver asks for', () => {
  const maskOf = (dmaBits: number, ramMib: number, arch: 'arm' | 'arm64' = 'arm64') =>
    device(booted({ ramMib, arch }).kernel, 'dma0', { dmaBits }).dmaMask

  // RAM begins at 1 GiB: 31 bits end with the second
  it('is taken where it reaches all of the lowest zone, to the byte', () => {
    expect(maskOf(31, 1024)).toBe(2 * GIB - 1)
    expect(maskOf(31, 1025)).toBe(4 * GIB - 1)
    expect(maskOf(40, 1024)).toBe(2 ** 40 - 1)
  })

  it('of 64 bits is one that no address reaches', () => {
    expect(maskOf(64, 256)).toBe(2 ** 64)
  })
})

describe('what the bus passes', () => {
  it('ends with the last byte of its windows', () => {
    const { kernel } = booted({})
    const dmaRanges = [
      { cpuAddr: 0x4000_0000, dmaAddr: 0, size: 64 * MIB },
      { cpuAddr: 0x4400_0000, dmaAddr: 0x1000_0000, size: 64 * MIB },
    ]
    expect(device(kernel, 'near', { dmaRanges }).busLimit).toBe(0x13ff_ffff)
    expect(device(kernel, 'plain').busLimit).toBe(0)
  })
})

describe('the table of operations', () => {
  const iommu = { group: 'mmu', iovaBits: 32, pageSizes: [4096], identity: false }
  const opsOf = (cmdline: string, more = {}) => device(booted({ cmdline }).kernel, 'dma0', { iommu, ...more }).ops.name

  it.each([
    ['', 'iommu'],
    ['iommu.passthrough=1', 'direct'],
    ['iommu.passthrough=on', 'direct'],
    ['iommu.passthrough=0', 'iommu'],
    ['iommu.passthrough=1 iommu.passthrough=off', 'iommu'],
    ['iommu.passthrough=maybe', 'iommu'],
  ])('with %j behind an IOMMU is %s', (cmdline, name) => {
    expect(opsOf(cmdline)).toBe(name)
  })

  it('is the direct one where the windows lie beyond what the IOMMU translates', () => {
    const window = (dmaAddr: number) => ({ dmaRanges: [{ cpuAddr: 0x4000_0000, dmaAddr, size: GIB }] })
    expect(opsOf('', window(4 * GIB))).toBe('direct')
    expect(opsOf('', window(3 * GIB))).toBe('iommu')
  })
})

describe('the regions of a device', () => {
  const reserved = `
    cam { compatible = "shared-dma-pool"; reusable; reg = <0 0x44000000 0 0x400000>; };
    dsp { compatible = "shared-dma-pool"; no-map; reg = <0 0x45000000 0 0x100000>; };
    box { compatible = "restricted-dma-pool"; reg = <0 0x46000000 0 0x400000>; };`

  it('are set up by its driver, a restricted pool without', () => {
    const { kernel } = booted({ reserved })
    const memoryRegions = ['cam', 'dsp', 'box']
    const idle = device(kernel, 'idle', { memoryRegions, driverInits: false })
    const busy = device(kernel, 'busy', { memoryRegions })
    expect([idle.cmaArea?.name, idle.declared?.name, idle.ioTlb?.name]).toEqual([undefined, undefined, 'box'])
    expect([busy.cmaArea?.name, busy.declared?.name, busy.ioTlb?.name]).toEqual(['cam', 'dsp', 'box'])
  })

  it('are shared by the devices that name them', () => {
    const { kernel } = booted({ reserved })
    const [a, b] = ['a', 'b'].map((name) => device(kernel, name, { memoryRegions: ['dsp', 'box'] }))
    expect(a!.declared).toBe(b!.declared)
    expect(a!.ioTlb).toBe(b!.ioTlb)
  })
})
