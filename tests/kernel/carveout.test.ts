import { describe, expect, it } from 'vitest'
import { MiB } from '@shared/units.ts'
import { CarveoutCore, type CarveoutNeeds, type CarveoutSource } from '../../src-main/kernel/carveout.ts'
import { carveoutAllocator } from '../../src-main/kernel/carveout-allocators.ts'
import { Tracer } from '../../src-main/kernel/tracer.ts'

function source(name: string, kind: 'cma' | 'reserved', base: number, mib: number): CarveoutSource {
  const inside = carveoutAllocator('first-fit', mib * MiB, 4096)
  return {
    name,
    kind,
    base,
    sizeBytes: mib * MiB,
    isolates: kind === 'reserved',
    paged: kind === 'cma',
    waits: kind === 'cma',
    alloc(bytes, align) {
      const at = inside.alloc(bytes, align)
      return at === null ? null : base + at
    },
    free: (at) => void inside.free(at - base),
  }
}
const needs = (mib: number, more: Partial<CarveoutNeeds> = {}): CarveoutNeeds => ({
  sizeBytes: mib * MiB,
  alignBytes: 4096,
  isolated: false,
  reach: 0xffff_ffff,
  contiguous: true,
  paged: false,
  mayWait: true,
  ...more,
})
function core(): { core: CarveoutCore; events: string[] } {
  const events: string[] = []
  const made = new CarveoutCore(4096, new Tracer((event) => events.push(event.name)))
  made.attach('gpu', [source('cma', 'cma', 64 * MiB, 8), source('gpu-old', 'reserved', 128 * MiB, 4)])
  return { core: made, events }
}

describe('the core carve-out API', () => {
  it('serves from CMA, and from the old reservation when CMA cannot', () => {
    const { core: api, events } = core()
    expect(api.alloc('gpu', needs(6))).toMatchObject({ ok: true, grant: { source: 'cma', fellBack: false } })
    expect(api.alloc('gpu', needs(3))).toMatchObject({ ok: true, grant: { source: 'gpu-old', fellBack: true } })
    expect(api.fallbacks()).toEqual([{ device: 'gpu', source: 'cma', count: 1, bytes: 3 * MiB }])
    expect(events).toEqual(['carveout_alloc', 'carveout_fallback', 'carveout_alloc'])
  })

  it('gives isolated memory from what is lent to nobody', () => {
    const { core: api } = core()
    expect(api.alloc('gpu', needs(2, { isolated: true }))).toMatchObject({
      ok: true,
      grant: { source: 'gpu-old', fellBack: false },
    })
  })

  it('gives pages from what the kernel maps alone', () => {
    const { core: api } = core()
    api.alloc('gpu', needs(6))
    expect(api.alloc('gpu', needs(3, { paged: true }))).toMatchObject({ ok: false, errno: -12 })
    expect(api.alloc('gpu', needs(1, { paged: true, isolated: true }))).toMatchObject({ ok: false, errno: -22 })
  })

  it('says apart what can never be served and what cannot be served now', () => {
    const { core: api } = core()
    api.alloc('gpu', needs(8))
    api.alloc('gpu', needs(4))
    expect(api.alloc('gpu', needs(1))).toMatchObject({ ok: false, errno: -12 })
    expect(api.alloc('gpu', needs(9))).toMatchObject({ ok: false, errno: -22 })
    expect(api.alloc('gpu', needs(1, { reach: 0xffffff }))).toMatchObject({ ok: false, errno: -22 })
    expect(api.alloc('camera', needs(1))).toMatchObject({
      ok: false,
      errno: -22,
      reason: 'the device has no carve-out',
    })
  })

  // an odd number of pages is halved up: | 3 | 3 | 1 of 7 pages, where the largest hole has 3
  it('halves what does not fit in whole pages, rounded up', () => {
    const api = new CarveoutCore(4096, new Tracer(null))
    const holes = { ...source('cma', 'cma', 0, 1) }
    const asked: number[] = []
    const alloc = (bytes: number): number | null => (asked.push(bytes / 4096), bytes <= 3 * 4096 ? 0 : null)
    api.attach('gpu', [{ ...holes, alloc }])
    api.alloc('gpu', { ...needs(0), sizeBytes: 7 * 4096, contiguous: false })
    expect(asked).toEqual([7, 4, 2, 2, 2, 1])
  })

  // cma: | 3M | 1M free | 1M | 3M free |: 4M in pieces only
  it('gathers pieces where the request need not be contiguous, all or nothing', () => {
    const { core: api } = core()
    const grants = [3, 1, 1].map((mib) => api.alloc('gpu', needs(mib)))
    const second = grants[1]!
    if (second.ok) api.free(second.grant)
    const scattered = api.alloc('gpu', needs(4, { contiguous: false }))
    expect(scattered).toMatchObject({ ok: true, grant: { source: 'cma' } })
    if (scattered.ok) {
      expect(scattered.grant.pieces.reduce((sum, piece) => sum + piece.sizeBytes, 0)).toBe(4 * MiB)
      expect(api.free(scattered.grant)).toBe(true)
      expect(api.free(scattered.grant)).toBe(false)
    }
  })
})
