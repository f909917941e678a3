import type { Bytes, Microseconds, Pages } from './units.ts'

/** A line of the kernel log, as dmesg would show it without its timestamp. */
export interface LogLine {
  level: 'emerg' | 'alert' | 'crit' | 'err' | 'warn' | 'notice' | 'info' | 'debug'
  text: string
  time: Microseconds
  /** Index of the call that printed it; -1 for early boot and background work. */
  call: number
}

/**
 * THE ONE STREAM. Every room emits these and nothing else; logs, charts, explanations, goldens and exports read them.
 * `name` is the kernel's tracepoint where there is one (include/trace/events/{cma,dma,swiotlb,iommu,kmem}.h, `console` for printk);
 * what the kernel has no tracepoint for, and an explanation needs, is named after the function that decided it.
 * The rooms extend this union; every member is a flat object of numbers and short strings.
 */
export interface KernelEventBase {
  name: string
  time: Microseconds
  /** Index of the call under way; -1 outside of calls. */
  call: number
}
export type KernelEvent = KernelEventBase & Record<string, number | string | boolean | null>
export type EventSink = (event: KernelEvent) => void

/** The `boot` part of kernel-truth's document; keys as the kernel spells them, addresses and sizes in bytes. */
export interface BootReport {
  kernel: Record<string, number>
  zones: { name: string; start: Bytes; end: Bytes; spanned: Pages; present: Pages; managed?: Pages; cma?: Pages }[]
  cma: {
    name: string
    base: Bytes
    pages: Pages
    order_per_bit: number
    default: 0 | 1
    zone: string
    size: Bytes
    from_node: string | null
  }[]
  pools: { name: string; size: Bytes; avail?: Bytes; chunks?: { base: Bytes; size: Bytes }[] }[]
  swiotlb: {
    name: string
    start: Bytes
    end: Bytes
    nslabs: number
    nareas: number
    area_nslabs: number
    force: number
    for_alloc: number
  }[]
  window?: { base: Bytes; size: Bytes; ready: boolean }
  memory: { base: Bytes; size: Bytes; flags: number }[]
  reserved_memblock: { base: Bytes; size: Bytes; flags: number }[]
  reserved: {
    node: string
    base: Bytes
    end: Bytes
    size: Bytes
    no_map: boolean
    reusable: boolean
    handler: string | null
  }[]
  /** Boot-time carve-outs with an owner; absent where there is none. `removed`: the kernel never saw the memory. */
  carveouts?: {
    name: string
    owner: string
    devices: string[]
    base: Bytes
    size: Bytes
    allocator: string
    isolated: boolean
    removed: boolean
  }[]
  default_cma: string | null
  log: { level: string; text: string }[]
}

// ---------------------------------------------------------------------------------------------------------------------------
// The result of `carveout run`: what the lab draws, the sizing weighs and the exports cite. Columns, not rows, where there are many.

export interface RunResult {
  format: 1
  inputs: RunInputs
  boot: BootReport
  /** False when the board did not boot; `panic` says why and all else is empty. */
  booted: boolean
  panic: string | null
  duration: Microseconds
  totals: RunTotals
  devices: DeviceTotals[]
  /** One per CMA area, declared area, atomic pool, bounce buffer, carve-out with an owner, IOVA space, consistent window, zone. */
  areas: AreaSeries[]
  /** Free memory of each zone over time; absent in results of a version that did not keep it. */
  memory?: ZoneSeries[]
  /** Failed and fallen-back calls, in order; of very many, rows that stand for several. `explain` works on these. */
  incidents: Incident[]
  occupancy: Occupancy
  log: LogLine[]
  /** Lines that came after those of `log` and were too many to be kept; absent in results of a version that kept all. */
  linesLost?: number
}

export interface RunInputs {
  board: string
  workloads: string[]
  seed: number
  kernel: string
  arch: string
  pageSize: Bytes
  cmdline: string
  /** SHA-256 of everything the run depended on. */
  digest: string
}

export interface RunTotals {
  calls: number
  allocations: number
  mappings: number
  failures: number
  fallbacks: number
  bytesAllocated: Bytes
  bytesBounced: Bytes
  bytesCleaned: Bytes
  bytesInvalidated: Bytes
  /** Memory that the rest of the system (processes, file pages) wanted and did not get. */
  starvedBytes: Bytes
}

export interface DeviceTotals extends RunTotals {
  device: string
  /** stream name → failures, fallbacks */
  streams: { stream: string; calls: number; failures: number; fallbacks: number }[]
  peakBytes: Bytes
}

export type AreaKind = 'cma' | 'declared' | 'pool' | 'swiotlb' | 'dmabounce' | 'carveout' | 'iova' | 'window' | 'zone'

export interface AreaSeries {
  /** Kind and name: `cma:cam`, `pool:dma`, `swiotlb:default`; what `Incident.area` refers to. */
  name: string
  kind: AreaKind
  base: Bytes
  bytes: Bytes
  /** Sample times, ascending; all columns below have this length. Bytes throughout. */
  time: Float64Array
  used: Float64Array
  free: Float64Array
  largestFree: Float64Array
  /** Free bytes in holes too small for the largest request that the workload makes of this area. */
  unusable: Float64Array
  peakUsed: Bytes
  /** Most that was wanted of it at one time: what it served, and what it could not serve and would still hold. */
  peakWanted: Bytes
  /** Smallest value that the largest free run ever had. */
  smallestLargestFree: Bytes
  largestRequest: Bytes
  /** Calls that failed or went elsewhere because it could not serve. */
  failures: number
  fallbacks: number
}

/** Free memory of one zone against its watermark: what of it lies in CMA areas, unmovable requests cannot have. */
export interface ZoneSeries {
  zone: string
  /** Sample times, ascending; bytes in the columns beside it. */
  time: Float64Array
  free: Float64Array
  freeCma: Float64Array
  /** Below it only the most urgent requests are served. */
  minBytes: Bytes
  /** This kernel counts free area pages in the watermark of requests that cannot use them (3.5, 3.6). */
  countsCma: boolean
}

export interface Incident {
  call: number
  time: Microseconds
  kind: 'failure' | 'fallback'
  device: string
  stream: string
  verb: string
  bytes: Bytes
  errno: number
  /** The area that could not serve. */
  area: string
  /** One line, plain words. */
  reason: string
  /** Index into `log` of the line it printed; -1: silent, or the line is not kept. */
  logLine: number
  /** How many alike followed it closely and have no row of their own; absent in results of a version that kept all. */
  more?: number
}

/** Who held which pages when: every allocation in an area, as intervals, ascending in `from`. Any moment's map is the rows with from <= t < to. */
export interface Occupancy {
  area: Uint16Array
  /** First page inside the area. */
  start: Uint32Array
  pages: Uint32Array
  /** Index into `owners`. */
  owner: Uint16Array
  from: Float64Array
  to: Float64Array
  /** Allocations after this moment were too many to be kept; null (or absent in older results): all are here. */
  until?: Microseconds | null
  owners: { name: string; kind: 'device' | 'movable' | 'pinned' | 'kernel' }[]
}

// ---------------------------------------------------------------------------------------------------------------------------
// U2

/** Why a call failed or fell back: the chain from the device to the page that blocked it, and what would have helped. */
export interface Explanation {
  call: number
  summary: string
  steps: ExplanationStep[]
  /** The smallest change that would have helped; null with `noRemedy` saying why none of that kind would. */
  remedy: { what: string; boardPath: string | null; property: string | null; value: string | null } | null
  noRemedy: string | null
}

export interface ExplanationStep {
  room: string
  text: string
  outcome: 'passed' | 'refused' | 'served' | 'note'
  /** Candidate windows: where, how large, who blocked it. */
  windows?: { start: Bytes; bytes: Bytes; blockedBy: string }[]
}
