/**
 * What owners of boot-time carve-outs use inside them: first fit and best fit over a list of holes (as out-of-tree graphics and
 * camera drivers did), and a buddy allocator (as pmem's bitmap of orders). No kernel file is modelled; all count in whole granules.
 */
import type { CarveoutAllocatorName } from '@shared/board.ts'
import { alignDown, alignUp, type Bytes } from '@shared/units.ts'

/** Offsets and sizes in bytes from the start of the carve-out. */
export interface CarveoutAllocator {
  /** Null: no room at that alignment. */
  alloc(sizeBytes: Bytes, alignBytes: Bytes): Bytes | null
  /** Size of what began there; null: nothing did. */
  free(offset: Bytes): Bytes | null
  /** Free parts, ascending. A buddy's neighbours stay apart: they cannot serve one request. */
  holes(): { offset: Bytes; sizeBytes: Bytes }[]
}

export function carveoutAllocator(
  name: CarveoutAllocatorName,
  sizeBytes: Bytes,
  granuleBytes: Bytes,
): CarveoutAllocator {
  return name === 'buddy'
    ? new BuddyAllocator(sizeBytes, granuleBytes)
    : new HoleAllocator(sizeBytes, granuleBytes, name)
}

class HoleAllocator implements CarveoutAllocator {
  #holes: { offset: Bytes; sizeBytes: Bytes }[]
  readonly #taken = new Map<Bytes, Bytes>()

  constructor(
    sizeBytes: Bytes,
    private readonly granuleBytes: Bytes,
    private readonly name: 'first-fit' | 'best-fit',
  ) {
    this.#holes = [{ offset: 0, sizeBytes: alignDown(sizeBytes, granuleBytes) }]
  }

  alloc(sizeBytes: Bytes, alignBytes: Bytes): Bytes | null {
    const size = alignUp(Math.max(sizeBytes, 1), this.granuleBytes)
    const align = Math.max(alignBytes, this.granuleBytes)
    const fits = this.#holes.filter((hole) => alignUp(hole.offset, align) + size <= hole.offset + hole.sizeBytes)
    if (this.name === 'best-fit') fits.sort((a, b) => a.sizeBytes - b.sizeBytes || a.offset - b.offset)
    const hole = fits[0]
    if (!hole) return null
    const at = alignUp(hole.offset, align)
    this.#replace(hole, [
      { offset: hole.offset, sizeBytes: at - hole.offset },
      { offset: at + size, sizeBytes: hole.offset + hole.sizeBytes - at - size },
    ])
    this.#taken.set(at, size)
    return at
  }

  free(offset: Bytes): Bytes | null {
    const size = this.#taken.get(offset)
    if (size === undefined) return null
    this.#taken.delete(offset)
    const merged: { offset: Bytes; sizeBytes: Bytes }[] = []
    for (const hole of [...this.#holes, { offset, sizeBytes: size }].sort((a, b) => a.offset - b.offset)) {
      const last = merged.at(-1)
      if (last && last.offset + last.sizeBytes === hole.offset) last.sizeBytes += hole.sizeBytes
      else merged.push({ ...hole })
    }
    this.#holes = merged
    return size
  }

  holes(): { offset: Bytes; sizeBytes: Bytes }[] {
    return this.#holes.map((hole) => ({ ...hole }))
  }

  #replace(hole: { offset: Bytes }, parts: { offset: Bytes; sizeBytes: Bytes }[]): void {
    this.#holes = this.#holes.flatMap((each) => (each === hole ? parts.filter((part) => part.sizeBytes > 0) : [each]))
  }
}

class BuddyAllocator implements CarveoutAllocator {
  /** Offset of each free block → its size, a power of two of granules. */
  readonly #free = new Map<Bytes, Bytes>()
  readonly #taken = new Map<Bytes, Bytes>()

  constructor(
    sizeBytes: Bytes,
    private readonly granuleBytes: Bytes,
  ) {
    for (let at = 0, left = alignDown(sizeBytes, granuleBytes); left > 0;) {
      const block = granuleBytes * 2 ** Math.floor(Math.log2(left / granuleBytes))
      this.#free.set(at, block)
      at += block
      left -= block
    }
  }

  alloc(sizeBytes: Bytes, alignBytes: Bytes): Bytes | null {
    const need = Math.max(sizeBytes, alignBytes, this.granuleBytes)
    const size = this.granuleBytes * 2 ** Math.ceil(Math.log2(need / this.granuleBytes))
    const [smallest] = [...this.#free].filter(([, block]) => block >= size).sort((a, b) => a[1] - b[1] || a[0] - b[0])
    if (!smallest) return null
    const [offset, block] = smallest
    this.#free.delete(offset)
    for (let half = block / 2; half >= size; half /= 2) this.#free.set(offset + half, half)
    this.#taken.set(offset, size)
    return offset
  }

  free(offset: Bytes): Bytes | null {
    const size = this.#taken.get(offset)
    if (size === undefined) return null
    this.#taken.delete(offset)
    let at = offset
    let block = size
    for (let buddy = buddyOf(at, block); this.#free.get(buddy) === block; buddy = buddyOf(at, block)) {
      this.#free.delete(buddy)
      at = Math.min(at, buddy)
      block *= 2
    }
    this.#free.set(at, block)
    return size
  }

  holes(): { offset: Bytes; sizeBytes: Bytes }[] {
    return [...this.#free].sort((a, b) => a[0] - b[0]).map(([offset, sizeBytes]) => ({ offset, sizeBytes }))
  }
}

const buddyOf = (offset: Bytes, block: Bytes): Bytes => ((offset / block) % 2 === 0 ? offset + block : offset - block)
