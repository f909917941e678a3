import { describe, expect, it } from 'vitest'
import type { Kernel } from '../../src-main/kernel/index.ts'
import { booted, checkKernel, MIB } from './booted.ts'

const CAM = 'cam { compatible = "shared-dma-pool"; reusable; reg = <0 0x44000000 0 0x800000>; };'
const full = () => {
  const { kernel } = booted({ ramMib: 96, reserved: CAM, cmdline: 'cma=0' })
  kernel.touchAnon((96 * MIB) / 4096)
  return kernel
}

/** All that is free: taking a page of an area empties the lists of the processors. */
function freePages(kernel: Kernel): number {
  const page = kernel.cmaAlloc('cam', 1, 0, true)
  if (page.ok) kernel.cmaRelease(page.value)
  return kernel.freeMemory().reduce((sum, { free }) => sum + free, 0)
}

describe('what programs do to an area', () => {
  it('pins pages in use, each a stride behind the one before', () => {
    const kernel = full()
    const [first] = kernel.movableRuns('cam')
    const pinned = kernel.pinPages('cam', 4, 100)
    expect(pinned).toEqual([0, 100, 200, 300].map((offset) => first!.start + offset))
    expect(kernel.movableRuns('cam').filter((run) => run.pinned)).toEqual(
      pinned.map((start) => ({ start, pages: 1, pinned: true })),
    )
  })

  it('leaves every n-th page of a block, so that few blocks are whole', () => {
    const { kernel } = booted({ reserved: CAM, cmdline: 'cma=0' })
    const before = freePages(kernel)
    kernel.touchAnon(4000)
    kernel.punchAnon(4)
    expect(before - freePages(kernel)).toBeGreaterThanOrEqual(1000)
    expect(before - freePages(kernel)).toBeLessThan(1020)
    checkKernel(kernel)
  })

  it('is counted block by block: allocated, free and movable make up each', () => {
    const kernel = full()
    kernel.punchAnon(2)
    kernel.cmaAlloc('cam', 700, 0, true)
    const { pageblockPages, blocks } = kernel.areaMap('cam')!
    expect(blocks.map((parts) => parts.reduce((sum, pages) => sum + pages, 0))).toEqual(
      Array(2048 / pageblockPages).fill(pageblockPages),
    )
    expect(blocks.slice(0, 3).map(([allocated]) => allocated)).toEqual([512, 188, 0])
  })

  it('gives files back by their name, and blocks of memory last first', () => {
    const { kernel } = booted({ reserved: CAM, cmdline: 'cma=0' })
    const before = freePages(kernel)
    kernel.writeTmpfs('a', 2000)
    kernel.writeTmpfs('b', 4000)
    kernel.removeTmpfs('a')
    kernel.removeTmpfs('nothing')
    kernel.touchAnon(1000)
    kernel.touchAnon(3000)
    kernel.freeAnon()
    expect(before - freePages(kernel)).toBeGreaterThanOrEqual(5000)
    expect(before - freePages(kernel)).toBeLessThan(5020)
    kernel.freeAnon()
    kernel.removeTmpfs('b')
    expect(freePages(kernel)).toBe(before)
  })
})
