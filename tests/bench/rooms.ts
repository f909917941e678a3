/** Replays a trace of ../shared/native (format in its src/trace.h) with the engine's rooms. */
import { Bitmap } from '../../src-main/kernel/bitmap.ts'
import { Movable, PageFrames } from '../../src-main/kernel/frames.ts'
import { IovaDomain } from '../../src-main/kernel/iova.ts'
import { SwiotlbPool } from '../../src-main/kernel/swiotlb.ts'
import { listsPerZone, ZoneLists } from '../../src-main/kernel/zone-lists.ts'

/** The header's numbers that an allocator is made from; their meaning depends on the engine. */
interface Shape {
  area: number
  p1: number
  p2: number
}
/** Runs all operations once; writes the place of every allocation into `places`. A trace numbers its allocations in their order. */
type Loop = (ops: Int32Array, places: Int32Array) => void

const HEADER_WORDS = 16
const SECONDS_A_ROW = 0.4
const engines: Record<number, (shape: Shape) => Loop> = {
  1: cmaLoop,
  2: swiotlbLoop,
  3: iovaLoop,
  4: buddyLoop,
  5: poolLoop,
}

export function replayTrace(file: Buffer): { perSecond: number; checksum: string } {
  const words = new Int32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength))
  const [, , engine = 0, count = 0, ids = 0, area = 0, p1 = 0, p2 = 0] = words
  const ops = words.subarray(HEADER_WORDS)
  const places = new Int32Array(ids)
  let best = Infinity
  let spent = 0
  for (let round = 0; round < 5 || spent < SECONDS_A_ROW; round++) {
    const loop = engines[engine]!({ area, p1, p2 })
    const start = performance.now()
    loop(ops, places)
    const seconds = (performance.now() - start) / 1000
    spent += seconds
    best = Math.min(best, seconds)
  }
  return { perSecond: count / best, checksum: checksum(places) }
}

function cmaLoop({ area, p1: orderPerBit, p2: base }: Shape): Loop {
  const bits = area >> orderPerBit
  const map = new Bitmap(bits)
  const toBits = (pages: number): number => (pages + (1 << orderPerBit) - 1) >> orderPerBit
  return (ops, places) => {
    for (let i = 0; i < ops.length; i += 3) {
      const id = ops[i]! >>> 1
      const count = toBits(ops[i + 1]!)
      if (ops[i]! & 1) {
        map.clear(places[id]! >> orderPerBit, count)
        continue
      }
      const align = ops[i + 2]!
      const mask = align <= orderPerBit ? 0 : (1 << (align - orderPerBit)) - 1
      const at = map.findZeroArea(0, count, mask, (base & ((1 << align) - 1)) >> orderPerBit)
      if (at < bits) map.set(at, count)
      places[id] = at < bits ? at << orderPerBit : -1
    }
  }
}

function swiotlbLoop({ area: slots, p1: areas, p2: minAlignMask }: Shape): Loop {
  const pool = new SwiotlbPool({
    name: 'trace',
    start: 0,
    slots,
    areas,
    pageBytes: 4096,
    forceBounce: true,
    forAlloc: false,
  })
  return (ops, places) => {
    for (let i = 0; i < ops.length; i += 3) {
      const id = ops[i]! >>> 1
      if (ops[i]! & 1) pool.release(places[id]!, minAlignMask)
      else places[id] = pool.map(0x40000000 + (ops[i + 2]! & 0xffff), ops[i + 1]!, minAlignMask, 0, ops[i + 2]! >>> 16)
    }
  }
}

function iovaLoop({ area: lastPfn, p1: startPfn, p2: dma32Pfn }: Shape): Loop {
  const domain = new IovaDomain({ startPfn, dma32Pfn, cpus: 1 })
  return (ops, places) => {
    for (let i = 0; i < ops.length; i += 3) {
      const id = ops[i]! >>> 1
      if (ops[i]! & 1) domain.free(places[id]!, ops[i + 1]!)
      else places[id] = domain.alloc(ops[i + 1]!, lastPfn) || -1
    }
  }
}

function buddyLoop({ area }: Shape): Loop {
  const top = 10
  const pages = area - (area % (1 << top))
  const frames = new PageFrames([{ start: 0, end: pages }], top, top, listsPerZone(top))
  // as C's malloc() hands the last round's memory out again: the loop is measured, not the first touch of fresh pages
  frames.links.fill(0, 0, pages * 2)
  const zone = new ZoneLists(frames, 0)
  for (let at = 0; at < pages; at += 1 << top) zone.free(at, top, true)
  return (ops, places) => {
    for (let i = 0; i < ops.length; i += 3) {
      const id = ops[i]! >>> 1
      if (ops[i]! & 1) zone.free(places[id]!, ops[i + 1]!, false)
      else places[id] = zone.take(ops[i + 1]!, Movable)
    }
  }
}

function poolLoop({ area: units, p1: aligned }: Shape): Loop {
  const map = new Bitmap(units)
  let available = units
  return (ops, places) => {
    for (let i = 0; i < ops.length; i += 3) {
      const id = ops[i]! >>> 1
      const count = ops[i + 1]!
      if (ops[i]! & 1) {
        map.clear(places[id]!, count)
        available += count
        continue
      }
      const mask = aligned && count > 1 ? (1 << (32 - Math.clz32(count - 1))) - 1 : 0
      const at = count > available ? units : map.findZeroArea(0, count, mask, 0)
      if (at < units) {
        map.set(at, count)
        available -= count
      }
      places[id] = at < units ? at : -1
    }
  }
}

/** The two-word hash of src/trace.h, as 16 digits. */
function checksum(places: Int32Array): string {
  let low = 0x811c9dc5
  let high = 0
  for (const place of places) {
    low = Math.imul(low ^ place, 0x01000193)
    high = (high + place) | 0
    high = Math.imul((high << 13) | (high >>> 19), 0x85ebca6b)
  }
  return [low, high].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}
