import { describe, expect, it } from 'vitest'
import { MiB } from '@shared/units.ts'
import { HighAtomic, Movable } from '../../src-main/kernel/frames.ts'
import type { PerCpuPages } from '../../src-main/kernel/pcp.ts'
import { runEarlyBoot } from '../../src-main/kernel/boot.ts'
import { BootPanic } from '../../src-main/kernel/early-boot.ts'
import { Log } from '../../src-main/kernel/log.ts'
import { resolveProfile } from '../../src-main/kernel/profiles/index.ts'
import { RunningRooms } from '../../src-main/kernel/start.ts'
import { Tracer } from '../../src-main/kernel/tracer.ts'
import { boardWith } from '../workload/board.ts'
import { cma, early, reserved } from './early.ts'

const RAM = 0x6000_0000

const bank = (start: number, end: number) => ({ start: 0x4000_0000 + start * MiB, end: 0x4000_0000 + end * MiB })

/** Where 6.12's atomic pool begins. */
function armPool({ memory, cmdline }: { memory: { start: number; end: number }[]; cmdline: string }): number {
  const { profile, config } = resolveProfile('6.12', 'arm', null, '')!
  const kernelImage = { start: 0x4000_8000, end: 0x4052_7750 }
  const initrd = { start: 0x4440_0000, end: 0x4446_6000 }
  const loader = { memory, cmdline, kernelImage, initrd, dtb: null, cpus: 1 }
  const tracer = new Tracer(null)
  const rooms = new RunningRooms(runEarlyBoot({ profile, config, board: boardWith(), loader }, new Log(tracer)), tracer)
  return rooms.pools!.state()[0]!.chunks[0]!.base
}

/** What the per-CPU lists of each zone hold when the first driver asks: unmovable, reclaimable, movable. */
function listsOf(release: string, mib: number, cmdline = ''): Record<string, number[]> {
  const used = roomsOf(release, mib, cmdline).pages.zones.filter((zone) => zone.managed > 0)
  return Object.fromEntries(used.map((zone) => [zone.name, (zone.pcp as PerCpuPages).counts()]))
}

function roomsOf(release: string, mib: number, cmdline = '', ramdiskBytes = 666_624): RunningRooms {
  const { profile, config } = resolveProfile(release, 'arm', null, '')!
  const loader = {
    memory: [{ start: RAM, end: RAM + mib * MiB }],
    cmdline,
    kernelImage: { start: RAM + 0x8000, end: RAM + 0x23_4de4 },
    initrd: { start: RAM + 8 * MiB, end: RAM + 8 * MiB + ramdiskBytes },
    dtb: null,
    cpus: 1,
  }
  const tracer = new Tracer(null)
  return new RunningRooms(runEarlyBoot({ profile, config, board: boardWith(), loader }, new Log(tracer)), tracer)
}
const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0)

describe('what boot leaves in the per-CPU lists of 2012', () => {
  // 164 pages of files and 361 of the first process, in batches of 31 and of 15
  it('is the rest of the last batch of what the first process took from high memory', () => {
    expect(listsOf('3.5', 1024, 'vmalloc=512M')['HighMem']).toEqual([22, 0, 11])
    expect(listsOf('3.5', 1024)['HighMem']).toEqual([1, 0, 14])
  })

  it('stays within six batches and a refill, however much boot gives back', () =>
    expect(sum(listsOf('3.5', 1024)['Normal']!)).toBe(191))

  it('is less where batches are small', () => {
    expect(sum(listsOf('3.5', 512)['Normal']!)).toBe(40)
    expect(listsOf('3.5', 128, 'cma=64M')).toEqual({ Normal: [5, 0, 0] })
  })
})

describe('where the pool of 32-bit arm lies without an area', () => {
  const pool = (...memory: { start: number; end: number }[]) =>
    armPool({ memory, cmdline: 'cma=0 coherent_pool=64K' }) - 0x4000_0000

  // the per-CPU lists fetch 31 pages at once, 63 from 688 MiB on
  it('is behind what the per-CPU lists have fetched, which follows from the size of the zone', () => {
    expect(pool(bank(0, 512))).toBe(0x91_0000)
    expect(pool(bank(0, 672))).toBe(0x91_0000)
    expect(pool(bank(0, 704))).toBe(0x97_0000)
    expect(pool(bank(0, 1024))).toBe(0x97_0000)
  })

  // | . . R R | R R R R |: the first block's type was never set, so that the kernel's own requests begin there
  it('is in a pageblock whose beginning is no RAM, where a bank starts inside of one', () => {
    expect(pool(bank(0, 200), bank(240, 640))).toBe(0x91_0000)
    expect(Math.floor(pool(bank(0, 200), bank(241, 640)) / MiB)).toBe(242)
  })
})

// The ramdisk lies in the third pageblock: what is left of a last page keeps the block from being set aside.
it.each([
  [666_624, Movable, HighAtomic],
  [667_648, HighAtomic, Movable],
])(
  'the reserve of 3.4 is the first pageblock of which boot holds nothing: ramdisk of %i bytes',
  (bytes, third, fourth) => {
    const { blockType } = roomsOf('3.4', 512, '', bytes).pages.frames
    expect([...blockType.subarray(2, 4)]).toEqual([third, fourth])
  },
)

describe('what 6.12 has in memory when it is up', () => {
  it('is the ramdisk once more as files, which can move, and a little of the first process', () => {
    const sizes = roomsOf('6.12', 256, 'cma=16M').movable.blocks.map(({ name, handles }) => [name, handles.length])
    expect(sizes).toEqual([
      ['rootfs', Math.ceil(666_624 / 4096)],
      ['init', 12],
    ])
  })
})

describe('a refused region gives back what lies under it', () => {
  // no area begins inside a pageblock
  const running = (nodes: string) =>
    new RunningRooms(
      early(reserved(nodes), { cmdline: 'cma=0', initrd: { start: 0x4310_0000, end: 0x4318_0000 } }),
      new Tracer(null),
    )
  const area = (base: string, size: string) => cma('cam', `reg = <0 ${base} 0 ${size}>;`)

  it('the ramdisk once, not once more when it is unpacked', () => {
    const managed = (rooms: RunningRooms) => rooms.pages.managedPages()
    expect(managed(running(area('0x43100000', '0x80000')))).toBe(managed(running(area('0x43300000', '0x80000'))))
  })

  it('its own image, which the kernel then overwrites', () =>
    expect(() => running(area('0x40201000', '0x3ff000'))).toThrow(BootPanic))
})
