/**
 * Events of a trace → the calls that made them, in the command language. What DMA asks of CMA is the DMA call's own; what others ask
 * for themselves (heaps, hugetlb) becomes a `cma_alloc`. Things that were there before the trace began cannot be freed by it.
 */
import { alignDown, type Bytes, type Microseconds } from '@shared/units.ts'
import { attrsOf, gfpOf } from './flags.ts'
import type { TraceEvent } from './ftrace.ts'

/** An event that a call cannot be made of, and why. */
export class Unusable extends Error {}

export interface CallCounts {
  calls: number
  /** Events that give back what the trace did not see come. */
  freedUnseen: number
  /** Calls that the board refused. */
  failed: number
  bytesBounced: Bytes
  bounces: number
  /** Page allocations that are the system's own and were not asked to be calls. */
  pagesLeftOut: number
}

/** A line of the script; null: it turned out to be part of another. */
interface Line {
  text: string | null
}
interface CmaRequest {
  line: Line
  worker: boolean
  pages: number
  key: string | null
}

const DIRECTIONS: Record<string, string> = {
  BIDIRECTIONAL: 'bidirectional',
  TO_DEVICE: 'to-device',
  FROM_DEVICE: 'from-device',
}
const MAPPING_ERROR = /^f{8}(f{8})?$/
/** Sizes of pages that kernels are built with: what CMA counts in is not said by its events. */
const PAGE_SIZES = [4096, 16384, 65536]

export class CallImporter {
  readonly counts: CallCounts = {
    calls: 0,
    freedUnseen: 0,
    failed: 0,
    bytesBounced: 0,
    bounces: 0,
    pagesLeftOut: 0,
  }
  /** Flags that the command language has no word for. */
  readonly unknownFlags = new Set<string>()
  readonly devices = new Set<string>()
  private readonly lines: Line[] = []
  /** Names of what is held, in the order to give it back, by what the event that gives it back says of it. */
  private readonly held = new Map<string, string[]>()
  /** Requests to CMA, by process, since its last DMA call. */
  private readonly asked = new Map<number, CmaRequest[]>()
  private names = 0
  private begin: Microseconds | null = null
  private milliseconds = 0

  /** `pages`: page allocations are calls too. */
  constructor(
    private readonly pageBytes: Bytes,
    private readonly pages: boolean,
  ) {}

  /** @throws Unusable when the event lacks what its call needs */
  take(event: TraceEvent): void {
    if (/^dma_(alloc|map)/.test(event.name)) this.devices.add(deviceOf(event))
    switch (event.name) {
      case 'dma_alloc':
        return this.alloc(event, 'alloc')
      case 'dma_alloc_pages':
        return this.alloc(event, 'pages')
      case 'dma_alloc_sgt':
      case 'dma_alloc_sgt_err':
        return this.alloc(event, 'noncontig')
      case 'dma_free':
      case 'dma_free_pages':
      case 'dma_free_sgt':
        return this.free(event, `alloc ${deviceOf(event)} ${word(event, 'dma_addr')}`)
      case 'dma_map_page':
        return this.mapPage(event)
      case 'dma_map_resource':
        return this.mapResource(event)
      case 'dma_unmap_page':
      case 'dma_unmap_resource':
        return this.free(event, `map ${deviceOf(event)} ${word(event, 'dma_addr')}`)
      case 'dma_map_sg':
      case 'dma_map_sg_err':
        return this.mapSg(event)
      case 'dma_unmap_sg':
        return this.free(event, `sg ${deviceOf(event)} ${firstOf(word(event, 'phys_addrs'))}`)
      case 'cma_alloc':
      case 'cma_alloc_finish':
        return this.cmaAlloc(event)
      case 'cma_release':
        return this.free(event, `cma ${word(event, 'name')} ${pfnOf(event)}`)
      case 'swiotlb_bounced':
        this.counts.bounces++
        this.counts.bytesBounced += size(event)
        return
      case 'mm_page_alloc':
        return this.pageAlloc(event)
      case 'mm_page_free':
        return this.pageFree(event)
    }
  }

  /** The script. */
  finish(): string {
    for (const pid of this.asked.keys()) this.forgetRefills(pid)
    return this.lines.flatMap(({ text }) => (text === null ? [] : [`${text}\n`])).join('')
  }

  private alloc(event: TraceEvent, verb: 'alloc' | 'pages' | 'noncontig'): void {
    const device = deviceOf(event)
    const bytes = size(event)
    this.claim(event.pid, bytes)
    const attrs = verb === 'alloc' ? this.attrs(event) : ''
    const failed = event.name.endsWith('_err') || /^(\(null\)|(0x)?0+)$/.test(event.fields.get('virt_addr') ?? '-')
    const key = failed ? null : `alloc ${device} ${word(event, 'dma_addr')}`
    this.make(event, key, (id) => [`${verb} ${device} ${id} ${bytes} ${this.gfp(event)}${attrs}`])
  }

  /** The pages are the driver's or user space's own, in memory as far up as they were. */
  private mapPage(event: TraceEvent): void {
    const device = deviceOf(event)
    const bytes = size(event)
    const phys = hex(event, 'phys_addr')
    const dma = word(event, 'dma_addr')
    const offset = phys % this.pageBytes
    const direction = directionOf(event)
    const key = MAPPING_ERROR.test(dma) ? null : `map ${device} ${dma}`
    const seen = this.pages ? this.held.get(`page ${Math.floor(phys / this.pageBytes)}`)?.[0] : undefined
    const mapped = (id: string, buffer: string): string =>
      `map ${device} ${id} ${buffer} ${offset} ${bytes} ${direction}${this.attrs(event)}`
    if (seen) return this.make(event, key, (id) => [mapped(id, seen)])
    const buffer = this.name()
    const zone = phys < 2 ** 32 ? 'kernel,dma32' : 'kernel'
    this.make(event, key, (id) => [`buf ${buffer} ${offset + bytes} ${zone}`, mapped(id, buffer)], buffer)
  }

  private mapResource(event: TraceEvent): void {
    const device = deviceOf(event)
    const dma = word(event, 'dma_addr')
    const key = MAPPING_ERROR.test(dma) ? null : `map ${device} ${dma}`
    const place = `${hex(event, 'phys_addr')} ${size(event)} ${directionOf(event)}`
    this.make(event, key, (id) => [`mapphys ${device} ${id} ${place}`])
  }

  /** The command has pieces of equal size: where they differ, of the size that keeps the sum. */
  private mapSg(event: TraceEvent): void {
    const device = deviceOf(event)
    const failed = event.name === 'dma_map_sg_err'
    // the event of a failure calls the pages' own addresses dma_addrs
    const places = listOf(word(event, failed ? 'dma_addrs' : 'phys_addrs'))
    const [first = '', entries] = [places[0], places.length]
    const count = Number(event.fields.get('nents')?.split('/').at(-1) ?? entries)
    const sizes = listOf(event.fields.get('sizes') ?? '').map(Number)
    const total = sizes.reduce((sum, each) => sum + each, 0)
    const each = failed ? this.pageBytes : Math.ceil(total / Math.max(1, entries))
    if (!(Number.isSafeInteger(each) && each > 0 && Number.isSafeInteger(count) && count > 0))
      throw new Unusable('says neither how many pieces nor how large they are')
    const direction = directionOf(event)
    const zone = Number(first) < 2 ** 32 ? 'kernel,dma32' : 'kernel'
    this.make(event, failed ? null : `sg ${device} ${first}`, (id) => [
      `mapsg ${device} ${id} ${count} ${each} ${zone} ${direction}`,
    ])
  }

  private cmaAlloc(event: TraceEvent): void {
    const area = word(event, 'name')
    const pages = whole(event, 'count')
    const failed = Number(event.fields.get('errorno') ?? 0) !== 0
    const key = failed ? null : `cma ${area} ${pfnOf(event)}`
    const align = whole(event, 'align')
    const at = this.lines.length
    this.make(event, key, (id) => [`cma_alloc ${area} ${id} ${pages} ${align}`])
    // a `sleep` may have come before it
    const line = this.lines.slice(at).at(-1)!
    const asked = this.asked.get(event.pid) ?? []
    this.asked.set(event.pid, [...asked.slice(-15), { line, worker: event.worker, pages, key }])
  }

  /** What a process asked CMA for on behalf of its DMA call is no call of its own: vain requests, and the one that was served. */
  private claim(pid: number, bytes: Bytes): void {
    for (const request of (this.asked.get(pid) ?? []).reverse()) {
      if (!PAGE_SIZES.some((page) => Math.ceil(bytes / page) === request.pages)) break
      this.drop(request)
      if (request.key !== null) break
    }
    this.forgetRefills(pid)
  }

  /** Workers that ask CMA for themselves refill atomic pools, as the simulated ones will. */
  private forgetRefills(pid: number): void {
    for (const request of this.asked.get(pid) ?? []) if (request.worker) this.drop(request)
    this.asked.delete(pid)
  }

  /** What has been given back already was a call of its own. */
  private drop({ line, key }: CmaRequest): void {
    if (line.text === null || (key !== null && !this.held.get(key)?.length)) return
    line.text = null
    this.counts.calls--
    if (key === null) this.counts.failed--
    else this.held.set(key, [])
  }

  private pageAlloc(event: TraceEvent): void {
    if (!this.pages) return void this.counts.pagesLeftOut++
    const order = whole(event, 'order')
    if (order > 20) throw new Unusable(`has the order ${order}`)
    const pfn = pfnOf(event)
    const gfp = this.gfpOf(word(event, 'gfp_flags'))
    this.make(event, Number(pfn) === 0 ? null : `page ${Number(pfn)}`, (id) => [
      `buf ${id} ${2 ** order * this.pageBytes} ${gfp}`,
    ])
  }

  private pageFree(event: TraceEvent): void {
    if (this.pages) this.free(event, `page ${Number(pfnOf(event))}`)
  }

  /** A call, and the name that gives it back; what was held under that name before went without a trace. */
  private make(event: TraceEvent, key: string | null, say: (id: string) => string[], also?: string): void {
    const before = key === null ? undefined : this.held.get(key)
    this.wait(event.time)
    for (const name of before ?? []) this.say(`free ${name}`)
    const id = this.name()
    for (const line of say(id)) this.say(line)
    this.counts.calls++
    const names = also === undefined ? [id] : [id, also]
    if (key !== null) return void this.held.set(key, names)
    this.counts.failed++
    // a mapping that failed leaves its pages
    if (also !== undefined) this.say(`free ${also}`)
  }

  private free(event: TraceEvent, key: string): void {
    const names = this.held.get(key)
    if (!names) return void this.counts.freedUnseen++
    this.held.delete(key)
    if (!names.length) return
    this.wait(event.time)
    for (const name of names) this.say(`free ${name}`)
  }

  /** Whole milliseconds since the first event, as the language counts them. */
  private wait(time: Microseconds): void {
    this.begin ??= alignDown(time, 1000)
    const ahead = Math.floor((time - this.begin) / 1000) - this.milliseconds
    if (ahead <= 0) return
    this.say(`sleep ${ahead}`)
    this.milliseconds += ahead
  }

  private gfp = (event: TraceEvent): string => this.gfpOf(word(event, 'flags'))
  private gfpOf = (text: string): string => gfpOf(text, (flag) => this.unknownFlags.add(flag))

  private attrs(event: TraceEvent): string {
    const words = attrsOf(event.fields.get('attrs') ?? '', (flag) => this.unknownFlags.add(flag))
    return words && ` ${words}`
  }

  private say = (text: string): void => void this.lines.push({ text })
  private name = (): string => `b${this.names++}`
}

/** The device is the first word, and no other has its place. */
function deviceOf({ text }: TraceEvent): string {
  const [device = ''] = text.trim().split(/\s+/, 1)
  if (device === '' || device.includes('=')) throw new Unusable('names no device')
  return device
}

function word({ fields }: TraceEvent, key: string): string {
  const value = fields.get(key)
  if (value === undefined || value === '') throw new Unusable(`says no ${key}=`)
  return value
}

function whole(event: TraceEvent, key: string): number {
  const value = Number(word(event, key))
  if (!Number.isSafeInteger(value) || value < 0) throw new Unusable(`${key}=${word(event, key)} is no number`)
  return value
}

function size(event: TraceEvent): Bytes {
  const bytes = whole(event, 'size')
  if (bytes === 0) throw new Unusable('has the size 0')
  return bytes
}

/** Addresses stand without 0x. */
function hex(event: TraceEvent, key: string): number {
  const value = parseInt(word(event, key), 16)
  if (!Number.isSafeInteger(value)) throw new Unusable(`${key}=${word(event, key)} is no address`)
  return value
}

/** Page frames with or without 0x, hexadecimal both ways. */
function pfnOf(event: TraceEvent): string {
  const text = word(event, 'pfn').replace(/^0x/, '')
  if (!/^[0-9a-f]{1,13}$/i.test(text)) throw new Unusable(`pfn=${text} is no page frame`)
  return `0x${text}`
}

function directionOf(event: TraceEvent): string {
  const direction = DIRECTIONS[word(event, 'dir')]
  if (direction === undefined)
    throw new Unusable(`has the direction ${word(event, 'dir')}; known are ${Object.keys(DIRECTIONS).join(', ')}`)
  return direction
}

const listOf = (text: string): string[] => text.replace(/[{}]/g, '').split(',').filter(Boolean)
const firstOf = (text: string): string => listOf(text)[0] ?? ''
