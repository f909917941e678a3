import type { AreaSeries, BootReport, Incident, LogLine, RunResult } from '@shared/run.ts'
import { MiB } from '@shared/units.ts'

/**
 * A run that no engine made: buffers of random sizes come and go in one area, first fit, until some find no hole. Only for tests of the
 * window, which must not care where a result comes from.
 */
export interface FixtureOptions {
  bytes?: number
  seed?: number
  steps?: number
}

const pageSize = 4096
const owners: RunResult['occupancy']['owners'] = [
  { name: 'cameras', kind: 'device' },
  { name: 'film', kind: 'device' },
  { name: 'desktop', kind: 'device' },
  { name: 'process memory', kind: 'movable' },
  { name: 'direct I/O', kind: 'pinned' },
]

export function fixtureRun({ bytes = 64 * MiB, seed = 1, steps = 1500 }: FixtureOptions = {}): RunResult {
  const pages = bytes / pageSize
  const used = new Int32Array(pages).fill(-1)
  const random = generator(seed)
  const live: { row: number; start: number; pages: number; until: number }[] = []
  const rows: { start: number; pages: number; owner: number; from: number; to: number }[] = []
  const samples: number[][] = []
  const incidents: Incident[] = []
  const log: LogLine[] = [
    { level: 'info', text: 'Booting Linux on physical CPU 0x0000000000 [0x410fd034]', time: 0, call: -1 },
  ]
  const duration = 12e6
  for (let call = 0; call < steps; call++) {
    const time = Math.round((call / steps) * duration)
    for (const item of live.filter((item) => item.until <= time)) {
      used.fill(-1, item.start, item.start + item.pages)
      rows[item.row]!.to = time
      live.splice(live.indexOf(item), 1)
    }
    const owner = Math.floor(random() * owners.length)
    const wanted = owner === 0 ? 1013 : 1 + Math.floor(random() ** 3 * 900)
    const start = firstFit(used, wanted, owner === 0 ? 256 : 1)
    if (start >= 0) {
      used.fill(owner, start, start + wanted)
      live.push({ row: rows.length, start, pages: wanted, until: time + random() * (owner === 0 ? 2.4e6 : 5e5) })
      rows.push({ start, pages: wanted, owner, from: time, to: Infinity })
    } else {
      const text = `cma: __cma_alloc: camera: alloc failed, req-size: ${wanted} pages, ret: -12`
      log.push({ level: 'err', text, time, call })
      incidents.push(incident(call, time, owner, wanted, log.length - 1))
    }
    samples.push([time, ...measure(used)])
  }
  const area = areaOf(bytes, samples, incidents)
  const failures = incidents.filter((i) => i.kind === 'failure').length
  const totals = {
    calls: steps,
    allocations: rows.length,
    mappings: 0,
    failures,
    fallbacks: incidents.length - failures,
    bytesAllocated: 1e9,
    bytesBounced: 0,
    bytesCleaned: 0,
    bytesInvalidated: 0,
    starvedBytes: 0,
  }
  return {
    format: 1,
    inputs: {
      board: 'board.dts',
      workloads: ['workload.yaml'],
      seed,
      kernel: '6.12',
      arch: 'arm64',
      pageSize,
      cmdline: '',
      digest: '0123456789abcdef',
    },
    boot: emptyBoot,
    booted: true,
    panic: null,
    duration,
    totals,
    devices: [],
    areas: [area],
    incidents,
    occupancy: {
      area: Uint16Array.from(rows, () => 0),
      start: Uint32Array.from(rows, (row) => row.start),
      pages: Uint32Array.from(rows, (row) => row.pages),
      owner: Uint16Array.from(rows, (row) => row.owner),
      from: Float64Array.from(rows, (row) => row.from),
      to: Float64Array.from(rows, (row) => row.to),
      owners,
    },
    log,
  }
}

const incident = (call: number, time: number, owner: number, wanted: number, logLine: number): Incident => ({
  call,
  time,
  kind: owner === 0 ? 'failure' : 'fallback',
  device: owner === 0 ? '32e00000.camera' : owner === 1 ? '38300000.video-codec' : '38000000.gpu',
  stream: owners[owner]!.name,
  verb: 'dma_alloc_attrs',
  bytes: wanted * pageSize,
  errno: -12,
  area: 'cma:camera',
  reason: `no hole of ${wanted} pages`,
  logLine,
})

const areaOf = (bytes: number, samples: number[][], incidents: Incident[]): AreaSeries => ({
  name: 'cma:camera',
  kind: 'cma',
  base: 0xab000000,
  bytes,
  time: Float64Array.from(samples, (s) => s[0]!),
  used: Float64Array.from(samples, (s) => s[1]!),
  free: Float64Array.from(samples, (s) => bytes - s[1]!),
  largestFree: Float64Array.from(samples, (s) => s[2]!),
  unusable: Float64Array.from(samples, (s) => s[3]!),
  peakUsed: Math.max(...samples.map((s) => s[1]!)),
  largestRequest: 1013 * pageSize,
  peakWanted: Math.max(...samples.map((s) => s[1]!)),
  smallestLargestFree: Math.min(...samples.map((s) => s[2]!)),
  failures: incidents.filter((i) => i.kind === 'failure').length,
  fallbacks: incidents.filter((i) => i.kind === 'fallback').length,
})

/** Bytes in use, of the largest free run, free in runs too short for a frame. */
function measure(used: Int32Array): [number, number, number] {
  let taken = 0
  let run = 0
  let largest = 0
  let scattered = 0
  for (let page = 0; page <= used.length; page++) {
    if (page < used.length && used[page]! < 0) {
      run++
      continue
    }
    if (page < used.length) taken++
    if (run < 1013) scattered += run
    largest = Math.max(largest, run)
    run = 0
  }
  return [taken * pageSize, largest * pageSize, scattered * pageSize]
}

function firstFit(used: Int32Array, wanted: number, align: number): number {
  for (let start = 0; start + wanted <= used.length; start += align) {
    let length = 0
    while (length < wanted && used[start + length]! < 0) length++
    if (length === wanted) return start
  }
  return -1
}

function generator(seed: number): () => number {
  let state = seed * 2654435761
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    return state / 2 ** 32
  }
}

export const emptyBoot: BootReport = {
  kernel: { page_size: pageSize },
  zones: [],
  cma: [],
  pools: [],
  swiotlb: [],
  memory: [],
  reserved_memblock: [],
  reserved: [],
  default_cma: null,
  log: [],
}
