/** Runs the commands of a script on a booted kernel, one after the other, and answers each as the recordings do. */
import type { KernelEvent } from '@shared/run.ts'
import { MiB, orderOf, type Bytes, type Pages } from '@shared/units.ts'
import type { Device, DmaBuffer, DmaMapping, Kernel, KernelState, PageBlock, SgMapping } from '../../kernel/index.ts'
import { evidenceOf } from './evidence.ts'
import { memoryState } from './memory-state.ts'
import type { Command } from './script.ts'
import {
  bufferReply,
  failure,
  infoReply,
  mappingReply,
  NO_AREA,
  NO_DEVICE,
  NO_ID,
  recordedSource,
  type Reply,
} from './replies.ts'
import { parseAttrs, parseDirection, parseGfp, parseSize } from './words.ts'

/** What a command made, under the name that `free` takes. */
type Held =
  | { kind: 'buffer'; buffer: DmaBuffer }
  | { kind: 'mapping'; mapping: DmaMapping }
  | { kind: 'sg'; mapping: SgMapping; blocks: PageBlock[] }
  | { kind: 'cma'; pages: Parameters<Kernel['cmaRelease']>[0] }
  | { kind: 'block'; block: PageBlock }

export type Answer = { line: number; cmd: string; ok: boolean } & Record<string, unknown>

/** At most. */
const NAME_BYTES = 64

export class Session {
  readonly answers: Answer[] = []
  readonly states: ({ tag: string } & KernelState)[] = []
  private readonly held = new Map<string, Held>()
  /** Seconds that a call may take before a watching process gives it up; null: nobody watches. */
  watching: number | null = null

  /** `events` is what the kernel's sink fills; the session empties it before each command. `devices`: by the name that scripts use. */
  constructor(
    private readonly kernel: Kernel,
    private readonly events: KernelEvent[],
    private readonly devices: Map<string, Device>,
  ) {}

  run(command: Command): void {
    this.events.length = 0
    this.kernel.tracer.call = this.answers.length
    const names = this.held.size
    const reply = this.perform(command)
    this.keepNames(names)
    const own = this.events.length
    // The driver hands its answer over when the call is done; by then the work that it left behind has run, and said what it said.
    this.kernel.runWork()
    this.kernel.tracer.call = -1
    if (reply)
      this.answers.push({ line: command.line, cmd: command.text, ok: true, ...reply, ...evidenceOf(this.events, own) })
  }

  /** The driver keeps an object for each name. */
  private keepNames(before: number): void {
    for (let n = before; n < this.held.size; n++) this.kernel.kmalloc(NAME_BYTES)
    for (let n = this.held.size; n < before; n++) this.kernel.kfree(NAME_BYTES)
  }

  /** Null: the command gets no answer. */
  private perform({ verb, args }: Command): Reply | null {
    switch (verb) {
      case 'alloc':
      case 'pages':
      case 'noncontig':
        return this.onDevice(args[0]!, (device) => this.allocate(verb, device, args))
      case 'map':
        return this.onDevice(args[0]!, (device) => this.map(device, args))
      case 'mapphys':
        return this.onDevice(args[0]!, (device) => this.mapPhys(device, args))
      case 'mapsg':
        return this.onDevice(args[0]!, (device) => this.mapSg(device, args))
      case 'info':
        return this.onDevice(args[0]!, (device) => this.info(device))
      case 'dump':
        this.states.push({ tag: args[0]!, ...this.kernel.state() })
        return null
      case 'echo':
      case 'cat':
        return null
      default:
        return this.performOnSystem(verb, args)
    }
  }

  private performOnSystem(verb: string, args: string[]): Reply | null {
    const { kernel } = this
    const pagesOfMib = (text: string): Pages => (Number(text) * MiB) / kernel.profile.page.sizeBytes
    switch (verb) {
      case 'buf':
        return this.buf(args)
      case 'cma_alloc':
        return this.cmaAlloc(args)
      case 'free':
        return this.free(args[0]!)
      case 'pin':
        return this.pin(args)
      case 'pin-at':
        return this.pinAt(args)
      case 'unpin':
        return { count: kernel.unpin() }
      case 'anon':
        kernel.touchAnon(pagesOfMib(args[0]!))
        return {}
      case 'anonhole':
        kernel.punchAnon(Number(args[0]))
        return {}
      case 'anonlock':
        kernel.touchAnon(pagesOfMib(args[0]!), true)
        return {}
      case 'victim':
        kernel.startProcess('victim', pagesOfMib(args[0]!))
        return {}
      case 'victims':
        return { alive: kernel.processesAlive('victim') }
      case 'watch':
        // It is a process as well, and can be killed.
        kernel.startProcess('init', 0)
        this.watching = Number(args[0])
        return {}
      case 'unanon':
        kernel.freeAnon()
        return {}
      case 'tmpfs':
        kernel.writeTmpfs(args[1]!, pagesOfMib(args[0]!))
        return { mib: Number(args[0]) }
      case 'rm':
        kernel.removeTmpfs(args[0]!)
        return {}
      case 'hog':
        return this.hog(args)
      case 'unhog':
        return { count: kernel.unhog(args[0] === undefined ? undefined : Number(args[0])) }
      case 'areamap':
        return this.areaMap(args[0]!)
      case 'pools':
        return this.pools()
      case 'newdev':
        return this.newDevice(args)
      case 'sleep':
        kernel.sleep(Number(args[0]))
        return {}
      default:
        return null
    }
  }

  private onDevice(name: string, use: (device: Device) => Reply): Reply {
    const device = this.devices.get(name) ?? this.nobody(name)
    return device ? use(device) : NO_DEVICE
  }

  /** `null` stands for a call without a device, where the kernel serves it: as if for one that reaches 32 bits. */
  private nobody(name: string): Device | null {
    if (name !== 'null' || !this.kernel.profile.api.servesNobody) return null
    this.newDevice([name, '32'])
    return this.devices.get(name) ?? null
  }

  private allocate(verb: 'alloc' | 'pages' | 'noncontig', device: Device, args: string[]): Reply {
    const [, id, size, gfpText, attrsText] = args
    const { kernel } = this
    const bytes = parseSize(size!)!
    const gfp = parseGfp(gfpText!)!
    const attrs = attrsText === undefined ? 0 : parseAttrs(attrsText)!
    const result =
      verb === 'alloc'
        ? kernel.dmaAllocAttrs(device, bytes, gfp, attrs)
        : verb === 'pages'
          ? kernel.dmaAllocPages(device, bytes, gfp)
          : kernel.dmaAllocNoncontiguous(device, bytes, gfp, attrs)
    if (!result.ok) return failure(result.errno)
    this.held.set(id!, { kind: 'buffer', buffer: result.value })
    return bufferReply(verb, result.value, recordedSource(kernel, result.value))
  }

  private map(device: Device, args: string[]): Reply {
    const [, id, bufferId, offset, size, direction, attrsText] = args
    const source = this.held.get(bufferId!)
    if (source?.kind !== 'block') return NO_ID
    const attrs = attrsText === undefined ? 0 : parseAttrs(attrsText)!
    const at = parseSize(offset!)!
    const result = this.kernel.dmaMapPageAttrs(
      device,
      source.block.phys,
      at,
      parseSize(size!)!,
      parseDirection(direction!)!,
      attrs,
    )
    if (!result.ok) return failure(result.errno)
    const mapping = result.value
    this.held.set(id!, { kind: 'mapping', mapping })
    return mappingReply(mapping)
  }

  private mapPhys(device: Device, args: string[]): Reply {
    const [, id, phys, size, direction] = args
    const named = parseSize(phys!)! % 16 ** this.kernel.profile.page.physDigits
    const result = this.kernel.dmaMapResource(device, named, parseSize(size!)!, parseDirection(direction!)!)
    if (!result.ok) return failure(result.errno)
    this.held.set(id!, { kind: 'mapping', mapping: result.value })
    return { dma: result.value.dma }
  }

  private mapSg(device: Device, args: string[]): Reply {
    const [, id, count, size, gfpText, direction] = args
    const bytes = parseSize(size!)!
    const blocks: PageBlock[] = []
    for (let n = Number(count); n > 0; n--) {
      const block = this.kernel.allocPages(parseGfp(gfpText!)!, this.orderFor(bytes))
      if (block.ok) blocks.push(block.value)
    }
    const entries = blocks.map(({ phys }) => ({ phys, bytes }))
    const result = this.kernel.dmaMapSgtable(device, entries, parseDirection(direction!)!)
    if (!result.ok) {
      for (const block of blocks) this.kernel.freePages(block)
      return { ok: false, errno: `-${result.errno}` }
    }
    const mapping = result.value
    this.held.set(id!, { kind: 'sg', mapping, blocks })
    const seg = mapping.segments.map((s) => ({ phys: s.phys, dma: s.dma, len: s.bytes, bounced: s.bounced ? 1 : 0 }))
    return { segments: mapping.count, seg }
  }

  private info(device: Device): Reply {
    return infoReply(this.kernel, device)
  }

  private buf([id, size, gfpText]: string[]): Reply {
    const result = this.kernel.allocPages(parseGfp(gfpText!)!, this.orderFor(parseSize(size!)!))
    if (!result.ok) return failure(result.errno)
    const { phys, order, from } = result.value
    this.held.set(id!, { kind: 'block', block: result.value })
    return { phys, order, from }
  }

  private orderFor(bytes: Bytes): number {
    return orderOf(Math.ceil(bytes / this.kernel.profile.page.sizeBytes))
  }

  private cmaAlloc([area, id, pages, order, word]: string[]): Reply {
    if (!this.kernel.early.cma.some((c) => c.name === area)) return NO_AREA
    const result = this.kernel.cmaAlloc(area!, Number(pages), Number(order), word === 'nowarn')
    if (!result.ok) return failure(result.errno)
    this.held.set(id!, { kind: 'cma', pages: result.value })
    const { phys, offset } = result.value
    const facts = this.kernel.profile.recorded.areaFacts ? { pages: Number(pages) } : {}
    return { phys, from: `cma:${area}`, off: offset, ...facts }
  }

  private free(id: string): Reply {
    const held = this.held.get(id)
    if (!held) return NO_ID
    this.held.delete(id)
    this.release(held)
    return {}
  }

  private release(held: Held): void {
    const { kernel } = this
    switch (held.kind) {
      case 'buffer':
        return kernel.dmaFree(held.buffer)
      case 'mapping':
        return kernel.dmaUnmap(held.mapping)
      case 'cma':
        return kernel.cmaRelease(held.pages)
      case 'block':
        return kernel.freePages(held.block)
      case 'sg':
        kernel.dmaUnmapSgtable(held.mapping)
        return held.blocks.forEach((block) => kernel.freePages(block))
    }
  }

  private pin([area, count, stride]: string[]): Reply {
    if (!this.kernel.early.cma.some((c) => c.name === area)) return NO_AREA
    const pinned = this.kernel.pinPages(area!, Number(count), Number(stride))
    return { pinned, count: pinned.length }
  }

  private pinAt([area, offsets]: string[]): Reply {
    if (!this.kernel.early.cma.some((c) => c.name === area)) return NO_AREA
    const pinned = offsets === '-' ? [] : offsets!.split(',').map(Number)
    this.kernel.pinAt(area!, pinned)
    return { pinned, count: pinned.length }
  }

  private hog([order, count, gfpText]: string[]): Reply {
    const result = this.kernel.hog(Number(order), Number(count), parseGfp(gfpText!)!)
    return {
      got: result.got,
      order: Number(order),
      failed: result.failed ? 1 : 0,
      in_area: result.inArea,
      nr_free: result.freePages,
      area_free: result.freeCmaPages,
    }
  }

  private areaMap(area: string): Reply {
    const map = this.kernel.areaMap(area)
    return map ? { area, pageblock_pages: map.pageblockPages, blocks: map.blocks } : NO_AREA
  }

  private pools(): Reply {
    if (this.kernel.profile.recorded.poolsAsState) return { state: memoryState(this.kernel) }
    const pools = Object.entries(this.kernel.state().pools)
    return Object.fromEntries(pools.map(([name, { available, size }]) => [name, `${available}/${size}`]))
  }

  private newDevice([name, bits, ...words]: string[]): Reply {
    const iommu = words.includes('iommu')
      ? { group: name!, iovaBits: Number(bits), pageSizes: [this.kernel.profile.page.sizeBytes], identity: false }
      : null
    const description = {
      name: this.kernel.profile.recorded.deviceName(name!, bits!),
      dmaBits: Number(bits),
      coherent: null,
      dmaRanges: [],
      memoryRegions: [],
    }
    const device = this.kernel.addDevice({ ...description, driverInits: true, iommu, numaNode: -1 })
    if (!device) return NO_DEVICE
    this.devices.set(name!, device)
    return {}
  }
}
