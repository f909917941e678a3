/**
 * arch/arm/mm/vmregion.c: a fixed range of kernel addresses handed out from the top down. The consistent window of 3.4 and 3.5 is
 * one, and so is the atomic pool of 3.5. Left out: the lock, and the page and mapping that a region remembers (the caller keeps
 * what lies behind a region).
 */
import { alignDown, type Bytes } from '@shared/units.ts'

export interface VmRegion {
  start: Bytes
  /** Exclusive. */
  end: Bytes
}

export class VmRegionHead {
  /** Ascending, never overlapping. */
  readonly #regions: VmRegion[] = []

  /** `end` is exclusive; both are addresses, whose alignment decides where aligned regions can lie. */
  constructor(
    readonly start: Bytes,
    readonly end: Bytes,
  ) {}

  /** False: the request is larger than the whole range, which the kernel says each time ("allocation too big"). */
  canHold(sizeBytes: Bytes): boolean {
    return sizeBytes <= this.end - this.start
  }

  /**
   * arm_vmregion_alloc: the highest place that is free, of `sizeBytes` (whole pages) at a multiple of `alignBytes`. Every gap is
   * tried at its top only, which is why a hole left by rounding serves smaller requests later. Null: no place.
   */
  alloc(sizeBytes: Bytes, alignBytes: Bytes): Bytes | null {
    if (!this.canHold(sizeBytes)) return null
    let start = alignDown(this.end - sizeBytes, alignBytes)
    let index = this.#regions.length
    for (; index > 0; index--) {
      const below = this.#regions[index - 1]!
      if (start >= below.end) break
      start = alignDown(below.start - sizeBytes, alignBytes)
      if (start < this.start) return null
    }
    if (start < this.start) return null
    this.#regions.splice(index, 0, { start, end: start + sizeBytes })
    return start
  }

  /** arm_vmregion_find_remove: gives back the region that starts there; its size, or null where none does. */
  free(start: Bytes): Bytes | null {
    const index = this.#regions.findIndex((region) => region.start === start)
    if (index < 0) return null
    const [region] = this.#regions.splice(index, 1)
    return region!.end - region!.start
  }

  contains(address: Bytes): boolean {
    return address >= this.start && address < this.end
  }

  regions(): readonly VmRegion[] {
    return this.#regions
  }

  usedBytes(): Bytes {
    return this.#regions.reduce((sum, region) => sum + region.end - region.start, 0)
  }
}
