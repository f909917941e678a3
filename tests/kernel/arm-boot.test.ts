import { describe, expect, test } from 'vitest'
import { BootPanic } from '../../src-main/kernel/early-boot.ts'
import type { Machine } from '@shared/board.ts'
import { adjustLowmemBounds } from '../../src-main/kernel/arm-init.ts'
import { askedCma } from '../../src-main/kernel/contiguous-reserve.ts'
import { cma, early, reserved, RAM, MiB } from './early.ts'

const arm = (nodes: string, cmdline = 'cma=0', machine: Machine = {}) =>
  early(reserved(nodes), { arch: 'arm', cmdline, kernelImage: { start: RAM + 0x8200, end: RAM + 5 * MiB }, ...machine })
const range = (start: number, end: number) => ({ start: RAM + start * MiB, end: RAM + end * MiB })

describe('a 32-bit kernel stops without a word', () => {
  test('when mem= names more than there is', () => {
    expect(() => arm('', 'cma=0 mem=65M')).toThrow(BootPanic)
    expect(() => arm('', 'cma=0 mem=64M')).not.toThrow()
    expect(() => arm('', 'cma=0 mem=48M')).not.toThrow()
  })
  test('when a CMA area lies on its image, even one that is refused later', () => {
    expect(() => arm(cma('cam@40400000', 'reg = <0 0x40400000 0 0x400000>;'))).toThrow(BootPanic)
    expect(() => arm(cma('cam@40200000', 'reg = <0 0x40200000 0 0x80000>;'))).toThrow(BootPanic)
    expect(() => arm(cma('cam@41000000', 'reg = <0 0x41000000 0 0x400000>;'))).not.toThrow()
  })
  // banks up to 31 MiB and from there on, less a hole of 100 KiB: | section | . table … |, a pair of sections
  test('when a bank begins in pages where one before ended in a section of the same pair', () => {
    const hole = (address: string) =>
      `rp@0 { compatible = "shared-dma-pool"; no-map; reg = <0 ${address} 0 0x19000>; };`
    expect(() => arm(hole('0x41f00000'))).toThrow(BootPanic)
    expect(() => arm(hole('0x41e00000'))).not.toThrow()
    expect(() => arm(hole('0x41f01000'))).not.toThrow()
  })
  test('when it clears memory in the pair of sections where a CMA area ended', () => {
    // a region of 7 MiB is refused, and what lies behind it up to the next pair has lost its mapping
    const top = (size: string) => cma('cam', `size = <0 ${size}>; alloc-ranges = <0 0x43800000 0 0x800000>;`)
    expect(() => arm(top('0x700000'))).toThrow(BootPanic)
    expect(() => arm(top('0x600000'))).not.toThrow()
  })
  test('when its initrd is in high memory, or not in RAM and there is no other root', () => {
    const initrd = range(40, 41)
    expect(() => arm('', 'cma=0', { initrd })).not.toThrow()
    expect(() => arm('', 'cma=0 vmalloc=1G', { initrd })).toThrow(BootPanic)
    expect(() => arm('', 'cma=0 mem=40M', { initrd })).toThrow(BootPanic)
    expect(() => arm('', 'cma=0 mem=40M root=/dev/mmcblk0p2', { initrd })).not.toThrow()
  })
})

test('a kernel whose RAM begins anew in the last page of 32 bits dies: its frame number wraps to 0', () => {
  const memory = [range(0, 64), { start: 0xfe00_0000, end: 0x1_0000_0000 }]
  const plain = (rest: string) => `cam { size = <0 0x400000>; alloc-ranges = <0 0xfe000000 0 0x2000000>; ${rest} };`
  expect(() => arm(plain(''), 'cma=0', { memory })).not.toThrow()
  expect(() => arm(plain('no-map;'), 'cma=0', { memory })).toThrow(BootPanic)
})

test('memory for page tables lies below the first bank that is no whole pair of sections', () => {
  const reach = (...memory: { start: number; end: number }[]) => {
    const boot = arm('', 'cma=0', { memory })
    adjustLowmemBounds(boot)
    return (boot.memblock.currentLimit - RAM) / MiB
  }
  expect(reach(range(0, 64))).toBe(64)
  expect(reach(range(0, 31), range(48, 64))).toBe(30)
  expect(reach(range(0, 32), range(47, 64))).toBe(46)
})

test('the first mem= drops what the loader said, each adds whole pages', () => {
  const ram = (cmdline: string) =>
    arm('', `cma=0 ${cmdline}`).memblock.memory.regions.map(({ base, size }) => [(base - RAM) / MiB, size / MiB])
  expect(ram('mem=32M mem=8M@0x43000000 mem=32M')).toEqual([
    [0, 32],
    [48, 8],
  ])
  expect(ram('mem=64M@0x3f000000')).toEqual([[0, 48]])
})

test('what does not fit into 32 bits of cma= is cut off', () => {
  expect(askedCma(arm('', 'cma=4G'))).toMatchObject({ size: 0 })
  expect(askedCma(arm('', 'cma=8M@0x42000000-4G'))).toMatchObject({ base: 0x4200_0000, limit: 0 })
})

test('a 64-bit kernel dies when it clears memory of a no-map region that was refused after the linear map was made', () => {
  const refused = 'compatible = "shared-dma-pool"; reusable; no-map; reg = <0 0x43000000 0 0x1000000>;'
  expect(() => early(reserved(`cam@43000000 { ${refused} };`), { cmdline: 'cma=0' })).toThrow(BootPanic)
  expect(() =>
    early(reserved(`cam@43000000 { ${refused.replace('reusable;', '')} };`), { cmdline: 'cma=0' }),
  ).not.toThrow()
})
