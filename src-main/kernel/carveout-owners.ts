/**
 * Boot-time carve-outs in use. As they are: the owner's driver sub-allocates in its memory alone and never asks the DMA API. Through the
 * core carve-out API (carveout.ts): contiguous areas underneath, the old reservation behind them, for owners and for declared memory
 * alike. No kernel file is modelled: the drivers are out of tree, and the API was only proposed.
 */
import { alignUp, formatBytes, orderOf, type Bytes } from '@shared/units.ts'
import { carveoutAllocator, type CarveoutAllocator } from './carveout-allocators.ts'
import { CarveoutCore, type CarveoutGrant, type CarveoutSource } from './carveout.ts'
import type { DmaBuffer, PageRun } from './buffer.ts'
import { coherentLimit, physToDma } from './bus.ts'
import type { CmaArea } from './cma.ts'
import type { DeclaredMemory } from './coherent.ts'
import type { Device } from './device.ts'
import { allowsBlocking } from './gfp.ts'
import type { Rooms } from './rooms.ts'

/** One carve-out and who has it. */
export interface OwnedCarveout {
  name: string
  owner: string
  devices: readonly string[]
  base: Bytes
  sizeBytes: Bytes
  allocator: string
  isolated: boolean
  /** The kernel never saw it: it is no reserved region. */
  removed: boolean
}

/** What the owner of a carve-out, or the API, gave for one request. */
type Given = { owned: Owned; phys: Bytes; sizeBytes: Bytes } | CarveoutGrant

interface Owned extends OwnedCarveout {
  inside: CarveoutAllocator
  /** In the kernel's linear map: it has pages to give. */
  paged: boolean
}

/** Calls that a carve-out can answer: dma_alloc_attrs, dma_alloc_noncontiguous, dma_alloc_pages. */
export type CarveoutCall = 'attrs' | 'noncontiguous' | 'pages'

export class CarveoutOwners {
  readonly all: readonly OwnedCarveout[]
  readonly #owned: Owned[]
  /** Null: boards run as they are. */
  readonly #core: CarveoutCore | null
  readonly #attached = new Set<string>()
  readonly #given = new Map<DmaBuffer, Given>()

  constructor(private readonly rooms: Rooms) {
    const { early, profile, tracer } = rooms
    this.#owned = early.board.lab.carveouts.flatMap((carveout): Owned[] => {
      const region = early.reservedMem.find(({ name }) => name === carveout.region)
      const place = region ?? (carveout.base === null ? null : { base: carveout.base, size: carveout.sizeBytes })
      if (!place) return []
      const { name, owner, devices, allocator, granuleBytes, isolated } = carveout
      const inside = carveoutAllocator(allocator, place.size, granuleBytes)
      const removed = region === undefined
      const paged = region !== undefined && !region.noMap && this.#lowmem(place.base + place.size - 1)
      const facts = { name, owner, devices, allocator, isolated, removed, paged }
      return [{ ...facts, base: place.base, sizeBytes: place.size, inside }]
    })
    this.all = this.#owned
    this.#core = early.board.lab.carveoutApi ? new CarveoutCore(profile.page.sizeBytes, tracer) : null
  }

  /** A device's coherent memory is its carve-out's to give. */
  serves(device: Device): boolean {
    return this.#ownedBy(device) !== null || (this.#core !== null && device.declared !== null)
  }

  /**
   * Whether dma_alloc_pages is its carve-out's to answer. Memory that the kernel does not map has no pages, and an area keeps who must not
   * wait waiting: the page allocator serves then, except where the device wants its memory apart and the API has to say that it
   * cannot have that.
   */
  servesPages(device: Device, gfp: number): boolean {
    if (!this.serves(device)) return false
    const owned = this.#ownedBy(device)
    if (!this.#core) return owned!.paged
    if (owned?.isolated) return true
    return this.#sourcesOf(device).some(({ paged, waits }) => paged && (!waits || allowsBlocking(gfp)))
  }

  /** Null: no room. Which call it is counts through the API only. */
  alloc(device: Device, bytes: Bytes, gfp: number, attrs: number, call: CarveoutCall): DmaBuffer | null {
    const size = alignUp(bytes, this.rooms.profile.page.sizeBytes)
    if (this.#core) return this.#throughApi(this.#core, device, bytes, size, gfp, attrs, call)
    const owned = this.#ownedBy(device)!
    const phys = this.#take(owned, size, this.rooms.profile.page.sizeBytes)
    if (phys === null) return this.#refused(device, owned, size)
    const buffer = this.#buffer(device, bytes, size, attrs, `carveout:${owned.name}`, phys, phys - owned.base, null)
    this.#given.set(buffer, { owned, phys, sizeBytes: size })
    return buffer
  }

  free(buffer: DmaBuffer): void {
    const given = this.#given.get(buffer)
    if (!given) return
    this.#given.delete(buffer)
    if ('pieces' in given) this.#core!.free(given)
    else this.#drop(given.owned, given.phys)
  }

  #ownedBy({ name }: Device): Owned | null {
    return this.#owned.find(({ devices }) => devices.includes(name)) ?? null
  }

  #throughApi(
    core: CarveoutCore,
    device: Device,
    bytes: Bytes,
    size: Bytes,
    gfp: number,
    attrs: number,
    call: CarveoutCall,
  ): DmaBuffer | null {
    this.#attach(core, device)
    const page = this.rooms.profile.page.sizeBytes
    const answer = core.alloc(device.name, {
      sizeBytes: size,
      alignBytes: page,
      isolated: this.#ownedBy(device)?.isolated ?? false,
      reach: coherentLimit(device),
      contiguous: call !== 'noncontiguous',
      paged: call === 'pages',
      mayWait: allowsBlocking(gfp),
    })
    const { log } = this.rooms
    if (!answer.ok) {
      log.print('err', `${device.name}: carveout: ${answer.reason} (${answer.errno})`)
      return null
    }
    const { grant } = answer
    if (grant.fellBack)
      log.print('warn', `${device.name}: carveout: CMA cannot serve ${bytes} bytes; served by ${grant.source}`)
    const [first] = grant.pieces
    const runs = grant.pieces.map((piece): PageRun => [piece.base, piece.sizeBytes / page])
    const from = grant.source
    const offset = first!.base - core.baseOf(grant)
    const scattered = runs.length > 1 ? runs : null
    const buffer = this.#buffer(device, bytes, size, attrs, from, first!.base, offset, scattered)
    this.#given.set(buffer, grant)
    return buffer
  }

  #attach(core: CarveoutCore, device: Device): void {
    if (this.#attached.has(device.name)) return
    this.#attached.add(device.name)
    core.attach(device.name, this.#sourcesOf(device))
  }

  /** Its area or the shared one, then what was reserved for it. */
  #sourcesOf(device: Device): CarveoutSource[] {
    const area = this.rooms.contiguous.areaOf(device)
    const owned = this.#ownedBy(device)
    return [
      ...(area ? [this.#cmaSource(area, device)] : []),
      ...(device.declared ? [this.#declaredSource(device.declared, device)] : []),
      ...(owned ? [this.#ownedSource(owned, device)] : []),
    ]
  }

  /** Whether the linear map reaches the address. */
  #lowmem(address: Bytes): boolean {
    return !this.rooms.pages.isHighmem(Math.floor(address / this.rooms.profile.page.sizeBytes))
  }

  #cmaSource(area: CmaArea, device: Device): CarveoutSource {
    const { contiguous, profile } = this.rooms
    const page = profile.page.sizeBytes
    return {
      name: `cma:${area.name}`,
      kind: 'cma',
      base: area.basePfn * page,
      sizeBytes: area.count * page,
      isolates: false,
      paged: this.#lowmem((area.basePfn + area.count) * page - 1),
      waits: true,
      alloc(size, align) {
        const pages = size / page
        const pfn = contiguous.allocFrom(device, pages, orderOf(Math.max(pages, align / page)), true)
        return pfn < 0 ? null : pfn * page
      },
      free: (base, size) => void contiguous.release(device, base / page, size / page),
    }
  }

  #declaredSource(declared: DeclaredMemory, device: Device): CarveoutSource {
    const { name, base, sizeBytes } = declared
    const place = { device: device.name, area: `declared:${name}`, kind: 'declared', base, total: sizeBytes }
    return {
      name: place.area,
      kind: 'reserved',
      base,
      sizeBytes,
      isolates: true,
      // mapped for itself, beside the linear map
      paged: false,
      waits: false,
      alloc: (size) => {
        const phys = declared.alloc(size)
        if (phys < 0) return null
        this.#tell('carveout_take', { ...place, offset: phys - base, size })
        return phys
      },
      free: (at, size) => {
        declared.release(at, size)
        this.#tell('carveout_drop', { area: place.area, offset: at - base })
      },
    }
  }

  #ownedSource(owned: Owned, device: Device): CarveoutSource {
    return {
      name: `carveout:${owned.name}`,
      kind: 'reserved',
      base: owned.base,
      sizeBytes: owned.sizeBytes,
      isolates: true,
      paged: owned.paged,
      waits: false,
      alloc: (size, align) => {
        const phys = this.#take(owned, size, align)
        if (phys === null) this.#refused(device, owned, size)
        return phys
      },
      free: (base) => this.#drop(owned, base),
    }
  }

  #take(owned: Owned, size: Bytes, align: Bytes): Bytes | null {
    const offset = owned.inside.alloc(size, align)
    if (offset === null) return null
    const { base, name, sizeBytes: total } = owned
    this.#tell('carveout_take', { area: `carveout:${name}`, kind: 'carveout', base, total, offset, size })
    return base + offset
  }

  #drop(owned: Owned, phys: Bytes): void {
    owned.inside.free(phys - owned.base)
    this.#tell('carveout_drop', { area: `carveout:${owned.name}`, offset: phys - owned.base })
  }

  #refused(device: Device, owned: Owned, size: Bytes): null {
    const holes = owned.inside.holes()
    const free = holes.reduce((sum, hole) => sum + hole.sizeBytes, 0)
    const largest = holes.reduce((most, hole) => Math.max(most, hole.sizeBytes), 0)
    const { name, allocator, owner } = owned
    const area = `carveout:${name}`
    this.#tell('carveout_refused', { device: device.name, area, owner, allocator, size, free, largest, ok: false })
    this.rooms.log.print(
      'err',
      `${device.name}: ${name}: no ${formatBytes(size)} left, ${formatBytes(largest)} in one piece`,
    )
    return null
  }

  #tell(name: string, fields: Parameters<Rooms['tracer']['emit']>[1]): void {
    if (this.rooms.tracer.enabled) this.rooms.tracer.emit(name, fields)
  }

  #buffer(
    device: Device,
    bytes: Bytes,
    allocBytes: Bytes,
    attrs: number,
    from: string,
    phys: Bytes,
    offset: Bytes,
    runs: PageRun[] | null,
  ): DmaBuffer {
    const where = { from, phys, offset, runs, dma: physToDma(device, phys) }
    const kernel = { virt: 'none', windowOffset: null, remap: null } as const
    return { device, call: 'attrs', bytes, allocBytes, attrs, backing: 'carveout', ...where, ...kernel }
  }
}
