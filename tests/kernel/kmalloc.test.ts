import { describe, expect, it } from 'vitest'
import { Kmalloc } from '../../src-main/kernel/kmalloc.ts'
import type { PageAllocator } from '../../src-main/kernel/page-alloc.ts'

function caches(spare: Record<number, number>): { kmalloc: Kmalloc; pages: () => number } {
  let pages = 0
  const allocator = { pageBytes: 4096, alloc: () => pages++ } as unknown as PageAllocator
  return { kmalloc: new Kmalloc(allocator, { spare }), pages: () => pages }
}

describe('kmalloc', () => {
  it('takes a page when the room of those in use is spent', () => {
    const { kmalloc, pages } = caches({ 64: 10 })
    kmalloc.alloc(40, 10)
    expect(pages()).toBe(0)
    kmalloc.alloc(64)
    expect(pages()).toBe(1)
    kmalloc.alloc(1, 63)
    expect(pages()).toBe(1)
    kmalloc.alloc(52)
    expect(pages()).toBe(2)
  })

  it('puts objects where others were freed', () => {
    const { kmalloc, pages } = caches({ 64: 0 })
    kmalloc.alloc(64, 64)
    kmalloc.free(64, 30)
    kmalloc.alloc(64, 30)
    expect(pages()).toBe(1)
  })

  it('has a cache for each power of two and one of 192 bytes', () => {
    const { kmalloc, pages } = caches({ 192: 0, 512: 0 })
    kmalloc.alloc(129)
    kmalloc.alloc(192)
    expect(pages()).toBe(1)
    kmalloc.alloc(300, 8)
    expect(pages()).toBe(2)
    kmalloc.alloc(512)
    expect(pages()).toBe(3)
  })

  it('counts only caches whose room is known', () => {
    const { kmalloc, pages } = caches({ 64: 0 })
    kmalloc.alloc(1024, 100)
    expect(pages()).toBe(0)
  })

  it('takes whole blocks for what is larger than two pages', () => {
    const orders: number[] = []
    const freed: number[] = []
    const allocator = {
      pageBytes: 4096,
      alloc: (_gfp: number, order: number) => orders.push(order),
      free: (pfn: number) => freed.push(pfn),
    } as unknown as PageAllocator
    const kmalloc = new Kmalloc(allocator, { spare: {} })
    kmalloc.alloc(8192)
    kmalloc.alloc(12_800)
    kmalloc.alloc(22_528)
    kmalloc.free(12_800)
    expect(orders).toEqual([2, 3])
    expect(freed).toEqual([1])
  })
})
