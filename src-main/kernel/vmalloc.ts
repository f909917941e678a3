/**
 * mm/vmalloc.c as far as it can refuse a DMA buffer: one range of kernel addresses, lowest fit, each mapping followed by a guard
 * page, freed ranges kept until they are many or a request finds no room (lazy purge), registers aligned to their size. Left out: the per-CPU blocks of
 * vm_map_ram, the nodes that spread large systems, page tables.
 */
import { alignUp, MiB, type Bytes } from '@shared/units.ts'
import type { Log } from './log.ts'
import { defaultRateLimit } from './ratelimit.ts'
import type { Tracer } from './tracer.ts'

/** 1 << IOREMAP_MAX_ORDER of 32-bit arm. */
const IOREMAP_MAX_ALIGN: Bytes = 16 * MiB
/** lazy_max_pages, for each binary digit of the number of processors. */
const LAZY_BYTES: Bytes = 32 * MiB

interface Area {
  start: Bytes
  /** Exclusive, guard page included. */
  end: Bytes
  lazy: boolean
}

export class Vmalloc {
  /** Ascending. */
  private areas: Area[] = []
  private readonly warnings = defaultRateLimit()

  /** The range is [start, end); null where it is too large to run out. */
  constructor(
    private readonly range: { start: Bytes; end: Bytes } | null,
    private readonly pageBytes: Bytes,
    private readonly tracer: Tracer,
    private readonly log: Log,
    private readonly cpus = 1,
  ) {}

  /** vmap: kernel address of `sizeBytes`; null where addresses never run out; -1 when there is no room. */
  map(sizeBytes: Bytes, align = this.pageBytes): Bytes | null {
    if (!this.range) return null
    const size = sizeBytes + this.pageBytes
    let start = this.lowestFit(size, align)
    if (start < 0) {
      this.purge()
      start = this.lowestFit(size, align)
    }
    if (start < 0) {
      this.refuse(size)
      return -1
    }
    const at = this.areas.findIndex((area) => area.start > start)
    this.areas.splice(at < 0 ? this.areas.length : at, 0, { start, end: start + size, lazy: false })
    return start
  }

  /** ioremap: aligned to the power of two that its size fits into, 16 MiB at most. */
  ioremap(sizeBytes: Bytes): Bytes | null {
    return this.map(sizeBytes, Math.min(2 ** Math.ceil(Math.log2(sizeBytes)), IOREMAP_MAX_ALIGN))
  }

  /** vunmap: the addresses come back when they are needed, or when there are more of them than lazy_max_pages(). */
  unmap(start: Bytes | null): void {
    const area = start === null ? undefined : this.areas.find((each) => each.start === start && !each.lazy)
    if (!area) return
    area.lazy = true
    const lazy = this.areas.reduce((sum, each) => sum + (each.lazy ? each.end - each.start : 0), 0)
    if (lazy > LAZY_BYTES * (Math.floor(Math.log2(this.cpus)) + 1)) this.purge()
  }

  /** Bytes in use, guard pages included. */
  usedBytes(): Bytes {
    return this.areas.reduce((sum, area) => sum + (area.lazy ? 0 : area.end - area.start), 0)
  }

  /** drain_vmap_area_work */
  private purge(): void {
    this.areas = this.areas.filter((area) => !area.lazy)
  }

  private lowestFit(size: Bytes, align: Bytes): Bytes {
    const range = this.range!
    let from = alignUp(range.start, align)
    for (const area of this.areas) {
      if (area.start - from >= size) return from
      from = alignUp(area.end, align)
    }
    return range.end - from >= size ? from : -1
  }

  private refuse(size: Bytes): void {
    if (this.tracer.enabled) this.tracer.emit('alloc_vmap_area', { size, used: this.usedBytes(), ok: false })
    if (!this.warnings.allows(this.tracer.time)) return
    const { start, end } = this.range!
    const limits = `0x${start.toString(16)} - 0x${end.toString(16)}`
    this.log.print('warn', `vmalloc_node_range for size ${size} failed: Address range restricted to ${limits}`)
  }
}
