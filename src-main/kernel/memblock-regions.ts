/** A list of regions as mm/memblock.c keeps it: sorted, disjoint, neighbours with equal flags merged. */
import type { Bytes } from '@shared/units.ts'

export interface Region {
  base: Bytes
  size: Bytes
  flags: number
}

export class RegionList {
  regions: Region[] = []

  /** `maxAddress`: PHYS_ADDR_MAX. */
  constructor(private readonly maxAddress: Bytes) {}

  get totalBytes(): Bytes {
    return this.regions.reduce((sum, r) => sum + r.size, 0)
  }

  /** memblock_cap_size(): the part of `size` that fits below the highest address. */
  capSize(base: Bytes, size: Bytes): Bytes {
    return Math.min(size, this.maxAddress - base)
  }

  /** memblock_add_range(): what is there already keeps its flags. */
  add(base: Bytes, size: Bytes): void {
    const end = base + this.capSize(base, size)
    const fresh: Region[] = []
    let cursor = base
    for (const region of this.regions) {
      if (region.base >= end) break
      const regionEnd = region.base + region.size
      if (regionEnd <= cursor) continue
      if (region.base > cursor) fresh.push({ base: cursor, size: region.base - cursor, flags: 0 })
      cursor = Math.min(regionEnd, end)
    }
    if (cursor < end) fresh.push({ base: cursor, size: end - cursor, flags: 0 })
    this.#replace([...this.regions, ...fresh])
  }

  remove(base: Bytes, size: Bytes): void {
    const inside = new Set(this.isolate(base, size))
    this.#replace(this.regions.filter((r) => !inside.has(r)))
  }

  setFlags(base: Bytes, size: Bytes, flags: number): void {
    for (const region of this.isolate(base, size)) region.flags = flags
    this.#replace(this.regions)
  }

  /** memblock_isolate_range(): splits regions at both ends of the range; returns those inside it. */
  isolate(base: Bytes, size: Bytes): Region[] {
    const end = base + this.capSize(base, size)
    this.regions = this.regions.flatMap((r) => split(r, base)).flatMap((r) => split(r, end))
    return this.regions.filter((r) => r.base >= base && r.base + r.size <= end)
  }

  overlaps(base: Bytes, size: Bytes): boolean {
    const end = base + this.capSize(base, size)
    return this.regions.some((r) => r.base < end && r.base + r.size > base)
  }

  /** The region that holds the address. */
  find(address: Bytes): Region | null {
    return this.regions.find((r) => address >= r.base && address < r.base + r.size) ?? null
  }

  #replace(regions: Region[]): void {
    this.regions = []
    for (const region of regions.sort((a, b) => a.base - b.base)) {
      const last = this.regions.at(-1)
      if (last && last.base + last.size === region.base && last.flags === region.flags) last.size += region.size
      else this.regions.push({ ...region })
    }
  }
}

function split(region: Region, at: Bytes): Region[] {
  if (at <= region.base || at >= region.base + region.size) return [region]
  const lower = { base: region.base, size: at - region.base, flags: region.flags }
  return [lower, { base: at, size: region.base + region.size - at, flags: region.flags }]
}
