/**
 * mm/vmalloc.c as it was before 5.2: areas of kernel addresses kept in order, searched from a remembered place, and freed lazily.
 * A freed area stays taken until more than `lazyMaxPages` wait or a search fails; then all of them go at once.
 * Left out: the red-black tree (a sorted list gives the same answers), per-CPU blocks of vm_map_ram, page tables.
 */
import { alignUp, type Bytes, type Pages } from '@shared/units.ts'

export interface VmapArea {
  start: Bytes
  /** Exclusive; a guard page is part of it. */
  end: Bytes
  lazy: boolean
}

/** What a search that fails says, of a size with its guard page. */
export const vmapFailure = (size: Bytes): string =>
  `vmap allocation for size ${size} failed: use vmalloc=<size> to increase size.`

export class VmapAreas {
  /** Ascending. */
  readonly #areas: VmapArea[] = []
  #lazyPages = 0
  /** free_vmap_cache and what it stands for: where the last search ended, and the largest hole that it left behind. */
  #cache: VmapArea | null = null
  #cachedHole: Bytes = 0
  #cachedAlign: Bytes = 1

  /** `lazyMaxPages`: 32 MiB of pages for each binary digit of the number of processors. `fixed`: areas mapped before any other. */
  constructor(
    readonly start: Bytes,
    readonly end: Bytes,
    readonly pageBytes: Bytes,
    readonly lazyMaxPages: Pages,
    fixed: readonly { start: Bytes; end: Bytes }[] = [],
  ) {
    for (const { start: from, end: to } of fixed) this.#insert({ start: from, end: to, lazy: false })
  }

  /**
   * __get_vm_area_node: an area for `sizeBytes` and its guard page, at the lowest place found; purges once when there is none.
   * Returns its address, or null, upon which the kernel warns "vmap allocation for size … failed" with {@link withGuard}.
   */
  alloc(sizeBytes: Bytes, alignBytes: Bytes = 1): Bytes | null {
    const size = this.withGuard(sizeBytes)
    let at = this.#search(size, alignBytes)
    if (at === null) {
      this.purge()
      at = this.#search(size, alignBytes)
    }
    if (at === null) return null
    this.#cache = this.#insert({ start: at, end: at + size, lazy: false })
    return at
  }

  withGuard(sizeBytes: Bytes): Bytes {
    return alignUp(sizeBytes, this.pageBytes) + this.pageBytes
  }

  /** free_vmap_area_noflush: true when an area starts there. */
  free(start: Bytes): boolean {
    const area = this.#areas.find((each) => each.start === start && !each.lazy)
    if (!area) return false
    area.lazy = true
    this.#lazyPages += (area.end - area.start) / this.pageBytes
    if (this.#lazyPages > this.lazyMaxPages) this.purge()
    return true
  }

  /** __purge_vmap_area_lazy: everything that was freed becomes free. */
  purge(): void {
    for (const area of this.#areas.filter((each) => each.lazy)) this.#release(area)
    this.#lazyPages = 0
  }

  /** In use, lazily freed ones left out; ascending. */
  areas(): VmapArea[] {
    return this.#areas.filter((area) => !area.lazy)
  }

  /** In use and lazily freed. */
  get count(): number {
    return this.#areas.length
  }

  get lazyPages(): Pages {
    return this.#lazyPages
  }

  /** alloc_vmap_area's search: from the remembered place unless a smaller hole below it could do. */
  #search(size: Bytes, align: Bytes): Bytes | null {
    if (!this.#cache || size < this.#cachedHole || align < this.#cachedAlign) {
      this.#cachedHole = 0
      this.#cache = null
    }
    this.#cachedAlign = align
    let index = this.#cache ? this.#areas.indexOf(this.#cache) : this.#firstEndingAbove(this.start)
    let at = this.#cache ? alignUp(this.#cache.end, align) : alignUp(this.start, align)
    for (; index < this.#areas.length; index++) {
      const area = this.#areas[index]!
      if (at + size <= area.start || at + size > this.end) break
      if (at + this.#cachedHole < area.start) this.#cachedHole = area.start - at
      at = alignUp(area.end, align)
    }
    return at + size > this.end ? null : at
  }

  #firstEndingAbove(address: Bytes): number {
    const index = this.#areas.findIndex((area) => area.end > address)
    return index < 0 ? this.#areas.length : index
  }

  #insert(area: VmapArea): VmapArea {
    const above = this.#areas.findIndex((each) => each.start > area.start)
    this.#areas.splice(above < 0 ? this.#areas.length : above, 0, area)
    return area
  }

  /** __free_vmap_area: keeps the remembered place at or below what became free. */
  #release(area: VmapArea): void {
    const index = this.#areas.indexOf(area)
    if (this.#cache && area.start <= this.#cache.start) this.#cache = this.#areas[index - 1] ?? null
    this.#areas.splice(index, 1)
  }
}
