import { describe, expect, it } from 'vitest'
import { GFP_ATOMIC, GFP_HIGHUSER_MOVABLE, GFP_KERNEL, __GFP_NORETRY } from '../../src-main/kernel/gfp.ts'
import { ARM64_CONFIG } from '../../src-main/kernel/profiles/defaults.ts'
import { booted, MIB } from './booted.ts'

const ALL = 1_000_000
const KERNEL = GFP_KERNEL | __GFP_NORETRY
const MOVABLE = GFP_HIGHUSER_MOVABLE | __GFP_NORETRY
const pages = (mib: number): number => (mib * MIB) / 4096

const starved = (cmdline: string) => booted({ cmdline, initrd: { start: 0x4440_0000, end: 0x444a_3000 } })

// Bounds are those of real kernels: many boots of the same board differ within them.
describe('a kernel whose last pages are taken', () => {
  it('fails above a boosted watermark, with pages left in its per-CPU lists', () => {
    const { kernel } = starved('cma=0M')
    const { got, freePages } = kernel.hog(0, ALL, KERNEL)
    expect(got).toBeGreaterThan(53_000)
    expect(freePages).toBeGreaterThan(0)
    expect(freePages).toBeLessThan(1700)
  })

  it('lacks an eighth of its memory for other types once it was all taken and freed', () => {
    const { kernel } = starved('cma=0M')
    const first = kernel.hog(0, ALL, KERNEL).got
    kernel.unhog()
    expect(first - kernel.hog(0, ALL, MOVABLE).got).toBeGreaterThan(5000)
  })

  it('gives the pages of an area to movable requests only', () => {
    const { kernel } = starved('cma=96M')
    const unmovable = kernel.hog(0, ALL, KERNEL)
    expect(unmovable.inArea).toBe(0)
    // kcompactd has emptied the lists behind the request that failed
    expect(unmovable.freePages - unmovable.freeCmaPages).toBeGreaterThan(1500)
    kernel.unhog()
    expect(kernel.hog(0, ALL, MOVABLE).inArea).toBeGreaterThan(pages(92))
  })

  it('lets those that may not wait further below the watermark', () => {
    const { kernel } = starved('cma=0M')
    kernel.hog(0, ALL, KERNEL)
    expect(kernel.hog(0, ALL, GFP_ATOMIC).got).toBeGreaterThan(100)
  })

  it('moves pages together for a request of many', () => {
    const { kernel } = starved('cma=0M')
    kernel.touchAnon(pages(180), false)
    kernel.punchAnon(2)
    const { got } = kernel.hog(4, ALL, KERNEL)
    // 90 MiB are free, in single pages only
    expect(got).toBeGreaterThan(pages(30) / 16)
  })
})

// Six pageblocks, one a type, are 3 GiB where a pageblock has 512 MiB.
it.each([
  [2048, false],
  [4096, true],
])('a kernel with fewer pageblocks than types lends no pages of an area: 64 KiB pages, %i MiB', (ramMib, lends) => {
  const config = ARM64_CONFIG.replace('4K_PAGES', '64K_PAGES').replace('MAX_ORDER=10', 'MAX_ORDER=13')
  const { kernel } = booted({ ramMib, cmdline: 'cma=512M', config })
  // of 8192 pages
  expect(kernel.hog(0, ALL, MOVABLE).inArea > 8000).toBe(lends)
})
