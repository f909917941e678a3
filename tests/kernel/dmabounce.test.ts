import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '@shared/units.ts'
import { Dmabounce } from '../../src-main/kernel/dmabounce.ts'

/** A device that sees the first 64 MiB, with coherent memory of `pages` pages from 16 MiB on. */
function device(pages: number): { bounce: Dmabounce; released: number[] } {
  let next = 16 * MiB
  const released: number[] = []
  const source = (bytes: number): number | null => {
    const taken = Math.ceil(bytes / 4096)
    if (taken > pages) return null
    pages -= taken
    const at = next
    next += taken * 4096
    return at
  }
  const rules = {
    smallBytes: 2 * KiB,
    largeBytes: 4 * KiB,
    needsBounce: (at: number, bytes: number) => at + bytes > 64 * MiB,
  }
  return { bounce: new Dmabounce(rules, 0xffff_ffff, 4096, source, (at) => released.push(at)), released }
}

describe('dmabounce', () => {
  it('leaves alone what the device can reach', () => {
    const { bounce } = device(4)
    expect(bounce.map(32 * MiB, 1500, 'to-device')).toEqual({ kind: 'direct' })
    expect(bounce.counters()).toMatchObject({ mapOps: 1, bounces: 0, bytesCopied: 0 })
  })

  it('takes small and large buffers from their own pools, and larger ones one by one', () => {
    const { bounce, released } = device(4)
    expect(bounce.map(100 * MiB, 1500, 'to-device')).toMatchObject({ kind: 'bounced', safe: 16 * MiB })
    expect(bounce.map(100 * MiB, 1500, 'to-device')).toMatchObject({ kind: 'bounced', safe: 16 * MiB + 2 * KiB })
    expect(bounce.map(100 * MiB, 4 * KiB, 'to-device')).toMatchObject({ kind: 'bounced', safe: 16 * MiB + 4 * KiB })
    expect(bounce.map(100 * MiB, 8 * KiB, 'to-device')).toMatchObject({ kind: 'bounced', safe: 16 * MiB + 8 * KiB })
    bounce.unmap(16 * MiB + 8 * KiB, 'to-device')
    expect(released).toEqual([16 * MiB + 8 * KiB])
    expect(bounce.counters()).toMatchObject({ smallBytes: 4 * KiB, largeBytes: 4 * KiB })
  })

  it('grows a pool by a page and fails when there is no more coherent memory', () => {
    const { bounce } = device(2)
    const kinds = Array.from({ length: 5 }, () => bounce.map(100 * MiB, 2 * KiB, 'from-device').kind)
    expect(kinds).toEqual(['bounced', 'bounced', 'bounced', 'bounced', 'no-memory'])
    bounce.unmap(16 * MiB, 'from-device')
    expect(bounce.map(100 * MiB, 2 * KiB, 'from-device').kind).toBe('bounced')
  })

  it('copies as the direction says', () => {
    const { bounce } = device(1)
    bounce.map(100 * MiB, 1000, 'from-device')
    expect(bounce.counters().bytesCopied).toBe(0)
    bounce.sync(16 * MiB, 10, 'from-device', 'device')
    bounce.sync(16 * MiB, 10, 'from-device', 'cpu')
    bounce.unmap(16 * MiB, 'from-device')
    expect(bounce.counters().bytesCopied).toBe(1010)
  })

  it('refuses what a mask cannot cover at any address', () => {
    const narrow = new Dmabounce(
      { smallBytes: 64, largeBytes: 0, needsBounce: () => false },
      0xffff,
      4096,
      () => 0,
      () => {},
    )
    expect(narrow.map(0, 0x10001, 'to-device')).toEqual({ kind: 'too-big' })
    expect(narrow.map(0x10000, 64, 'to-device')).toMatchObject({ kind: 'bounced', safe: 0 })
  })
})
