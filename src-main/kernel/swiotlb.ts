/**
 * kernel/dma/swiotlb.c: one pool of bounce-buffer slots. Slots of 2 KiB in segments of 128, areas searched from the caller's
 * processor on, each from where it left off. Left out: the copied data (events carry the bytes), pools that grow
 * (CONFIG_SWIOTLB_DYNAMIC), memory encryption.
 */

/** IO_TLB_SHIFT, IO_TLB_SIZE */
export const SLOT_SHIFT = 11
export const SLOT_BYTES = 1 << SLOT_SHIFT
/** IO_TLB_SEGSIZE, in slots. */
export const SEGMENT_SLOTS = 128
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
  private readonly startLow: number
  readonly forceBounce: boolean
  readonly forAlloc: boolean
  usedSlots = 0
  /** used_hiwater, in slots */
  hiwaterSlots = 0
  /** Per slot: free slots from here to the end of its run inside its segment; 0 when taken. */
  private readonly list: Uint8Array
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
    this.startLow = lowBits(config.start)
    this.slots = config.slots
    this.areas = config.areas
    this.areaSlots = Math.floor(config.slots / config.areas)
    this.pageBytes = config.pageBytes
    this.forceBounce = config.forceBounce
    this.forAlloc = config.forAlloc
    this.list = new Uint8Array(config.slots)
    for (let i = 0; i < config.slots; i++)
      this.list[i] = Math.min(SEGMENT_SLOTS - (i % SEGMENT_SLOTS), config.slots - i)
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
   * no area has it. `minAlignMask` is the device's; `allocAlignMask` asks for an aligned, padded buffer.
   */
  map(origin: number, bytes: number, minAlignMask: number, allocAlignMask: number, cpu: number): number {
    const offset = minAlignMask === 0 ? 0 : lowBits(origin) & minAlignMask & (allocAlignMask | (SLOT_BYTES - 1))
    const needed = (bytes + offset + allocAlignMask) & ~allocAlignMask
    if (needed > MAX_MAPPING_BYTES) return -1
    const found = this.findSlots(origin, needed, minAlignMask, allocAlignMask, cpu)
    if (found < 0) return -1
    const padded = offset >> SLOT_SHIFT
    const first = found + padded
    this.padSlots[first] = padded
    this.origin[first] = origin
    return this.start + first * SLOT_BYTES + (offset & (SLOT_BYTES - 1))
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
    return this.list.reduce((longest, run) => Math.max(longest, run), 0)
  }

  /** swiotlb_find_slots */
  private findSlots(origin: number, bytes: number, minAlignMask: number, allocAlignMask: number, cpu: number): number {
    const first = cpu & (this.areas - 1)
    let area = first
    do {
      const found = this.searchArea(area, origin, bytes, minAlignMask, allocAlignMask)
      if (found >= 0) return found
      area = area + 1 >= this.areas ? 0 : area + 1
    } while (area !== first)
    return -1
  }

  /** swiotlb_search_pool_area: the first slot, -1 when the area has no room. */
  private searchArea(area: number, origin: number, bytes: number, minAlignMask: number, allocAlign: number): number {
    const count = (bytes + SLOT_BYTES - 1) >> SLOT_SHIFT
    const areaSlots = this.areaSlots
    if (count > areaSlots - this.used[area]!) return -1
    // a whole page or more was page-aligned before alignment could be asked for, and drivers rely on it
    const asked = allocAlign === 0 && minAlignMask === 0 && bytes >= this.pageBytes ? this.pageBytes - 1 : allocAlign
    const allocMask = asked | (SLOT_BYTES - 1)
    const ioMask = minAlignMask & ~allocMask
    const stride = (Math.max(allocMask, ioMask) >> SLOT_SHIFT) + 1
    const bothMask = origin === 0 ? allocMask : allocMask | ioMask
    const wanted = origin === 0 || ioMask === 0 ? 0 : lowBits(origin) & ioMask
    const tableLow = this.startLow
    const base = area * areaSlots
    const list = this.list
    let at = this.index[area]!
    for (let seen = 0; seen < areaSlots;) {
      if (((tableLow + ((base + at) << SLOT_SHIFT)) & bothMask) !== wanted) {
        at = at + 1 >= areaSlots ? 0 : at + 1
        seen++
        continue
      }
      if (list[base + at]! >= count) return this.takeSlots(area, at, count)
      at = at + stride >= areaSlots ? 0 : at + stride
      seen += stride
    }
    return -1
  }

  private takeSlots(area: number, at: number, count: number): number {
    const { list, areaSlots } = this
    const first = area * areaSlots + at
    for (let i = first; i < first + count; i++) list[i] = 0
    this.taken[first] = count
    this.countBackwards(first, 0)
    this.index[area] = at + count >= areaSlots ? 0 : at + count
    this.used[area]! += count
    this.usedSlots += count
    if (this.usedSlots > this.hiwaterSlots) this.hiwaterSlots = this.usedSlots
    return first
  }

  private freeSlots(first: number, end: number): void {
    const list = this.list
    let run = end % SEGMENT_SLOTS !== 0 && end < this.slots ? list[end]! : 0
    for (let i = end - 1; i >= first; i--) {
      list[i] = ++run
    }
    this.countBackwards(first, run)
  }

  /** Renews the run lengths of the free slots just in front of `slot`, inside its segment. */
  private countBackwards(slot: number, run: number): void {
    const list = this.list
    let count = run
    for (let i = slot; i % SEGMENT_SLOTS !== 0 && list[i - 1] !== 0; i--) list[i - 1] = ++count
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
