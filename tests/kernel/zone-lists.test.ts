import { describe, expect, it } from 'vitest'
import {
  Cma,
  FREE_TYPES,
  Isolate,
  Movable,
  PageFrames,
  Reclaimable,
  Unmovable,
  type MigrateType,
} from '../../src-main/kernel/frames.ts'
import { listsPerZone, ZoneLists } from '../../src-main/kernel/zone-lists.ts'
import { seeded } from './seeded.ts'

const MAX_ORDER = 4
const BLOCK_ORDER = 3

function zoneOf(pages: number): { frames: PageFrames; zone: ZoneLists } {
  const frames = new PageFrames([{ start: 0, end: pages }], MAX_ORDER, BLOCK_ORDER, listsPerZone(MAX_ORDER))
  const zone = new ZoneLists(frames, 0)
  for (let at = 0; at < pages; at += 1 << MAX_ORDER) zone.free(at, MAX_ORDER, true)
  return { frames, zone }
}

/** Every free block as its order at its first page, dots for the rest of it, `#` for pages in use. */
function draw(frames: PageFrames, zone: ZoneLists): string {
  let picture = ''
  for (let at = 0; at < frames.count;) {
    const order = zone.orderAt(at)
    picture += order < 0 ? '#' : String(order).padEnd(1 << order, '.')
    at += order < 0 ? 1 : 1 << order
  }
  return picture
}

/** What must hold after every operation: lists and counters say the same, and no two free buddies were left apart. */
function check(frames: PageFrames, zone: ZoneLists): void {
  let free = 0
  let cma = 0
  const counted = new Map<string, number>()
  for (let at = 0; at < frames.count;) {
    const order = zone.orderAt(at)
    if (order < 0) {
      at++
      continue
    }
    const type = frames.blockType[at >> BLOCK_ORDER]!
    if (type !== Isolate) free += 1 << order
    if (type === Cma) cma += 1 << order
    counted.set(`${order} ${type}`, (counted.get(`${order} ${type}`) ?? 0) + 1)
    const buddy = at ^ (1 << order)
    const buddyType = frames.blockType[buddy >> BLOCK_ORDER]!
    const apart =
      order < MAX_ORDER && zone.orderAt(buddy) === order && (order < BLOCK_ORDER || (type < Cma && buddyType < Cma))
    expect(apart, `buddies ${at} and ${buddy} of order ${order}`).toBe(false)
    at += 1 << order
  }
  expect(zone.nrFree).toBe(free)
  expect(zone.nrFreeCma).toBe(cma)
  for (let order = 0; order <= MAX_ORDER; order++)
    for (let type = 0; type < FREE_TYPES; type++)
      expect(zone.blockCount(order, type as MigrateType)).toBe(counted.get(`${order} ${type}`) ?? 0)
}

describe('the buddy lists of a zone', () => {
  it('split the first block from its end and give its start', () => {
    const { frames, zone } = zoneOf(16)
    expect(zone.take(1, Movable)).toBe(0)
    expect(draw(frames, zone)).toBe('##1.2...3.......')
  })

  it('merge a freed block with its buddies', () => {
    const { frames, zone } = zoneOf(16)
    const [a, b] = [zone.take(1, Movable), zone.take(0, Movable)]
    zone.free(a, 1, false)
    expect(draw(frames, zone)).toBe('1.#02...3.......')
    zone.free(b, 0, false)
    expect(draw(frames, zone)).toBe('4...............')
  })

  it('claim a whole pageblock for unmovable pages, so that kinds stay apart', () => {
    const { frames, zone } = zoneOf(16)
    expect(zone.take(0, Unmovable)).toBe(-1)
    expect(zone.claim(0, Unmovable, false)).toBe(0)
    expect([...frames.blockType.slice(0, 2)]).toEqual([Unmovable, Unmovable])
  })

  it('steal single pages for movable requests from a block that others use', () => {
    const { frames, zone } = zoneOf(16)
    zone.claim(0, Unmovable, false)
    for (let left = zone.nrFree; left > 2; left--) zone.take(0, Unmovable)
    expect(zone.claim(0, Movable, false)).toBe(-1)
    expect(zone.steal(0, Movable)).toBeGreaterThanOrEqual(0)
    check(frames, zone)
  })

  it('of 2012 bring all free pages of a pageblock along, but the pageblock only with half of it', () => {
    const { frames, zone } = zoneOf(16)
    for (let n = 0; n < 5; n++) zone.take(0, Movable)
    //                                5..6 and 7 of the first pageblock, and the second one
    expect(draw(frames, zone)).toBe('#####01.3.......')
    expect(zone.takeLargest(0, Unmovable)).toBe(8)
    expect([...frames.blockType.slice(0, 2)]).toEqual([Movable, Unmovable])
    for (let n = 0; n < 7; n++) zone.take(0, Unmovable)
    expect(zone.takeLargest(0, Unmovable)).toBe(6)
    expect(frames.blockType[0]).toBe(Movable)
    expect(zone.take(0, Movable)).toBe(-1)
    expect(zone.take(0, Unmovable)).toBe(7)
    expect(zone.take(0, Unmovable)).toBe(5)
    expect(zone.nrFree).toBe(0)
  })

  it('of 2012 leave an area what is its own', () => {
    const { frames, zone } = zoneOf(16)
    zone.setBlockType(8, Cma)
    for (let n = 0; n < 8; n++) zone.take(0, Movable)
    expect(zone.takeLargest(0, Unmovable)).toBe(-1)
    expect(zone.takeLargest(0, Movable)).toBe(8)
    expect(zone.nrFreeCma).toBe(7)
    expect(zone.take(0, Movable)).toBe(-1)
    check(frames, zone)
  })

  it('keep the free pages of an isolated pageblock out of every count', () => {
    const { frames, zone } = zoneOf(32)
    zone.setBlockType(8, Isolate)
    expect(zone.nrFree).toBe(24)
    check(frames, zone)
    zone.setBlockType(8, Movable)
    expect(zone.nrFree).toBe(32)
  })

  it('give up what is free of a pageblock, also of a block that reaches over it', () => {
    const { frames, zone } = zoneOf(32)
    zone.takeRange(17, 19)
    zone.clearBlock(8)
    zone.clearBlock(16)
    expect(draw(frames, zone)).toBe('3.......################3.......')
    expect(zone.nrFree).toBe(16)
    check(frames, zone)
  })

  it('take a range out of larger blocks and leave the rest free', () => {
    const { frames, zone } = zoneOf(32)
    zone.takeRange(5, 19)
    //                              0    4 5            19
    expect(draw(frames, zone)).toBe('2...0##############02...3.......')
    zone.freeRange(5, 19)
    expect(draw(frames, zone)).toBe('4...............4...............')
  })

  it.each([1, 2, 3, 4])('hold their invariants through random calls (seed %i)', (seed) => {
    const below = seeded(seed)
    const { frames, zone } = zoneOf(256)
    for (let block = 128; block < 192; block += 8) zone.setBlockType(block, Cma)
    const live: { at: number; order: number }[] = []
    for (let step = 0; step < 500; step++) {
      const order = below(4)
      const type = [Unmovable, Movable, Reclaimable, Cma][below(4)] as MigrateType
      if (below(5) < 3) {
        let at = zone.take(order, type)
        if (at < 0 && type !== Cma) at = zone.claim(order, type, false)
        if (at < 0 && type !== Cma) at = zone.steal(order, type)
        if (at >= 0) live.push({ at, order })
      } else if (live.length > 0) {
        const [block] = live.splice(below(live.length), 1)
        zone.free(block!.at, block!.order, false)
      }
      check(frames, zone)
    }
    for (const { at, order } of live) zone.free(at, order, false)
    check(frames, zone)
    expect(zone.nrFree).toBe(256)
  })
})
