import { describe, expect, it } from 'vitest'
import type { KernelEvent } from '@shared/run.ts'
import { IommuDomain } from '../../src-main/kernel/iommu-domain.ts'
import { TreeIovaSpace } from '../../src-main/kernel/iova-space.ts'
import { Tracer } from '../../src-main/kernel/tracer.ts'

const KIB = 1024
const MIB = 1024 * KIB

function mapped(pageSizes: number[], iova: number, phys: number, bytes: number): KernelEvent[] {
  const events: KernelEvent[] = []
  const domain = new IommuDomain(
    'mmu',
    pageSizes,
    2 ** 48,
    new TreeIovaSpace(pageSizes[0]!, 1),
    new Tracer((event) => {
      events.push(event)
    }),
  )
  domain.map(iova, phys, bytes)
  return events.filter(({ name }) => name === 'map_pages')
}
const pages = (...args: Parameters<typeof mapped>) =>
  mapped(...args).map(({ pgsize, count }) => [Number(pgsize) / KIB, Number(count)])

describe('the pages in which a domain maps a range', () => {
  // iova |4K 4K 4K|    64K    |    64K    |4K|
  it('grow where the address allows it, and shrink at the end', () => {
    const sizes = [4 * KIB, 64 * KIB, 2 * MIB]
    expect(pages(sizes, 52 * KIB, MIB + 52 * KIB, 144 * KIB)).toEqual([
      [4, 3],
      [64, 2],
      [4, 1],
    ])
  })

  it('take a larger page that just fits', () => {
    expect(pages([4 * KIB, 64 * KIB], 60 * KIB, 60 * KIB, 68 * KIB)).toEqual([
      [4, 1],
      [64, 1],
    ])
  })

  it('stay small where address and memory are not offset alike', () => {
    expect(pages([4 * KIB, 64 * KIB], 0, 4 * KIB, 128 * KIB)).toEqual([[4, 32]])
  })

  it('cover every small range once, each page aligned on both sides', () => {
    const [small, large] = [4, 16]
    for (let iova = 0; iova < 32; iova += small)
      for (let phys = 0; phys < 32; phys += small)
        for (let bytes = small; bytes <= 64; bytes += small) {
          let at = 0
          for (const event of mapped([small, large], iova, phys, bytes)) {
            const [size, from, to] = [Number(event.pgsize), Number(event.iova), Number(event.paddr)]
            expect([from, to]).toEqual([iova + at, phys + at])
            expect([from % size, to % size]).toEqual([0, 0])
            at += size * Number(event.count)
          }
          expect(at).toBe(bytes)
        }
  })

  it('join runs of memory that touch', () => {
    const events: KernelEvent[] = []
    const sink = (event: KernelEvent): void => void events.push(event)
    const domain = new IommuDomain('mmu', [4 * KIB], 2 ** 48, new TreeIovaSpace(4 * KIB, 1), new Tracer(sink))
    domain.mapRuns(
      0,
      [
        [MIB, 1],
        [MIB + 4 * KIB, 2],
        [2 * MIB, 1],
      ],
      4 * KIB,
    )
    expect(events.filter(({ name }) => name === 'map').map(({ iova, paddr, size }) => [iova, paddr, size])).toEqual([
      [0, MIB, 12 * KIB],
      [12 * KIB, 2 * MIB, 4 * KIB],
    ])
  })
})
