import type { KernelEvent } from '@shared/run.ts'
import { formatAddress, formatBytes, type Bytes } from '@shared/units.ts'
import { SLOT_BYTES } from '../kernel/index.ts'

/**
 * The events of one call, read as the chain of sources that it was offered to: which room was asked, and what it answered. Incidents
 * take their reason from here, explanations all of it.
 */
export interface Link {
  room: string
  /** Area as RunResult spells it; null where the room has none. */
  area: string | null
  outcome: 'refused' | 'served' | 'passed' | 'note'
  cause: Cause
  text: string
  /** Windows that were tried and turned out busy. */
  windows: { start: Bytes; bytes: Bytes; blockedBy: string }[]
}

export type Cause =
  | 'fine'
  | 'exhausted'
  | 'fragmented'
  | 'larger than the area'
  | 'pinned'
  | 'unmovable'
  | 'nowhere to move'
  | 'not offered'
  | 'order'
  | 'memory'
  | 'unreachable'
  | 'pool'
  | 'piece'
  | 'bounce buffer'
  | 'safe buffer'
  | 'window'
  | 'vmalloc'
  | 'iova'
  | 'declared'

/** A free run of an area at the moment of the call, and who holds what comes after it. */
export interface Hole {
  start: Bytes
  bytes: Bytes
  blockedBy: string
}

export interface ChainFacts {
  pageBytes: Bytes
  /** Areas as they were at that moment. */
  areas: Record<string, { base: Bytes; bytes: Bytes; used: Bytes; holes: Hole[] }>
}

type Reader = (event: KernelEvent, rest: readonly KernelEvent[], facts: ChainFacts) => Link | null

const num = (event: KernelEvent, key: string): number => Number(event[key] ?? 0)
const str = (event: KernelEvent, key: string): string => String(event[key] ?? '')
const link = (room: string, outcome: Link['outcome'], cause: Cause, text: string, more: Partial<Link> = {}): Link => ({
  room,
  area: null,
  windows: [],
  outcome,
  cause,
  text,
  ...more,
})

/** One reader for each event that decides something; the others only colour it. */
const READERS: Record<string, Reader> = {
  dma_alloc_contiguous: (event) => link('contiguous', 'passed', 'not offered', skipText(str(event, 'skipped'))),
  dma_alloc_from_dev_coherent: (event) => declared(event),
  cma_alloc_start: (event, rest, facts) => cma(event, rest, facts),
  dma_coherent_ok: (event) =>
    link(
      'direct',
      'refused',
      'unreachable',
      `memory at ${formatAddress(num(event, 'phys'))} lies beyond what the device reaches (${formatAddress(num(event, 'limit'))}); it goes back`,
    ),
  alloc_pages: (event, _, facts) =>
    link(
      'page-alloc',
      'refused',
      'order',
      `the page allocator has no block of order ${num(event, 'order')}: its largest is order ${num(event, 'max_order')}, ${formatBytes(facts.pageBytes * 2 ** num(event, 'max_order'))}`,
    ),
  zone_watermark_ok: (event, _, facts) => zone(event, facts),
  dma_alloc_from_pool: (event) =>
    link(
      'pool',
      'refused',
      'pool',
      `atomic pool ${str(event, 'pool')} cannot give ${formatBytes(num(event, 'size'))}: ${formatBytes(num(event, 'avail'))} of ${formatBytes(num(event, 'total'))} free, ${formatBytes(num(event, 'largest'))} in one piece`,
      {
        area: `pool:${str(event, 'pool')}`,
      },
    ),
  swiotlb_tbl_map_single: (event) => bounce(event),
  dmabounce_refused: (event) => safeBuffer(event),
  carveout_refused: (event) => carveout(event),
  __alloc_from_pool: (event) => armPool(event),
  arm_vmregion_alloc: (event) => window(event),
  dma_capable: (event) =>
    link(
      'direct',
      'refused',
      'unreachable',
      `the device does not reach ${formatAddress(num(event, 'dma'))} (limit ${formatAddress(num(event, 'limit'))}) and there is no bounce buffer`,
    ),
  alloc_vmap_area: (event) =>
    link(
      'vmalloc',
      'refused',
      'vmalloc',
      `no room for a kernel mapping of ${formatBytes(num(event, 'size'))}; ${formatBytes(num(event, 'used'))} are in use`,
    ),
  iommu_dma_alloc_iova: (event) => iova(event),
  __alloc_iova: (event) => iova(event),
}

export function readChain(events: readonly KernelEvent[], facts: ChainFacts): Link[] {
  return events.flatMap((event, i) => {
    if (event.ok === true) return []
    const found = READERS[event.name]?.(event, events.slice(i + 1), facts)
    return found ? [found] : []
  })
}

/** What made the call fail or fall back: the first source that should have served and did not, or else the last one. */
export function decisive(chain: readonly Link[]): Link | null {
  const refused = chain.filter((each) => each.outcome === 'refused')
  return refused.find((each) => each.area !== null && !each.area.startsWith('zone:')) ?? refused.at(-1) ?? null
}

function skipText(why: string): string {
  if (why === 'atomic')
    return 'no contiguous area is asked: the request must not wait, and an area may have to move pages'
  if (why === 'one page') return 'the shared contiguous area is not asked for a single page'
  return 'there is no contiguous area'
}

const declared = (event: KernelEvent): Link =>
  link(
    'coherent',
    'refused',
    'declared',
    `the memory declared for the device has no ${formatBytes(num(event, 'size'))} left, aligned to itself`,
    { area: `declared:${str(event, 'area')}` },
  )

/** From a cma_alloc_start to its finish: the windows between them that were busy, and the outcome. */
function cma(start: KernelEvent, rest: readonly KernelEvent[], facts: ChainFacts): Link {
  const name = str(start, 'area')
  const area = `cma:${name}`
  const bytes = num(start, 'count') * facts.pageBytes
  const end = rest.findIndex((event) => event.name === 'cma_alloc_finish')
  const between = end < 0 ? [] : rest.slice(0, end)
  const windows = busyWindows(between, facts.pageBytes)
  const state = facts.areas[area]
  if (end < 0 || rest[end]!.area !== start.area) {
    return link(
      'cma',
      'refused',
      'larger than the area',
      `${name} is asked for ${formatBytes(bytes)}, more than the whole area${state ? ` of ${formatBytes(state.bytes)}` : ''}; the kernel prints nothing`,
      { area },
    )
  }
  const errno = num(rest[end]!, 'errorno')
  if (errno === 0)
    return link(
      'cma',
      'served',
      'fine',
      `${name} serves ${formatBytes(bytes)}${windows.length ? ` after ${windows.length} busy windows` : ''}`,
      { area, windows },
    )
  return errno === -16 ? busy(name, bytes, windows, between) : full(name, bytes, state, windows, between)
}

function busyWindows(events: readonly KernelEvent[], pageBytes: Bytes): Link['windows'] {
  let blockedBy = 'a page that cannot be moved'
  return events.flatMap((event) => {
    if (event.name === 'test_pages_isolated')
      blockedBy = `${str(event, 'holder')} page at ${formatAddress(num(event, 'fin_pfn') * pageBytes)}`
    return event.name === 'cma_alloc_busy_retry'
      ? [{ start: num(event, 'pfn') * pageBytes, bytes: num(event, 'count') * pageBytes, blockedBy }]
      : []
  })
}

function busy(name: string, bytes: Bytes, windows: Link['windows'], events: readonly KernelEvent[]): Link {
  const pinned = events.some((event) => event.name === 'test_pages_isolated' && event.holder === 'pinned')
  const what = pinned ? 'a pinned page' : 'a page that cannot be moved'
  return link(
    'cma',
    'refused',
    pinned ? 'pinned' : 'unmovable',
    `${name} has room for ${formatBytes(bytes)}, but ${what} is in each of the ${windows.length} windows that were tried (−16, busy)`,
    { area: `cma:${name}`, windows },
  )
}

function full(
  name: string,
  bytes: Bytes,
  state: ChainFacts['areas'][string] | undefined,
  windows: Link['windows'],
  events: readonly KernelEvent[],
): Link {
  const area = `cma:${name}`
  if (events.some((event) => event.name === 'alloc_migration_target')) {
    return link(
      'cma',
      'refused',
      'nowhere to move',
      `${name} has room, but the rest of memory has none for the pages that would have to move out (−12)`,
      { area, windows },
    )
  }
  if (!state)
    return link('cma', 'refused', 'exhausted', `${name} has no hole of ${formatBytes(bytes)} (−12, no room)`, { area })
  const free = state.bytes - state.used
  const largest = state.holes.reduce((most, hole) => Math.max(most, hole.bytes), 0)
  const holes = [...state.holes].sort((a, b) => b.bytes - a.bytes).slice(0, 8)
  const shown = holes.map((hole) => ({ start: state.base + hole.start, bytes: hole.bytes, blockedBy: hole.blockedBy }))
  const text = `${name} has no hole of ${formatBytes(bytes)}: ${formatBytes(free)} of ${formatBytes(state.bytes)} free, ${formatBytes(largest)} in one piece (−12, no room)`
  return link('cma', 'refused', free >= bytes ? 'fragmented' : 'exhausted', text, { area, windows: shown })
}

function zone(event: KernelEvent, { pageBytes }: ChainFacts): Link {
  const name = str(event, 'zone')
  const free = num(event, 'nr_free') * pageBytes
  const inCma = num(event, 'nr_free_cma') * pageBytes
  const largest = num(event, 'largest_order')
  const text = `zone ${name} has no block of order ${num(event, 'order')} to give: ${formatBytes(free)} free, ${formatBytes(inCma)} of it in contiguous areas that this request may not use; largest block order ${largest}`
  return link('page-alloc', 'refused', 'memory', text, { area: `zone:${name}` })
}

function bounce(event: KernelEvent): Link {
  const area = `swiotlb:${str(event, 'pool')}`
  const size = num(event, 'size')
  const limit = num(event, 'limit')
  if (size > limit) {
    return link(
      'swiotlb',
      'refused',
      'piece',
      `${formatBytes(size)} can never bounce: one mapping has at most ${formatBytes(limit)} in one piece, whatever the size of the buffer`,
      { area },
    )
  }
  const used = num(event, 'used') * SLOT_BYTES
  const total = num(event, 'total') * SLOT_BYTES
  return link(
    'swiotlb',
    'refused',
    'bounce buffer',
    `the bounce buffer cannot give ${formatBytes(size)}: ${formatBytes(used)} of ${formatBytes(total)} in use, ${formatBytes(num(event, 'largest'))} in one piece`,
    { area },
  )
}

const iova = (event: KernelEvent): Link =>
  link(
    'iova',
    'refused',
    'iova',
    `no ${formatBytes(num(event, 'size'))} of I/O addresses are left for the device; ${formatBytes(num(event, 'used'))} are in use`,
  )

/** The atomic pool of 2012, which never grows. */
const armPool = (event: KernelEvent): Link =>
  link(
    'pool',
    'refused',
    'pool',
    `the atomic pool cannot give ${formatBytes(num(event, 'size'))}: ${formatBytes(num(event, 'used'))} of ${formatBytes(num(event, 'total'))} in use, and it never grows`,
    { area: str(event, 'source') },
  )

const window = (event: KernelEvent): Link =>
  link(
    'vmregion',
    'refused',
    'window',
    `the consistent window has no aligned range of ${formatBytes(num(event, 'size'))}: ${formatBytes(num(event, 'used'))} of ${formatBytes(num(event, 'total'))} in use`,
    { area: 'window' },
  )

function safeBuffer(event: KernelEvent): Link {
  const { pool } = event
  return link(
    'dmabounce',
    'refused',
    'safe buffer',
    `the device cannot reach the buffer and has no safe one of ${formatBytes(num(event, 'size'))}: ${str(event, 'reason')}`,
    { area: pool === null ? null : `dmabounce:${str(event, 'device')} ${String(pool)}` },
  )
}

/** What an owner's own allocator says of its carve-out. */
function carveout(event: KernelEvent): Link {
  const free = num(event, 'free')
  const name = str(event, 'area').replace('carveout:', '')
  const size = num(event, 'size')
  return link(
    'carveout',
    'refused',
    free >= size ? 'fragmented' : 'exhausted',
    `${name}, which ${str(event, 'owner')} sub-allocates alone (${str(event, 'allocator')}), has no piece of ${formatBytes(size)}: ${formatBytes(free)} free, ${formatBytes(num(event, 'largest'))} in one piece`,
    { area: str(event, 'area') },
  )
}
