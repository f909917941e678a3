import { describe, expect, it } from 'vitest'
import { lowmemReserves, zoneWatermarks, zoneWatermarksForHugePages } from '../../src-main/kernel/watermarks.ts'

const PAGE = 4096

describe('watermarks', () => {
  // /proc/meminfo of recorded boots: MemFree - MemAvailable is what the kernel keeps, but for the page cache's share (85 pages and less)
  const kept = (zones: { name: 'DMA' | 'Normal'; managed: number }[], blockPages: number): number => {
    const reserves = lowmemReserves(zones)
    return zoneWatermarksForHugePages(blockPages)(zones, PAGE).reduce(
      (n, { high }, i) => n + high + reserves[i]!.at(-1)!,
      0,
    )
  }

  it('keep whole pageblocks for huge pages once there are 512 MiB', () => {
    expect(kept([{ name: 'DMA', managed: 127147 }], 512)).toBeLessThan(1100)
    expect(kept([{ name: 'DMA', managed: 255337 }], 512)).toBe(8448)
  })

  it('keep them in every zone', () => {
    const [dma, normal] = [770000, 242524]
    const blocks = 2 * 11 * 512
    const spread = Math.floor((blocks * dma) / (dma + normal)) + Math.floor((blocks * normal) / (dma + normal))
    expect(spread).toBeGreaterThanOrEqual(blocks - 1)
    expect(
      kept(
        [
          { name: 'DMA', managed: dma },
          { name: 'Normal', managed: normal },
        ],
        512,
      ),
    ).toBeCloseTo(17840, -2)
  })

  it('take at most 5 % of memory for them', () => {
    const zone = { name: 'Normal' as const, managed: 16165 }
    const [marks] = zoneWatermarksForHugePages(8192)([zone], 64 * 1024)
    expect(marks!.min).toBe(Math.floor((zone.managed - zoneWatermarks([zone], 64 * 1024)[0]!.high) / 20))
  })
})
