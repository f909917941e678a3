import { describe, expect, it } from 'vitest'
import type { Kernel } from '../../src-main/kernel/index.ts'
import { booted, checkKernel, drawArea, logOf, MIB } from './booted.ts'
import { seeded } from './seeded.ts'

const PAGE = 4096
/** 8 MiB, four pageblocks of 512 pages. */
const CAM = 'cam { compatible = "shared-dma-pool"; reusable; reg = <0 0x44000000 0 0x800000>; };'

const movableIn = (kernel: Kernel): number =>
  kernel.areaMap('cam')!.blocks.reduce((sum, [, , movable]) => sum + movable, 0)

/** A kernel whose area is full of movable pages, as is a part of the memory around it. */
function lent() {
  const board = booted({ ramMib: 96, reserved: CAM, cmdline: 'cma=0' })
  const { free } = board.kernel.state().zones[0]!
  board.kernel.touchAnon(free - 3000)
  expect(movableIn(board.kernel)).toBeGreaterThan(500)
  return board
}

describe('a range that is taken', () => {
  it('gives the movable pages in it another place, and loses none', () => {
    const { kernel } = lent()
    const before = kernel.movableRuns('cam').reduce((sum, { pages }) => sum + pages, 0)
    expect(kernel.cmaAlloc('cam', 512, 0, true).ok).toBe(true)
    // a cell is 128 pages
    expect(drawArea(kernel, 'cam', 128)).toBe('####............')
    expect(kernel.movableRuns('cam').every(({ start }) => start >= 512)).toBe(true)
    expect(movableIn(kernel)).toBeLessThanOrEqual(before)
    checkKernel(kernel)
    kernel.freeAnon()
    checkKernel(kernel)
  })

  it('is lent again once it is given back: its pageblocks are the area’s still', () => {
    const { kernel } = lent()
    const all = kernel.cmaAlloc('cam', 2048, 0, true)
    if (!all.ok) throw new Error('no room to move to')
    expect(movableIn(kernel)).toBe(0)
    kernel.cmaRelease(all.value)
    expect(kernel.freeMemory().reduce((sum, { freeCma }) => sum + freeCma, 0)).toBe(2048)
    kernel.touchAnon(2000)
    expect(movableIn(kernel)).toBeGreaterThan(1000)
    checkKernel(kernel)
  })

  it('stays the area’s after a failure, too: what was isolated is so no longer', () => {
    const { kernel, events } = booted({ reserved: CAM, cmdline: 'cma=0' })
    const freeCma = () => kernel.freeMemory().reduce((sum, zone) => sum + zone.freeCma, 0)
    const before = freeCma()
    kernel.pinAt('cam', [0, 511, 512, 1023, 1024, 1535, 1536, 2047])
    expect(kernel.cmaAlloc('cam', 600, 0, false).ok).toBe(false)
    expect(logOf(events).at(-2)).toContain('req-size: 600 pages, ret: -16')
    kernel.unpin()
    expect(freeCma()).toBe(before)
    expect(kernel.cmaAlloc('cam', 2048, 0, true).ok).toBe(true)
  })

  it('is refused with -12 when the rest of memory has no room for its pages', () => {
    const { kernel, events } = booted({ ramMib: 96, reserved: CAM, cmdline: 'cma=0' })
    kernel.touchAnon((96 * MIB) / PAGE)
    expect(kernel.cmaAlloc('cam', 512, 0, false).ok).toBe(false)
    expect(logOf(events).at(-2)).toContain('req-size: 512 pages, ret: -12')
    expect(events.some(({ name }) => name === 'alloc_migration_target')).toBe(true)
    checkKernel(kernel)
  })

  it.each([1, 2, 3])('loses no page through random takings, pins and programs (seed %i)', (seed) => {
    const below = seeded(seed)
    const { kernel } = booted({ ramMib: 96, reserved: CAM, cmdline: 'cma=0' })
    const held: Parameters<Kernel['cmaRelease']>[0][] = []
    const count = () => kernel.movableRuns('cam').reduce((sum, { pages }) => sum + pages, 0)
    for (let step = 0; step < 150; step++) {
      const kind = below(8)
      if (kind < 3) {
        const taken = kernel.cmaAlloc('cam', 1 + below(700), below(10), true)
        if (taken.ok) held.push(taken.value)
      } else if (kind < 5) held.splice(below(held.length + 1), 1).forEach((pages) => kernel.cmaRelease(pages))
      else if (kind === 5) kernel.touchAnon(below(6000))
      else if (kind === 6) kernel.freeAnon()
      else if (below(2)) kernel.pinPages('cam', below(5), 1 + below(300))
      else kernel.unpin()
      checkKernel(kernel)
      const { used, count: pages } = kernel.state().cma.cam!
      expect(used + count()).toBeLessThanOrEqual(pages)
    }
    kernel.unpin()
    for (let blocks = 0; blocks < 150; blocks++) kernel.freeAnon()
    held.forEach((pages) => kernel.cmaRelease(pages))
    expect(count()).toBe(0)
    expect(kernel.cmaAlloc('cam', 2048, 0, true).ok).toBe(true)
  })

  it('tells who is in the way', () => {
    const { kernel, events } = lent()
    const [first] = kernel.pinPages('cam', 1, 1)
    kernel.cmaAlloc('cam', 2048, 0, true)
    const told = events.filter(({ name }) => name === 'test_pages_isolated')
    expect(told.at(-1)).toMatchObject({ holder: 'pinned', fin_pfn: 0x44000 + first! })
  })
})
