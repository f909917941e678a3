/** What a board's own log and files say is wrong with its DMA memory, or soon will be. */
import type { Diagnostic, Severity } from '@shared/diagnostics.ts'
import { formatBytes, KiB, MiB, type Bytes } from '@shared/units.ts'
import type { CallCounts } from './calls.ts'
import type { AreaFact, BoardFacts, BounceFact, FreeFact, Place } from './facts.ts'

/** Findings with their places, the log's first. */
export function diagnose(facts: BoardFacts, counts: CallCounts | null, pageBytes: Bytes): Diagnostic[] {
  return [
    ...messages(facts),
    ...facts.areas.flatMap((area) => ofArea(area, pageBytes)),
    ...facts.bounce.flatMap(ofBounce),
    ...ofMemory(facts),
    ...facts.free.flatMap((free) => ofZone(free, pageBytes)),
    ...(counts && counts.bytesBounced >= MiB ? [ofBouncing(facts, counts)] : []),
  ]
}

interface Complaint {
  form: RegExp
  severity: Severity
  code: string
  means: (found: string[]) => string
}

/** Messages of the kernel that speak of DMA memory that was not to be had, and what to do. */
const COMPLAINTS: readonly Complaint[] = [
  {
    form: /cma_alloc: (?:(\S+): )?alloc failed, req-size: (\d+) pages, ret: -(\d+)/,
    severity: 'error',
    code: 'cma-alloc-failed',
    means: ([area, pages, errno]) =>
      `CMA ${area ? `area ${area} ` : ''}had no place for ${pages} pages: ${
        errno === '16'
          ? 'pages in the way could not be moved, since something holds them (pinned); a larger area gives more windows'
          : 'no run of free pages was long enough; size the area with carveout size'
      }`,
  },
  {
    form: /swiotlb buffer is full \(sz: (\d+) bytes\), total (\d+) \(slots\), used (\d+)/,
    severity: 'error',
    code: 'swiotlb-full',
    means: ([bytes, total, used]) =>
      Number(bytes) > 256 * KiB
        ? `a mapping of ${formatBytes(Number(bytes))} is larger than the 256 KiB that bouncing can serve; no size of the bounce buffer helps`
        : `the bounce buffer of ${formatBytes(Number(total) * 2 * KiB)} had no place for ${formatBytes(Number(bytes))} with ${used} slots in use; raise swiotlb=, or give the device memory that it reaches`,
  },
  {
    form: /page allocation failure: order:(\d+), mode:(\S+)/,
    severity: 'error',
    code: 'page-allocation-failure',
    means: ([order, mode]) =>
      `no ${2 ** Math.min(30, Number(order))} pages in a row were to be had (${mode}); such buffers belong into a CMA area or behind an IOMMU`,
  },
  {
    form: /Reserved memory: (?:unable|failed) to|Failed to reserve memory for|reserved mem: (?:failed|.*OVERLAP DETECTED)/i,
    severity: 'error',
    code: 'reserved-memory-refused',
    means: () => 'a region of /reserved-memory was not made as the devicetree says; carveout check names the cause',
  },
  {
    form: /cma: Failed to reserve (\d+ \S+)/,
    severity: 'error',
    code: 'cma-not-reserved',
    means: ([bytes]) => `no place was left for a CMA area of ${bytes}; carveout boot shows what lies where`,
  },
  {
    form: /(?:Failed to get suitable pool|coherent pool is not initiali[sz]ed|coherent allocation too big|DMA: failed to allocate)/,
    severity: 'error',
    code: 'atomic-pool-exhausted',
    means: () => 'the atomic pool could not serve; raise coherent_pool=',
  },
  {
    form: /DMA addr \S+ overflow|beyond device's set DMA address range|overflow 0x[0-9a-f]+\+\d+ of DMA mask/i,
    severity: 'error',
    code: 'dma-address-overflow',
    means: () =>
      'a device was given memory beyond its mask and nothing bounced it; check dma-ranges and the mask that its driver sets',
  },
  {
    form: /Out of memory: Killed process \d+ \((.{1,16})\)/,
    severity: 'warning',
    code: 'oom-kill',
    means: ([name]) => `memory ran out and ${name} was killed; what areas hold free cannot serve everybody`,
  },
]

/** Each complaint once for the same words, with how often it came. */
function messages({ log }: BoardFacts): Diagnostic[] {
  const found = new Map<string, { diagnostic: Diagnostic; times: number }>()
  for (const line of log) {
    for (const { form, severity, code, means } of COMPLAINTS) {
      const match = form.exec(line.text)
      if (!match) continue
      const message = means(match.slice(1))
      const known = found.get(message)
      if (known) known.times++
      else found.set(message, { diagnostic: finding(line, severity, code, message), times: 1 })
      break
    }
  }
  return [...found.values()].map(({ diagnostic, times }) =>
    times === 1 ? diagnostic : { ...diagnostic, message: `${diagnostic.message} (${times} times)` },
  )
}

function ofArea(area: AreaFact, pageBytes: Bytes): Diagnostic[] {
  const { name, bytes, used, maxchunk, failed } = area
  if (name === null || bytes === null || used === null) return []
  const findings: Diagnostic[] = []
  const free = bytes - used * pageBytes
  const run = maxchunk === null ? null : maxchunk * pageBytes
  const state = `CMA area ${name}: ${formatBytes(used * pageBytes)} of ${formatBytes(bytes)} in use${run === null ? '' : `, longest free run ${formatBytes(run)}`}`
  if (failed)
    findings.push(finding(area, 'error', 'cma-alloc-failed', `${state}; ${failed} pages were asked for in vain`))
  else if (free < bytes / 10)
    findings.push(finding(area, 'warning', 'cma-nearly-full', `${state}; size it with carveout size`))
  else if (run !== null && run < free / 4)
    findings.push(
      finding(
        area,
        'warning',
        'cma-fragmented',
        `${state} of ${formatBytes(free)} free: fragmented; areas of their own for long-lived buffers help`,
      ),
    )
  else findings.push(finding(area, 'info', 'cma-state', state))
  return findings
}

function ofBounce(bounce: BounceFact): Diagnostic[] {
  const { bytes, used, hiwater } = bounce
  if (used === null && hiwater === null) return []
  const most = (hiwater ?? used ?? 0) * 2 * KiB
  const state = `bounce buffer: at most ${formatBytes(most)} of ${formatBytes(bytes)} in use`
  return most > bytes * 0.8
    ? [
        finding(
          bounce,
          'warning',
          'swiotlb-nearly-full',
          `${state}; raise swiotlb=, or give the devices memory that they reach`,
        ),
      ]
    : [finding(bounce, 'info', 'swiotlb-state', state)]
}

/** Unmovable requests cannot use what areas hold free. */
function ofMemory({ meminfo }: BoardFacts): Diagnostic[] {
  const [total, free, cma] = [meminfo.get('MemTotal'), meminfo.get('MemFree'), meminfo.get('CmaFree') ?? 0]
  if (total === undefined || free === undefined || meminfo.file === undefined) return []
  const place = { file: meminfo.file, line: 1 }
  const state = `${formatBytes(free)} of ${formatBytes(total)} free, ${formatBytes(cma)} of it in areas`
  return free - cma < total / 50
    ? [
        finding(
          place,
          'warning',
          'free-is-cma',
          `${state}: requests that cannot be moved find ${formatBytes(Math.max(0, free - cma))}; smaller areas, or carve-outs made areas, would leave more`,
        ),
      ]
    : [finding(place, 'info', 'memory-state', state)]
}

/** Large blocks are gone long before memory is. */
function ofZone(free: FreeFact, pageBytes: Bytes): Diagnostic[] {
  const pages = free.blocks.reduce((sum, count, order) => sum + count * 2 ** order, 0)
  const largest = free.blocks.findLastIndex((count) => count > 0)
  if (pages * pageBytes < 16 * MiB || largest < 0 || largest >= 8) return []
  return [
    finding(
      free,
      'warning',
      'zone-fragmented',
      `zone ${free.zone}: ${formatBytes(pages * pageBytes)} free, but no block over ${formatBytes(2 ** largest * pageBytes)}; contiguous buffers need an area`,
    ),
  ]
}

const ofBouncing = ({ bounce, log }: BoardFacts, { bounces, bytesBounced }: CallCounts): Diagnostic =>
  finding(
    bounce[0] ?? log[0] ?? { file: 'trace', line: 1 },
    'warning',
    'bouncing',
    `${bounces} mappings of the trace were bounced, ${formatBytes(bytesBounced)} copied; give the device memory that it reaches`,
  )

const finding = ({ file, line }: Place, severity: Severity, code: string, message: string): Diagnostic => ({
  file,
  line,
  column: 1,
  endLine: line,
  endColumn: 1,
  severity,
  code,
  message,
})
