import { orderOf, type Bytes, type Microseconds } from '@shared/units.ts'
import type { Device, Kernel } from '../kernel/index.ts'
import type { PageBlock, Result } from '../kernel/kernel.ts'
import type { Owner } from './area-book.ts'
import type { AreaLog } from './area-log.ts'
import { holdBounce, holdBuffer } from './holdings.ts'
import type { GroupPlan, Plan, StreamPlan } from './plan.ts'
import type { Recorder } from './recorder.ts'
import { parseAttrs, parseGfp } from './replay/words.ts'
import type { Buffer } from './timeline.ts'

/** Takes lines of the command language; null: nobody wants them. */
export type Say = ((line: string) => void) | null

/** What one buffer of the workload holds. */
interface Possession {
  /** In the order in which they were made; undone in reverse. */
  releases: (() => void)[]
  /** A request that got nothing wants its bytes until it would have been given back. */
  wants: { area: AreaLog; bytes: Bytes } | null
}

/** One buffer's request while it is made. */
interface Request {
  stream: StreamPlan
  group: GroupPlan
  flags: Flags
  device: Device
  bytes: Bytes
  possession: Possession
}

/** Flags of a group's requests, and how the command language spells them. */
interface Flags {
  gfp: number
  attrs: number
  gfpText: string
  /** With a space in front; empty for none. */
  attrsText: string
}

/**
 * Makes the DMA calls of a workload, as the drivers would, tells the recorder of each, and writes the same calls in the command language.
 */
export class Caller {
  private readonly flags: ReadonlyMap<GroupPlan, Flags>
  private readonly possessions = new Map<Buffer, Possession>()
  private calls = 0
  private names = 0
  /** Step of the timeline that is under way. */
  step = 0
  time: Microseconds = 0

  constructor(
    private readonly kernel: Kernel,
    /** By name; a device that no driver can bind to is missing. */
    private readonly devices: ReadonlyMap<string, Device>,
    private readonly plan: Plan,
    private readonly recorder: Recorder,
    private readonly say: Say,
  ) {
    this.flags = new Map(plan.streams.flatMap(({ groups }) => groups.map((group) => [group, flagsOf(group)])))
  }

  take(buffer: Buffer): void {
    const stream = this.plan.streams[buffer.stream]!
    const group = stream.groups[buffer.group]!
    const device = this.devices.get(stream.device)
    if (!device) return
    const possession: Possession = { releases: [], wants: null }
    this.possessions.set(buffer, possession)
    const request = { stream, group, flags: this.flags.get(group)!, device, bytes: buffer.bytes, possession }
    while (!this.attempt(request) && group.halves && request.bytes > this.pageBytes)
      request.bytes = Math.ceil(request.bytes / 2)
  }

  drop(buffer: Buffer): void {
    const possession = this.possessions.get(buffer)
    if (!possession) return
    this.possessions.delete(buffer)
    undo(possession)
    possession.wants?.area.unwant(possession.wants.bytes)
  }

  private get pageBytes(): Bytes {
    return this.kernel.profile.page.sizeBytes
  }

  private attempt(request: Request): boolean {
    switch (request.group.kind) {
      case 'coherent':
        return this.allocate(request, 'alloc', request.flags.attrsText)
      case 'pages':
        return this.allocate(request, 'pages', '')
      case 'noncontiguous':
        return this.allocate(request, 'noncontig', '')
      case 'streaming':
        return request.group.pieces > 1 ? this.mapPieces(request) : this.mapBuffer(request)
    }
  }

  private allocate(request: Request, verb: 'alloc' | 'pages' | 'noncontig', attrsText: string): boolean {
    const { device, bytes, flags, possession, stream } = request
    const { gfp, attrs } = flags
    const id = this.name()
    this.say?.(`${verb} ${device.name} ${id} ${bytes} ${flags.gfpText}${attrsText}`)
    this.begin(request, verb, bytes)
    const result =
      verb === 'alloc'
        ? this.kernel.dmaAllocAttrs(device, bytes, gfp, attrs)
        : verb === 'pages'
          ? this.kernel.dmaAllocPages(device, bytes, gfp)
          : this.kernel.dmaAllocNoncontiguous(device, bytes, gfp, 0)
    this.end(request, result, result.ok ? result.value.from : null, result.ok ? result.value.virt : undefined)
    if (!result.ok) return false
    const buffer = result.value
    this.recorder.tally.held(device.name, bytes)
    this.give(possession, id, () => {
      this.kernel.dmaFree(buffer)
      this.recorder.tally.held(device.name, -bytes)
    })
    this.keep(possession, holdBuffer(this.recorder.book, buffer, ownerOf(stream), this.time, this.pageBytes))
    return true
  }

  private mapBuffer(request: Request): boolean {
    const { device, bytes, flags, group, possession, stream } = request
    const block = this.pages(request)
    if (!block) return false
    const id = this.name()
    this.say?.(`map ${device.name} ${id} ${block.id} 0 ${bytes} ${group.direction}${flags.attrsText}`)
    this.begin(request, 'map', bytes)
    const result = this.kernel.dmaMapPageAttrs(device, block.phys, 0, bytes, group.direction, flags.attrs)
    this.end(request, result, result.ok ? result.value.through : null)
    if (!result.ok) {
      undo(possession)
      return false
    }
    const mapping = result.value
    this.give(possession, id, () => this.kernel.dmaUnmap(mapping))
    this.keep(possession, holdBounce(this.recorder.book, mapping, ownerOf(stream), this.time))
    return true
  }

  /** Memory to be mapped, as a driver or user space has it. */
  private pages(request: Request): (PageBlock & { id: string }) | null {
    const { bytes, flags, possession } = request
    const id = this.name()
    this.say?.(`buf ${id} ${bytes} ${flags.gfpText}`)
    this.begin(request, 'buf', bytes)
    const result = this.kernel.allocPages(flags.gfp, orderOf(Math.ceil(bytes / this.pageBytes)))
    this.end(request, result, result.ok ? result.value.from : null)
    if (!result.ok) return null
    const block = result.value
    this.give(possession, id, () => this.kernel.freePages(block))
    return { ...block, id }
  }

  /** The command language has one command for the pieces and their mapping. */
  private mapPieces(request: Request): boolean {
    const { device, bytes, flags, group, possession } = request
    const id = this.name()
    const total = bytes * group.pieces
    this.say?.(`mapsg ${device.name} ${id} ${group.pieces} ${bytes} ${flags.gfpText} ${group.direction}`)
    this.begin(request, 'mapsg', total)
    const blocks = this.pieces(request)
    const entries = blocks.map(({ phys }) => ({ phys, bytes }))
    const complete = blocks.length === group.pieces
    const result = complete ? this.kernel.dmaMapSgtable(device, entries, group.direction) : NO_MEMORY
    this.end(request, result, null)
    const freePieces = (): void => blocks.forEach((block) => this.kernel.freePages(block))
    if (!result.ok) {
      freePieces()
      return false
    }
    const mapping = result.value
    this.give(possession, id, () => {
      this.kernel.dmaUnmapSgtable(mapping)
      freePieces()
    })
    for (const each of mapping.mappings)
      this.keep(possession, holdBounce(this.recorder.book, each, ownerOf(request.stream), this.time))
    return true
  }

  private pieces({ bytes, flags, group }: Request): PageBlock[] {
    const blocks: PageBlock[] = []
    const order = orderOf(Math.ceil(bytes / this.pageBytes))
    while (blocks.length < group.pieces) {
      const result = this.kernel.allocPages(flags.gfp, order)
      if (!result.ok) break
      blocks.push(result.value)
    }
    return blocks
  }

  private begin({ stream, flags }: Request, verb: string, bytes: Bytes): void {
    const call = this.calls++
    const { step, time } = this
    const { gfpText: gfp, attrsText: attrs } = flags
    this.recorder.begin({
      call,
      step,
      time,
      device: stream.device,
      stream: stream.name,
      verb,
      bytes,
      gfp,
      attrs: attrs.trim(),
    })
    this.kernel.tracer.call = call
  }

  private end({ possession, bytes }: Request, result: Result<unknown>, source: string | null, virt?: string): void {
    this.kernel.tracer.call = -1
    const wanting = this.recorder.end({ ok: result.ok, errno: result.ok ? 0 : result.errno, source, virt })
    if (!wanting || possession.wants) return
    wanting.want(bytes)
    possession.wants = { area: wanting, bytes }
  }

  private give(possession: Possession, id: string, release: () => void): void {
    possession.releases.push(() => {
      this.say?.(`free ${id}`)
      release()
    })
  }

  /** Pieces of areas that go with a buffer. */
  private keep(possession: Possession, held: ReturnType<typeof holdBuffer>): void {
    if (held) possession.releases.push(() => this.recorder.book.release(held, this.time))
  }

  private name = (): string => `b${this.names++}`
}

const ownerOf = ({ name }: StreamPlan): Owner => ({ name, kind: 'device' })

const NO_MEMORY = { ok: false, errno: 12 } as const

function undo(possession: Possession): void {
  for (let i = possession.releases.length - 1; i >= 0; i--) possession.releases[i]!()
  possession.releases.length = 0
}

function flagsOf(group: GroupPlan): Flags {
  const gfpText = group.gfp.join(',')
  const words = group.attributes.join(',')
  return {
    gfp: parseGfp(gfpText) ?? 0,
    attrs: words ? (parseAttrs(words) ?? 0) : 0,
    gfpText,
    attrsText: words ? ` ${words}` : '',
  }
}
