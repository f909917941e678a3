/**
 * kernel/dma/swiotlb.c: one pool of bounce-buffer slots. Slots of 2 KiB in segments of 128, areas searched from the caller's
 * processor on, each from where it left off. The kernel counts in each slot how many free ones follow; a bit a slot, and a bound
 * on each segment's longest free run, answer the same questions without a write to every slot. Left out: the copied data (events carry the bytes), pools that grow
 * (CONFIG_SWIOTLB_DYNAMIC), memory encryption.
 */

import { clearRun, longestZeroRun, nextBit, runStart, setRun } from './bitmap.ts'

/** IO_TLB_SHIFT, IO_TLB_SIZE */
export const SLOT_SHIFT = 11
export const SLOT_BYTES = 1 << SLOT_SHIFT
/** IO_TLB_SEGSIZE, in slots. */
export const SEGMENT_SLOTS = 128
const SEGMENT_SHIFT = 7
const WORDS_PER_SEGMENT = SEGMENT_SLOTS / 32
/** What one mapping can have at most, in bytes. */
export const MAX_MAPPING_BYTES = SLOT_BYTES * SEGMENT_SLOTS

export interface SwiotlbPoolConfig {
  name: string
  /** Physical address of the first slot. */
  start: number
  slots: number
  areas: number
  pageBytes: number
  /** Every mapping bounces (`swiotlb=force`, or a restricted pool). */
  forceBounce: boolean
  /** Coherent allocations come from it too (a restricted pool). */
  forAlloc: boolean
}

export class SwiotlbPool {
  readonly name: string
  readonly start: number
  readonly slots: number
  readonly areas: number
  readonly areaSlots: number
  private readonly pageBytes: number
  readonly forceBounce: boolean
  readonly forAlloc: boolean
  usedSlots = 0
  /** used_hiwater, in slots */
  hiwaterSlots = 0
  /** A bit a slot: taken. */
  private readonly words: Int32Array
  /** Per segment: no run of free slots is longer. Too high where slots were taken since it was counted (`loose`). */
  private readonly longest: Uint8Array
  private readonly loose: Uint8Array
  /** Where an allocation starts: its slots. */
  private readonly taken: Uint8Array
  /** Where a mapping starts: the padding slots in front of it, and the physical address of what bounces; -1 for nothing. */
  private readonly padSlots: Uint8Array
  private readonly origin: Float64Array
  private readonly index: Int32Array
  private readonly used: Int32Array

  constructor(config: SwiotlbPoolConfig) {
    this.name = config.name
    this.start = config.start
    // whole numbers to the machine too, however the size came about
    this.slots = config.slots | 0
    this.areas = config.areas
    this.areaSlots = (config.slots / config.areas) | 0
    this.pageBytes = config.pageBytes
    this.forceBounce = config.forceBounce
    this.forAlloc = config.forAlloc
    const segments = Math.ceil(config.slots / SEGMENT_SLOTS)
    this.words = new Int32Array(segments * WORDS_PER_SEGMENT)
    setRun(this.words, config.slots, segments * SEGMENT_SLOTS)
    this.longest = new Uint8Array(segments).fill(SEGMENT_SLOTS)
    this.loose = new Uint8Array(segments).fill(1)
    this.taken = new Uint8Array(config.slots)
    this.padSlots = new Uint8Array(config.slots)
    this.origin = new Float64Array(config.slots).fill(-1)
    this.index = new Int32Array(config.areas)
    this.used = new Int32Array(config.areas)
  }

  get end(): number {
    return this.start + this.slots * SLOT_BYTES
  }

  contains(physical: number): boolean {
    return physical >= this.start && physical < this.end
  }

  /**
   * swiotlb_tbl_map_single: room for `bytes` at `origin`, searched from `cpu`'s area on. Returns the bounce address, -1 when
   * no area has it. `minAlignMask` is the device's; `allocAlignMask` asks for an aligned, padded buffer; `dmaStart` is where the
   * device sees the first slot, for alignment is one of bus addresses.
   */
  map(
    origin: number,
    bytes: number,
    minAlignMask: number,
    allocAlignMask: number,
    cpu: number,
    dmaStart = this.start,
  ): number {
    const offset = minAlignMask === 0 ? 0 : lowBits(origin) & minAlignMask & (allocAlignMask | (SLOT_BYTES - 1))
    const needed = (bytes + offset + allocAlignMask) & ~allocAlignMask
    if (needed > MAX_MAPPING_BYTES) return -1
    const found = this.findSlots(origin, needed, minAlignMask, allocAlignMask, cpu, dmaStart)
    if (found < 0) return -1
    const padded = offset >> SLOT_SHIFT
    const first = found + padded
    this.padSlots[first] = padded
    this.origin[first] = origin
    return this.start + first * SLOT_BYTES + (offset & (SLOT_BYTES - 1))
  }

  /** swiotlb_alloc: slots for `bytes` of whole pages, not a multiple of their alignment; the address of the first, -1 without room. */
  allocate(bytes: number, alignMask: number, minAlignMask: number, cpu: number, dmaStart = this.start): number {
    if (bytes > MAX_MAPPING_BYTES) return -1
    const found = this.findSlots(0, bytes, minAlignMask, alignMask, cpu, dmaStart)
    return found < 0 ? -1 : this.start + found * SLOT_BYTES
  }

  /** swiotlb_release_slots */
  release(address: number, minAlignMask: number): void {
    const offset = minAlignMask === 0 ? 0 : lowBits(address) & minAlignMask & (SLOT_BYTES - 1)
    const mapped = (address - offset - this.start) / SLOT_BYTES
    const first = mapped - this.padSlots[mapped]!
    const count = this.taken[first]!
    this.padSlots[mapped] = 0
    this.origin[mapped] = -1
    this.freeSlots(first, first + count)
    this.used[(first / this.areaSlots) | 0]! -= count
    this.usedSlots -= count
  }

  /** Physical address behind a bounce address; -1 when nothing is mapped there. */
  originOf(address: number): number {
    return this.origin[Math.floor((address - this.start) / SLOT_BYTES)]!
  }

  /** Longest run of free slots inside one segment: what bounds the largest mapping now. */
  longestRun(): number {
    for (let segment = 0; segment < this.longest.length; segment++) this.tighten(segment)
    return this.longest.reduce((longest, run) => Math.max(longest, run), 0)
  }

  /** swiotlb_find_slots */
  private findSlots(
    origin: number,
    bytes: number,
    minAlignMask: number,
    allocAlignMask: number,
    cpu: number,
    dmaStart: number,
  ): number {
    const first = cpu & (this.areas - 1)
    let area = first
    do {
      const found = this.searchArea(area, origin, bytes, minAlignMask, allocAlignMask, dmaStart)
      if (found >= 0) return found
      area = area + 1 >= this.areas ? 0 : area + 1
    } while (area !== first)
    return -1
  }

  /** swiotlb_search_pool_area: the first slot, -1 when the area has no room. */
  private searchArea(
    area: number,
    origin: number,
    bytes: number,
    minAlignMask: number,
    allocAlign: number,
    dmaStart: number,
  ): number {
    const count = (bytes + SLOT_BYTES - 1) >> SLOT_SHIFT
    const areaSlots = this.areaSlots
    if (count > areaSlots - this.used[area]!) return -1
    // a whole page or more was page-aligned before alignment could be asked for, and drivers rely on it
    const asked = allocAlign === 0 && minAlignMask === 0 && bytes >= this.pageBytes ? this.pageBytes - 1 : allocAlign
    const allocMask = asked | (SLOT_BYTES - 1)
    const ioMask = minAlignMask & ~allocMask
    const stride = (Math.max(allocMask, ioMask) >> SLOT_SHIFT) + 1
    const bothMask = origin === 0 ? allocMask : allocMask | ioMask
    // where every stride from an aligned slot is aligned again, the steps over what is taken can be made at once
    const jumps = (stride & (stride - 1)) === 0 && ((stride << SLOT_SHIFT) & bothMask) === 0
    const wanted = origin === 0 || ioMask === 0 ? 0 : lowBits(origin) & ioMask
    const tableLow = lowBits(dmaStart)
    const base = area * areaSlots
    let at = this.index[area]!
    for (let seen = 0; seen < areaSlots;) {
      const slot = base + at
      let step = 1
      if (((tableLow + (slot << SLOT_SHIFT)) & bothMask) === wanted) {
        const free = this.freeFrom(slot, count)
        if (free === slot) return this.takeSlots(area, at, count)
        step = jumps ? (Math.min(free, base + areaSlots) - slot + stride - 1) & -stride : stride
      }
      at = at + step >= areaSlots ? 0 : at + step
      seen += step
    }
    return -1
  }

  /** `slot` when `count` slots from it on are free and in its segment; else a later slot, before which no mapping may start. */
  private freeFrom(slot: number, count: number): number {
    const segment = slot >>> SEGMENT_SHIFT
    const segmentEnd = (segment + 1) << SEGMENT_SHIFT
    if (this.longest[segment]! < count) return segmentEnd
    const end = slot + count
    if (end <= segmentEnd) return runStart(this.words, end, slot)
    this.tighten(segment)
    return segmentEnd
  }

  private tighten(segment: number): void {
    if (this.loose[segment] === 0) return
    this.loose[segment] = 0
    this.longest[segment] = longestZeroRun(this.words, segment * WORDS_PER_SEGMENT, WORDS_PER_SEGMENT)
  }

  private takeSlots(area: number, at: number, count: number): number {
    const areaSlots = this.areaSlots
    const first = area * areaSlots + at
    setRun(this.words, first, first + count)
    this.loose[first >>> SEGMENT_SHIFT] = 1
    this.taken[first] = count
    this.index[area] = at + count >= areaSlots ? 0 : at + count
    this.used[area]! += count
    this.usedSlots += count
    if (this.usedSlots > this.hiwaterSlots) this.hiwaterSlots = this.usedSlots
    return first
  }

  private freeSlots(first: number, end: number): void {
    const segment = first >>> SEGMENT_SHIFT
    const segmentStart = segment << SEGMENT_SHIFT
    clearRun(this.words, first, end)
    const from = first > segmentStart ? runStart(this.words, first, segmentStart) : first
    const to = nextBit(this.words, end - 1, segmentStart + SEGMENT_SLOTS, 0)
    if (to - from > this.longest[segment]!) this.longest[segment] = to - from
  }
}

/** Low 31 bits of a byte address, as an integer that bit operators may work on. */
function lowBits(address: number): number {
  return address - Math.floor(address / 0x80000000) * 0x80000000
}

/** Bytes that a mapping takes: with the offset that keeps the low bits, rounded up to its alignment. */
export function neededBytes(origin: number, bytes: number, minAlignMask: number, allocAlignMask: number): number {
  const offset = lowBits(origin) & minAlignMask & (allocAlignMask | (SLOT_BYTES - 1))
  return Math.ceil((bytes + offset) / (allocAlignMask + 1)) * (allocAlignMask + 1)
}
