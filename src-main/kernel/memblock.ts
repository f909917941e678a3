/**
 * The allocator of early boot, mm/memblock.c: a sorted list of RAM and one of what is taken; an allocation is a hole between them.
 * Left out: NUMA nodes, mirrored and hotpluggable memory, growing the static arrays.
 */
import { alignDown, alignUp, clipTo, type AddressRange, type Bytes } from '@shared/units.ts'
import { BootPanic } from './early-boot.ts'
import { RegionList } from './memblock-regions.ts'

/** MEMBLOCK_NOMAP: RAM that the kernel does not map; a value of the recordings' `flags`. */
export const NOMAP = 4

/** Where to look for room. `end` null: as far as the kernel may go at this moment (MEMBLOCK_ALLOC_ACCESSIBLE). */
export interface MemblockRequest {
  size: Bytes
  align: Bytes
  start?: Bytes
  end?: Bytes | null
  /** The memory is only set aside: nobody writes to it yet. */
  untouched?: boolean
}

export class Memblock {
  readonly memory: RegionList
  readonly reserved: RegionList
  /** Allocate from low addresses up instead of from the top down. */
  bottomUp = false
  /** The kernel has mapped its RAM: what stops being NOMAP from now on stays without a mapping. */
  linearMapMade = false
  readonly #unmapped: AddressRange[] = []
  /** memblock.current_limit: nothing beyond is mapped yet; exclusive. */
  currentLimit: Bytes

  /**
   * `pageBytes`: PAGE_SIZE, whose first page is never handed out. `maxAddress`: PHYS_ADDR_MAX; regions are cut there.
   */
  constructor(
    private readonly pageBytes: Bytes,
    readonly maxAddress: Bytes,
  ) {
    this.memory = new RegionList(maxAddress)
    this.reserved = new RegionList(maxAddress)
    this.currentLimit = maxAddress
  }

  add(base: Bytes, size: Bytes): void {
    this.memory.add(base, size)
  }

  remove(base: Bytes, size: Bytes): void {
    this.memory.remove(base, size)
  }

  reserve(base: Bytes, size: Bytes): void {
    this.reserved.add(base, size)
  }

  /** memblock_phys_free(): the room is to be had again; the RAM stays. */
  free(base: Bytes, size: Bytes): void {
    this.reserved.remove(base, size)
  }

  markNomap(base: Bytes, size: Bytes): void {
    this.memory.setFlags(base, size, NOMAP)
  }

  clearNomap(base: Bytes, size: Bytes): void {
    this.memory.setFlags(base, size, 0)
    if (this.linearMapMade) this.unmap(base, base + size)
  }

  /** Tells of RAM in [start, end) that is handed out although the kernel has no mapping of it. */
  unmap(start: Bytes, end: Bytes): void {
    if (start < end) this.#unmapped.push({ start, end })
  }

  /** memblock_start_of_DRAM(); 0 without RAM. */
  get startOfDram(): Bytes {
    return this.memory.regions[0]?.base ?? 0
  }

  /** memblock_end_of_DRAM(), exclusive; 0 without RAM. */
  get endOfDram(): Bytes {
    const last = this.memory.regions.at(-1)
    return last ? last.base + last.size : 0
  }

  /** memblock_phys_mem_size(): all RAM, mapped or not. */
  get physMemBytes(): Bytes {
    return this.memory.totalBytes
  }

  /** memblock_is_region_memory(): the whole range lies in one block of RAM. */
  isRegionMemory(base: Bytes, size: Bytes): boolean {
    const region = this.memory.find(base)
    return region !== null && region.base + region.size >= base + this.memory.capSize(base, size)
  }

  /** memblock_is_region_reserved(): any byte of it is taken. */
  isRegionReserved(base: Bytes, size: Bytes): boolean {
    return this.reserved.overlaps(base, size)
  }

  /** The parts of a range that are taken, ascending. */
  takenIn(range: AddressRange): AddressRange[] {
    const taken = this.reserved.regions.map(({ base, size }) => ({ start: base, end: base + size }))
    return clipTo(taken, range)
  }

  /** The parts of a range that are free RAM, ascending. */
  freeIn(range: AddressRange): AddressRange[] {
    return clipTo(this.freeRanges(), range)
  }

  /** memblock_find_in_range(): the address of a hole, or 0. */
  findInRange(request: MemblockRequest): Bytes {
    const start = Math.max(request.start ?? 0, this.pageBytes)
    const end = Math.max(start, request.end ?? this.currentLimit)
    return this.bottomUp ? this.#findBottomUp(request, start, end) : this.#findTopDown(request, start, end)
  }

  /**
   * memblock_phys_alloc_range(): finds a hole and takes it; 0 when there is none. Unless it stays untouched, it is cleared as
   * memblock_alloc() does, and that kills the kernel where it has no mapping of that memory.
   */
  alloc(request: MemblockRequest): Bytes {
    const found = this.findInRange(request)
    if (!found) return found
    this.reserve(found, request.size)
    if (!request.untouched && this.#unmapped.some((hole) => hole.start < found + request.size && found < hole.end))
      throw new BootPanic('Unable to handle kernel paging request: the kernel has no mapping of memory that it clears')
    return found
  }

  /** memblock_enforce_memory_limit(): keeps the first `limit` bytes of RAM. */
  enforceMemoryLimit(limit: Bytes): void {
    const end = this.#addressOfLimit(limit)
    if (end === null) return
    this.memory.remove(end, this.maxAddress)
    this.reserved.remove(end, this.maxAddress)
  }

  /** memblock_mem_limit_remove_map(): the same, but blocks that are not mapped stay. */
  limitMapped(limit: Bytes): void {
    const end = this.#addressOfLimit(limit)
    if (end === null) return
    this.memory.isolate(0, end)
    for (const region of this.memory.regions.filter((r) => r.base >= end && r.flags !== NOMAP))
      this.memory.remove(region.base, region.size)
    this.reserved.remove(end, this.maxAddress)
  }

  /** Free ranges of mapped RAM, ascending: RAM minus what is taken. */
  freeRanges(): AddressRange[] {
    const out: AddressRange[] = []
    for (const block of this.memory.regions) {
      if (block.flags & NOMAP) continue
      let cursor = block.base
      const blockEnd = block.base + block.size
      for (const taken of this.reserved.regions) {
        if (taken.base >= blockEnd) break
        if (taken.base + taken.size <= cursor) continue
        if (taken.base > cursor) out.push({ start: cursor, end: taken.base })
        cursor = taken.base + taken.size
      }
      if (cursor < blockEnd) out.push({ start: cursor, end: blockEnd })
    }
    return out
  }

  #findBottomUp({ size, align }: MemblockRequest, start: Bytes, end: Bytes): Bytes {
    for (const range of this.freeRanges()) {
      const from = clamp(range.start, start, end)
      const to = clamp(range.end, start, end)
      const candidate = alignUp(from, align)
      if (candidate < to && to - candidate >= size) return candidate
    }
    return 0
  }

  #findTopDown({ size, align }: MemblockRequest, start: Bytes, end: Bytes): Bytes {
    for (const range of this.freeRanges().reverse()) {
      const from = clamp(range.start, start, end)
      const to = clamp(range.end, start, end)
      if (to < size) continue
      const candidate = maskDown(to - size, align)
      if (candidate >= from) return candidate
    }
    return 0
  }

  /** Where the first `limit` bytes of RAM end; null: there is not more than that, or no limit. */
  #addressOfLimit(limit: Bytes): Bytes | null {
    if (!limit) return null
    let left = limit
    for (const region of this.memory.regions) {
      if (left <= region.size) return region.base + left
      left -= region.size
    }
    return null
  }
}

const clamp = (value: Bytes, low: Bytes, high: Bytes): Bytes => Math.min(Math.max(value, low), high)

/** round_down(): clears the bits of `align - 1`, which rounds where `align` is a power of two, and otherwise does what it does. */
function maskDown(value: Bytes, align: Bytes): Bytes {
  if (Number.isInteger(Math.log2(align))) return alignDown(value, align)
  return Number(BigInt(value) & ~(BigInt(align) - 1n))
}
