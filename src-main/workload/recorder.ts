import type {
  AreaKind,
  BootReport,
  DeviceTotals,
  EventSink,
  Incident,
  KernelEvent,
  LogLine,
  RunTotals,
} from '@shared/run.ts'
import type { Bytes, Microseconds } from '@shared/units.ts'
import { AreaLog, stepOf } from './area-log.ts'
import { decisive, readChain, type Link } from './chain.ts'
import { OccupancyLog } from './occupancy-log.ts'
import type { RecordedCall } from './record.ts'

/** A call about to be made. */
export interface CallNote {
  call: number
  step: number
  time: Microseconds
  device: string
  stream: string
  verb: string
  bytes: Bytes
  gfp: string
  attrs: string
}

export interface CallOutcome {
  ok: boolean
  errno: number
  source: string | null
}

/** Events of one call that are kept for its reason; a call that makes more has said it all by then. */
const MOST_EVENTS = 4000

const noTotals = (): RunTotals => ({
  calls: 0,
  allocations: 0,
  mappings: 0,
  failures: 0,
  fallbacks: 0,
  bytesAllocated: 0,
  bytesBounced: 0,
  bytesCleaned: 0,
  bytesInvalidated: 0,
  starvedBytes: 0,
})

/** A piece of an area that somebody holds. */
export interface Held {
  row: number
  area: AreaLog
  start: Bytes
  bytes: Bytes
}

/** Listens to the one stream of a kernel and to the runner, and keeps what a result shows. `full` also keeps series, maps and recorded calls. */
export class Recorder {
  readonly totals = noTotals()
  readonly log: LogLine[] = []
  readonly incidents: Incident[] = []
  readonly recorded: RecordedCall[] = []
  readonly areas = new Map<string, AreaLog>()
  readonly occupancy = new OccupancyLog()
  private readonly devices = new Map<string, DeviceTotals>()
  private readonly heldBytes = new Map<string, Bytes>()
  private readonly cmaHeld = new Map<string, Held>()
  private events: KernelEvent[] = []
  private now: CallNote | null = null
  private pageBytes = 4096

  constructor(
    private readonly duration: Microseconds,
    private readonly full: boolean,
    /** Also keep these calls, whether or not anything went wrong. */
    private readonly watched: (call: CallNote) => boolean = () => false,
  ) {}

  /** What the kernel's rooms emit. */
  readonly sink: EventSink = (event) => {
    this.take(event)
    if (this.now && this.events.length < MOST_EVENTS) this.events.push(event)
  }

  /** Areas as the kernel made them in boot. */
  booted(boot: BootReport): void {
    this.pageBytes = boot.kernel.page_size ?? this.pageBytes
    for (const area of boot.cma) this.area(`cma:${area.name}`, 'cma', area.base, area.size)
    for (const pool of boot.pools) this.area(`pool:${pool.name}`, 'pool', pool.chunks?.[0]?.base ?? 0, pool.size)
    for (const pool of boot.swiotlb) this.area(`swiotlb:${pool.name}`, 'swiotlb', pool.start, pool.end - pool.start)
    if (boot.window) this.area('window', 'window', boot.window.base, boot.window.size)
    for (const event of this.early.splice(0)) this.take(event)
  }

  area(name: string, kind: AreaKind, base: Bytes, bytes: Bytes): AreaLog {
    const known = this.areas.get(name)
    if (known) return known
    const area = new AreaLog(name, kind, base, bytes, stepOf(this.duration))
    this.areas.set(name, area)
    area.sample(0)
    return area
  }

  /** Index of an area among the areas of the result. */
  areaIndex(name: string): number {
    return [...this.areas.keys()].indexOf(name)
  }

  begin(call: CallNote): void {
    this.now = call
    this.events = []
  }

  /** The area that should have served and did not, if there is one: the request still wants its bytes there. */
  end(outcome: CallOutcome): AreaLog | null {
    const call = this.now!
    this.now = null
    this.count(call, outcome)
    const chain = this.chain()
    const why = decisive(chain)
    const fellBack = outcome.ok && why !== null && why.area !== null && !why.area.startsWith('zone:')
    const wrong = !outcome.ok || fellBack
    if (wrong) this.incident(call, outcome, why)
    if (this.full && (wrong || this.watched(call))) this.keep(call, outcome, chain)
    return (wrong && why?.area && this.areas.get(why.area)) || null
  }

  /** A piece of an area that the runner knows of and no event tells: pools, declared memory, bounce slots, I/O addresses. */
  hold(area: AreaLog, start: Bytes, bytes: Bytes, stream: string, time: Microseconds): Held {
    area.take(start, bytes, time, stream)
    return { area, start, bytes, row: this.open(area, start, bytes, stream, 'device', time) }
  }

  release(held: Held, time: Microseconds): void {
    held.area.drop(held.start, held.bytes, time)
    this.occupancy.close(held.row, time)
  }

  allocated(device: string, bytes: Bytes): void {
    const total = (this.heldBytes.get(device) ?? 0) + bytes
    this.heldBytes.set(device, total)
    const totals = this.device(device)
    totals.peakBytes = Math.max(totals.peakBytes, total)
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

  starved(bytes: Bytes): void {
    this.totals.starvedBytes += bytes
  }

  deviceTotals(): DeviceTotals[] {
    return [...this.devices.values()]
  }

  /** What happened to areas before the report of boot named them. */
  private readonly early: KernelEvent[] = []
  private readonly chunks = new Map<string, { base: Bytes; bytes: Bytes }[]>()

  private take(event: KernelEvent): void {
    switch (event.name) {
      case 'console':
        this.log.push({
          level: event.level as LogLine['level'],
          text: String(event.text),
          time: event.time,
          call: event.call,
        })
        break
      case 'cma_alloc_finish':
        if (!event.errorno) this.cmaTake(event)
        break
      case 'cma_release':
        this.cmaDrop(event)
        break
      case 'swiotlb_bounce':
        this.add(event, 'bytesBounced', Number(event.size))
        break
      case 'atomic_pool_expand':
        this.poolGrown(event)
        break
      case 'arch_sync_dma_for_device':
      case 'arch_sync_dma_for_cpu':
      case 'arch_dma_prep_coherent':
        this.add(event, 'bytesCleaned', Number(event.cleaned))
        this.add(event, 'bytesInvalidated', Number(event.invalidated))
        break
    }
  }

  /** Pools grow by chunks that lie anywhere; a place in a pool is counted through its chunks in their order. */
  private poolGrown(event: KernelEvent): void {
    const name = `pool:${String(event.pool)}`
    const chunks = this.chunks.get(name) ?? []
    this.chunks.set(name, [...chunks, { base: Number(event.base), bytes: Number(event.bytes) }])
    this.areas.get(name)?.grow(Number(event.total))
  }

  private add(event: KernelEvent, total: 'bytesBounced' | 'bytesCleaned' | 'bytesInvalidated', bytes: Bytes): void {
    this.totals[total] += bytes
    if (typeof event.device === 'string') this.device(event.device)[total] += bytes
  }

  private cmaTake(event: KernelEvent): void {
    const area = this.areas.get(`cma:${String(event.area)}`)
    if (!area) return void this.early.push(event)
    const start = Number(event.pfn) * this.pageBytes - area.base
    const bytes = Number(event.count) * this.pageBytes
    const owner = this.now?.stream ?? 'atomic pools'
    area.take(start, bytes, event.time, owner)
    const row = this.open(area, start, bytes, owner, this.now ? 'device' : 'kernel', event.time)
    this.cmaHeld.set(`${area.name} ${start}`, { area, start, bytes, row })
  }

  private cmaDrop(event: KernelEvent): void {
    const area = this.areas.get(`cma:${String(event.area)}`)
    if (!area) return void this.early.push(event)
    const key = `${area.name} ${Number(event.pfn) * this.pageBytes - area.base}`
    const held = this.cmaHeld.get(key)
    if (held) this.release(held, event.time)
    this.cmaHeld.delete(key)
  }

  private open(
    area: AreaLog,
    start: Bytes,
    bytes: Bytes,
    owner: string,
    kind: 'device' | 'kernel',
    time: Microseconds,
  ): number {
    if (!this.full) return -1
    const index = this.areaIndex(area.name)
    const first = Math.floor(start / this.pageBytes)
    const pages = Math.max(1, Math.ceil((start + bytes) / this.pageBytes) - first)
    return this.occupancy.open(index, first, pages, this.occupancy.owner(owner, kind), time)
  }

  private count(call: CallNote, outcome: CallOutcome): void {
    const mapping = call.verb.startsWith('map')
    for (const totals of [this.totals, this.device(call.device)]) {
      totals.calls++
      if (!outcome.ok) continue
      if (mapping) totals.mappings++
      else {
        totals.allocations++
        totals.bytesAllocated += call.bytes
      }
    }
    this.stream(call).calls++
  }

  private stream(call: CallNote): DeviceTotals['streams'][number] {
    const { streams } = this.device(call.device)
    const known = streams.find((each) => each.stream === call.stream)
    if (known) return known
    const fresh = { stream: call.stream, calls: 0, failures: 0, fallbacks: 0 }
    streams.push(fresh)
    return fresh
  }

  private device(name: string): DeviceTotals {
    const known = this.devices.get(name)
    if (known) return known
    const fresh: DeviceTotals = { device: name, ...noTotals(), streams: [], peakBytes: 0 }
    this.devices.set(name, fresh)
    return fresh
  }

  /** Most calls emit nothing that decides; areas are looked at only where one of them refused. */
  private chain(): Link[] {
    if (!this.events.length) return []
    const chain = readChain(this.events, this.facts([]))
    if (!chain.some(({ outcome }) => outcome === 'refused')) return chain
    return readChain(this.events, this.facts(this.asked(chain)))
  }

  private asked(chain: readonly Link[]): AreaLog[] {
    const names = new Set(chain.flatMap(({ area }) => area ?? []))
    return [...this.areas.values()].filter((area) => names.has(area.name))
  }

  private incident(call: CallNote, outcome: CallOutcome, why: Link | null): void {
    const kind = outcome.ok ? 'fallback' : 'failure'
    const totals = kind === 'failure' ? 'failures' : 'fallbacks'
    this.totals[totals]++
    this.device(call.device)[totals]++
    this.stream(call)[totals]++
    const area = why?.area ? this.areas.get(why.area) : undefined
    // what no size of the area could have helped is no count against it
    if (area && why?.cause !== 'piece') area[totals]++
    const line = this.events.some((event) => event.name === 'console')
      ? this.log.findIndex((each) => each.call === call.call)
      : -1
    const { device, stream, verb, bytes, time } = call
    const text = why?.text ?? 'no source served it'
    const reason = outcome.ok ? `${text}; ${outcome.source ?? 'another source'} serves it instead` : text
    this.incidents.push({
      call: call.call,
      time,
      kind,
      device,
      stream,
      verb,
      bytes,
      errno: outcome.errno,
      area: why?.area ?? '',
      reason,
      logLine: line,
    })
    area?.sample(time)
  }

  private keep(call: CallNote, { ok, errno, source }: CallOutcome, chain: readonly Link[]): void {
    this.recorded.push({ ...call, ok, errno, source, events: this.events, ...this.facts(this.asked(chain)) })
  }

  private facts(areas: AreaLog[]): { pageBytes: Bytes; areas: RecordedCall['areas'] } {
    const rows = areas.map((area): [string, RecordedCall['areas'][string]] => [
      area.name,
      { base: area.base, bytes: area.bytes, used: area.usedBytes, holes: area.holes() },
    ])
    return { pageBytes: this.pageBytes, areas: Object.fromEntries(rows) }
  }
}
