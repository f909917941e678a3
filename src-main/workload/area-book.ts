import type { AreaKind, BootReport, KernelEvent } from '@shared/run.ts'
import type { Bytes, Microseconds } from '@shared/units.ts'
import { AreaLog, stepOf } from './area-log.ts'
import { OccupancyLog } from './occupancy-log.ts'

/** A piece of an area that somebody holds. */
export interface Held {
  row: number
  area: AreaLog
  start: Bytes
  bytes: Bytes
}

/** Whose a piece is. */
export interface Owner {
  name: string
  kind: 'device' | 'kernel'
}

/**
 * Every area of a run and who holds what of it. CMA areas and the growth of pools are followed through the stream of events; the rest
 * the runner tells.
 */
export class AreaBook {
  readonly areas = new Map<string, AreaLog>()
  readonly occupancy = new OccupancyLog()
  /** What events took, by their own keys. */
  private readonly eventHeld = new Map<string, Held>()
  private readonly chunks = new Map<string, { base: Bytes; bytes: Bytes }[]>()
  /** What happened to areas before the report of boot named them. */
  private readonly early: KernelEvent[] = []
  private pageBytes = 4096

  constructor(
    private readonly duration: Microseconds,
    private readonly keepsMap: boolean,
  ) {}

  /** Areas as the kernel made them in boot. */
  booted(boot: BootReport): void {
    this.pageBytes = boot.kernel.page_size ?? this.pageBytes
    for (const area of boot.cma) this.area(`cma:${area.name}`, 'cma', area.base, area.size)
    for (const pool of boot.pools) this.area(`pool:${pool.name}`, 'pool', pool.chunks?.[0]?.base ?? 0, pool.size)
    for (const pool of boot.swiotlb) this.area(`swiotlb:${pool.name}`, 'swiotlb', pool.start, pool.end - pool.start)
    for (const { name, base, size } of boot.carveouts ?? []) this.area(`carveout:${name}`, 'carveout', base, size)
    if (boot.window?.ready) this.area('window', 'window', boot.window.base, boot.window.size)
    for (const event of this.early.splice(0)) this.take(event, KERNEL)
    // a pool that never grows tells of no growth
    for (const { name, chunks = [] } of boot.pools)
      if (!this.chunks.has(`pool:${name}`))
        this.chunks.set(
          `pool:${name}`,
          chunks.map(({ base, size }) => ({ base, bytes: size })),
        )
  }

  /** An area by its name; made where there is none yet. */
  area(name: string, kind: AreaKind, base: Bytes, bytes: Bytes): AreaLog {
    const known = this.areas.get(name)
    if (known) return known
    const area = new AreaLog(name, kind, base, bytes, stepOf(this.duration))
    this.areas.set(name, area)
    area.sample(0)
    return area
  }

  /** Index of an area among the areas of the result. */
  indexOf(name: string): number {
    return [...this.areas.keys()].indexOf(name)
  }

  /** An event, and whose call it belongs to. */
  take(event: KernelEvent, owner: Owner): void {
    if (event.name === 'cma_alloc_finish' && !event.errorno) this.cmaTake(event, owner)
    else if (event.name === 'cma_release') this.cmaDrop(event)
    else if (event.name === 'atomic_pool_expand') this.poolGrown(event)
    else if (event.name === 'carveout_take') {
      const area = this.area(String(event.area), event.kind as AreaKind, Number(event.base), Number(event.total))
      const held = this.hold(area, Number(event.offset), Number(event.size), owner, event.time)
      this.eventHeld.set(`${area.name} ${Number(event.offset)}`, held)
    } else if (event.name === 'carveout_drop')
      this.dropHeld(`${String(event.area)} ${Number(event.offset)}`, event.time)
    else if (event.name.startsWith('dmabounce_')) this.bounced(event, owner)
  }

  hold(area: AreaLog, start: Bytes, bytes: Bytes, owner: Owner, time: Microseconds): Held {
    area.take(start, bytes, time, owner.name)
    return { area, start, bytes, row: this.open(area, start, bytes, owner, time) }
  }

  release(held: Held, time: Microseconds): void {
    held.area.drop(held.start, held.bytes, time)
    this.occupancy.close(held.row, time)
  }

  /** Bytes from the start of a pool, its chunks laid end to end. */
  poolOffset(name: string, phys: Bytes): Bytes {
    let offset = 0
    for (const { base, bytes } of this.chunks.get(name) ?? []) {
      if (phys >= base && phys < base + bytes) return offset + phys - base
      offset += bytes
    }
    return 0
  }

  private cmaTake(event: KernelEvent, owner: Owner): void {
    const area = this.areas.get(`cma:${String(event.area)}`)
    if (!area) return void this.early.push(event)
    const start = Number(event.pfn) * this.pageBytes - area.base
    this.eventHeld.set(
      `${area.name} ${start}`,
      this.hold(area, start, Number(event.count) * this.pageBytes, owner, event.time),
    )
  }

  private cmaDrop(event: KernelEvent): void {
    const area = this.areas.get(`cma:${String(event.area)}`)
    if (!area) return void this.early.push(event)
    const key = `${area.name} ${Number(event.pfn) * this.pageBytes - area.base}`
    this.dropHeld(key, event.time)
  }

  /** Safe buffers of dmabounce, and what its pools took from the atomic pool. */
  private bounced(event: KernelEvent, owner: Owner): void {
    const { device, pool, time } = event
    if (event.name === 'dmabounce_map' && pool !== null) {
      const area = this.area(`dmabounce:${String(device)} ${String(pool)}`, 'dmabounce', 0, Number(event.total))
      area.grow(Number(event.total))
      const held = this.hold(area, Number(event.offset), Number(event.block), owner, time)
      this.eventHeld.set(`${String(device)} ${Number(event.safe)}`, held)
    } else if (event.name === 'dmabounce_unmap') this.dropHeld(`${String(device)} ${Number(event.safe)}`, time)
    else if (event.name === 'dmabounce_alloc') {
      const area = this.areas.get(String(event.from))
      if (area?.kind !== 'pool') return
      const offset = this.poolOffset(area.name, Number(event.phys))
      const holder: Owner = { name: `dmabounce of ${String(device)}`, kind: 'kernel' }
      this.eventHeld.set(`${area.name} ${offset}`, this.hold(area, offset, Number(event.size), holder, time))
    } else if (event.name === 'dmabounce_free') {
      const from = String(event.from)
      this.dropHeld(`${from} ${this.poolOffset(from, Number(event.phys))}`, time)
    }
  }

  private dropHeld(key: string, time: Microseconds): void {
    const held = this.eventHeld.get(key)
    if (held) this.release(held, time)
    this.eventHeld.delete(key)
  }

  /** Pools grow by chunks that lie anywhere; a place in a pool is counted through its chunks in their order. */
  private poolGrown(event: KernelEvent): void {
    const name = `pool:${String(event.pool)}`
    const chunks = this.chunks.get(name) ?? []
    this.chunks.set(name, [...chunks, { base: Number(event.base), bytes: Number(event.bytes) }])
    this.areas.get(name)?.grow(Number(event.total))
  }

  private open(area: AreaLog, start: Bytes, bytes: Bytes, owner: Owner, time: Microseconds): number {
    if (!this.keepsMap) return -1
    const first = Math.floor(start / this.pageBytes)
    const pages = Math.max(1, Math.ceil((start + bytes) / this.pageBytes) - first)
    return this.occupancy.open(
      this.indexOf(area.name),
      first,
      pages,
      this.occupancy.owner(owner.name, owner.kind),
      time,
    )
  }
}

/** What no call of a driver made. */
export const KERNEL: Owner = { name: 'atomic pools', kind: 'kernel' }
