/** Where regions lie: in RAM or not, on top of each other, and whether a place can be found for those that only have a size. */
import type { Span } from '@shared/diagnostics.ts'
import { alignUp, formatAddress, formatBytes, type AddressRange, type Bytes } from '@shared/units.ts'
import { hex, related, type BoardCheck, type CheckContext, type Finding } from './check.ts'
import { placeOf, type Region } from './region.ts'

interface Taken extends AddressRange {
  name: string
  span: Span | null
  /** What belongs together may overlap. */
  owner: string
  isPool: boolean
}

/** Everything that has a place, by address: fixed regions, those the kernel placed, areas of the command line, what the loader put there. */
function taken({ board, regions, report, loader, args }: CheckContext): Taken[] {
  const fixed = regions.flatMap((region) =>
    region.ranges.map((range) => ({ ...range, name: region.node.name, ...ownerOf(region, 'reg') })),
  )
  const dynamic = regions.flatMap((region) =>
    region.placed && !region.node.reg ? [{ ...region.placed, name: region.node.name, ...ownerOf(region, 'size') }] : [],
  )
  const cmaArgument = args.find((argument) => argument.name === 'cma')
  const areas = (report?.cma ?? [])
    .filter((area) => area.from_node === null)
    .map((area) => ({
      start: area.base,
      end: area.base + area.size,
      name: cmaArgument?.text ?? 'the default CMA area',
      span: cmaArgument?.span ?? null,
      owner: 'cma=',
      isPool: true,
    }))
  const reserves = board.memreserve.map(({ base, size, span }) => {
    return { start: base, end: base + size, name: '/memreserve/', span, owner: 'memreserve', isPool: false }
  })
  const loaded = loader.map((range) => ({ ...range, span: null, owner: range.name, isPool: false }))
  return [...fixed, ...dynamic, ...areas, ...reserves, ...loaded].sort((a, b) => a.start - b.start || a.end - b.end)
}

const ownerOf = (region: Region, property: string) => ({
  span: placeOf(region, property),
  owner: region.node.path,
  isPool: region.isPool,
})

function overlaps(context: CheckContext): Finding[] {
  const open: Taken[] = []
  const findings: Finding[] = []
  for (const next of taken(context)) {
    for (const other of open) {
      if (other.end <= next.start || other.owner === next.owner) continue
      if (other.owner === 'memreserve' || next.owner === 'memreserve') continue
      findings.push(overlap(other, next))
    }
    open.push(next)
    if (open.length > 64) open.splice(0, open.length, ...open.filter((other) => other.end > next.start))
  }
  return findings
}

function overlap(a: Taken, b: Taken): Finding {
  const start = Math.max(a.start, b.start)
  const shared = Math.min(a.end, b.end) - start
  const where = `${formatBytes(shared)} from ${hex(start)}`
  const effect = a.isPool || b.isPool ? 'hands the same memory out twice' : 'only prints an error'
  const [at, other] = b.span ? [b, a] : [a, b]
  return {
    at: at.span,
    message: `${at.name} (${rangeOf(at)}) overlaps ${other.name} (${rangeOf(other)}) in ${where}; the kernel boots on and ${effect}; move one of them, or make ${at.start <= other.start ? at.name : other.name} end at ${hex(start)}`,
    related: related(other.span, `${other.name} is here`),
  }
}
const rangeOf = ({ start, end }: AddressRange): string => `${hex(start)}–${hex(end - 1)}`

function outsideRam({ regions, memory }: CheckContext): Finding[] {
  return regions.flatMap((region) =>
    region.ranges.flatMap((range) => {
      const inside = memory.reduce((sum, bank) => sum + common(bank, range), 0)
      const whole = range.end - range.start
      if (inside === whole) return []
      // firmware and devices have memory of their own, which such a node may describe
      if (inside === 0 && !region.wantsCma && (region.node.noMap || !region.isPool))
        return region.node.noMap ? [] : [outside(region, range, 'info')]
      return [outside(region, range, region.wantsCma ? 'error' : 'warning', inside)]
    }),
  )
}

function outside(region: Region, range: AddressRange, severity: Finding['severity'], inside = 0): Finding {
  const what = inside === 0 ? 'lies outside of RAM' : `lies in RAM only with ${formatBytes(inside)} of it`
  const effect = region.wantsCma ? 'the kernel makes an area of it that it cannot use' : 'there is nothing to reserve'
  return {
    at: placeOf(region, 'reg'),
    severity,
    message: `${region.node.name}: ${rangeOf(range)} ${what}, so ${effect}; move it into a bank of the memory node, or correct that node`,
  }
}

export const common = (a: AddressRange, b: AddressRange): Bytes =>
  Math.max(0, Math.min(a.end, b.end) - Math.max(a.start, b.start))

/** Room that a window can give at best: one run of RAM, aligned. */
function bestRun(window: AddressRange, memory: AddressRange[], align: Bytes): Bytes {
  const runs = joined(memory).map((bank) => {
    const start = alignUp(Math.max(bank.start, window.start), align)
    return Math.min(bank.end, window.end) - start
  })
  return Math.max(0, ...runs)
}

/** Banks that touch are one. */
export function joined(memory: AddressRange[]): AddressRange[] {
  const out: AddressRange[] = []
  for (const { start, end } of memory) {
    const last = out.at(-1)
    if (last && last.end >= start) last.end = Math.max(last.end, end)
    else out.push({ start, end })
  }
  return out
}

function allocRanges({ regions, memory, kernel }: CheckContext): Finding[] {
  return regions.flatMap((region) => {
    const { size, allocRanges: windows } = region
    if (region.node.reg || !size || !windows?.length) return []
    const align = Math.max(region.alignment, region.wantsCma ? (kernel?.cmaAlign ?? 1) : 1)
    const best = Math.max(...windows.map((window) => bestRun(window, memory, align)))
    if (best >= size) return []
    const aligned = align > 1 ? ` aligned to ${formatBytes(align)}` : ''
    return [
      {
        at: placeOf(region, 'alloc-ranges'),
        message: `${region.node.name}: alloc-ranges hold at most ${formatBytes(best)} of RAM in one piece${aligned} and the region asks for ${formatBytes(size)}, so it gets nothing; widen alloc-ranges or lower size`,
        related: related(placeOf(region, 'size'), `asks for ${formatBytes(size)}`),
      },
    ]
  })
}

/** Regions that early boot found no place for, although their windows are large enough. */
function notPlaced(context: CheckContext): Finding[] {
  const hopeless = new Set(allocRanges(context).map((finding) => finding.at))
  return context.regions
    .filter((region) => !region.node.reg && region.size && !region.placed && !isRefused(context, region))
    .filter((region) => !hopeless.has(placeOf(region, 'alloc-ranges')))
    .map((region) => ({
      at: placeOf(region, 'size'),
      message: `${region.node.name}: no free run of ${formatBytes(region.size!)} is left${region.allocRanges ? ' in its alloc-ranges' : ''} when its turn comes, so it gets nothing; lower size, widen alloc-ranges or move what is in the way`,
    }))
}

const isRefused = ({ report }: CheckContext, { node }: Region): boolean =>
  report?.log.some(({ text }) => text.includes(`node ${node.name} compatible matching fail`)) ?? false

function memoryOverlap({ board }: CheckContext): Finding[] {
  const banks = [...board.memory].sort((a, b) => a.start - b.start)
  return banks.slice(1).flatMap((bank, n) => {
    const before = banks[n]!
    if (before.end <= bank.start) return []
    return [
      {
        at: bank.span,
        message: `the bank at ${formatAddress(bank.start)} overlaps the one at ${formatAddress(before.start)}, which ends at ${formatAddress(before.end)}; RAM is counted once, correct one of the two`,
        related: related(before.span, 'the other bank'),
      },
    ]
  })
}

// prettier-ignore
export const placeChecks: readonly BoardCheck[] = [
  { code: 'overlap', severity: 'error', title: 'Regions overlap', needs: [], run: overlaps },
  { code: 'outside-ram', severity: 'warning', title: 'Region outside of RAM', needs: ['ram'], run: outsideRam },
  { code: 'alloc-ranges-too-small', severity: 'error', title: 'alloc-ranges cannot hold the size', needs: ['ram'], run: allocRanges },
  { code: 'no-room', severity: 'error', title: 'No place left for a region', needs: ['ram', 'boot'], run: notPlaced },
  { code: 'memory-overlap', severity: 'warning', title: 'Banks of RAM overlap', needs: [], run: memoryOverlap },
]
