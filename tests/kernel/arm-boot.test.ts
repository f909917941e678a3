import { describe, expect, test } from 'vitest'
import { BootPanic } from '../../src-main/kernel/early-boot.ts'
import { cma, early, reserved, RAM, MiB } from './early.ts'

const arm = (nodes: string, cmdline = 'cma=0') =>
  early(reserved(nodes), { arch: 'arm', cmdline, kernelImage: { start: RAM + 0x8200, end: RAM + 5 * MiB } })

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
})

test('a 64-bit kernel dies when it clears memory of a no-map region that was refused after the linear map was made', () => {
  const refused = 'compatible = "shared-dma-pool"; reusable; no-map; reg = <0 0x43000000 0 0x1000000>;'
  expect(() => early(reserved(`cam@43000000 { ${refused} };`), { cmdline: 'cma=0' })).toThrow(BootPanic)
  expect(() =>
    early(reserved(`cam@43000000 { ${refused.replace('reusable;', '')} };`), { cmdline: 'cma=0' }),
  ).not.toThrow()
})
