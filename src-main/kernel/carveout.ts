/**
 * The core carve-out API: one way to ask for memory that is isolated, or that a device can reach, or both. No kernel has it; it is
 * what the 2012 discussion asked for. Contiguous areas serve first and a reservation made at boot steps in until they can be relied
 * upon. `resources/help/carveout-api.md` says what it promises. Left out: mapping into user space.
 */
import type { Bytes } from '@shared/units.ts'
import { EINVAL, ENOMEM } from './errno.ts'
import type { Tracer } from './tracer.ts'

export interface CarveoutNeeds {
  sizeBytes: Bytes
  /** A power of two. */
  alignBytes: Bytes
  /** Nobody else uses the memory, before it is asked for or after it is given back. */
  isolated: boolean
  /** Highest address that the device reaches, inclusive; null: no device will. */
  reach: Bytes | null
  contiguous: boolean
  /** Ordinary pages, which the kernel has in its linear map (dma_alloc_pages), not an address alone. */
  paged: boolean
  /** False: the caller must not sleep, as an area may have to while pages move out of it. */
  mayWait: boolean
}

export interface CarveoutPiece {
  base: Bytes
  sizeBytes: Bytes
}

/** Where memory comes from: a CMA area, or a reservation with its owner's allocator. */
export interface CarveoutSource {
  readonly name: string
  readonly kind: 'cma' | 'reserved'
  readonly base: Bytes
  readonly sizeBytes: Bytes
  /** Idle memory of it is lent to nobody. */
  readonly isolates: boolean
  /** What it gives are pages of the linear map. */
  readonly paged: boolean
  /** It may sleep. */
  readonly waits: boolean
  /** Physical address, or null. */
  alloc(sizeBytes: Bytes, alignBytes: Bytes): Bytes | null
  free(base: Bytes, sizeBytes: Bytes): void
}

export interface CarveoutGrant {
  source: string
  pieces: CarveoutPiece[]
  /** An earlier source could not serve: a warning was printed. */
  fellBack: boolean
}

export type CarveoutAnswer = { ok: true; grant: CarveoutGrant } | { ok: false; errno: number; reason: string }

/** Warnings of one device: how often which source could not serve it. */
export interface CarveoutFallbacks {
  device: string
  source: string
  count: number
  bytes: Bytes
}

export class CarveoutCore {
  readonly #sources = new Map<string, CarveoutSource[]>()
  readonly #grants = new Map<CarveoutGrant, CarveoutSource>()
  readonly #fallbacks = new Map<string, CarveoutFallbacks>()

  constructor(
    private readonly pageBytes: Bytes,
    private readonly tracer: Tracer,
  ) {}

  /** carveout_attach: the sources of a device, in the order in which they are tried; '' is everybody's who has none. */
  attach(device: string, sources: CarveoutSource[]): void {
    this.#sources.set(device, sources)
  }

  /** carveout_alloc: -EINVAL when no source could ever serve, -ENOMEM when none can now. */
  alloc(device: string, needs: CarveoutNeeds): CarveoutAnswer {
    const sources = this.#sources.get(device) ?? this.#sources.get('') ?? []
    const suited = sources.filter((source) => suits(source, needs))
    if (suited.length === 0) return { ok: false, errno: -EINVAL, reason: unsuited(sources, needs) }
    for (const [tried, source] of suited.entries()) {
      const pieces = this.#pieces(source, needs)
      if (!pieces) {
        if (tried + 1 < suited.length) this.#warn(device, source, needs)
        continue
      }
      const grant = { source: source.name, pieces, fellBack: tried > 0 }
      this.#grants.set(grant, source)
      this.tracer.emit('carveout_alloc', { device, source: source.name, bytes: needs.sizeBytes, pieces: pieces.length })
      return { ok: true, grant }
    }
    return {
      ok: false,
      errno: -ENOMEM,
      reason: `no room for ${needs.sizeBytes} bytes in ${suited.map((each) => each.name).join(', ')}`,
    }
  }

  /** carveout_free: false for what was never granted, or was given back already. */
  free(grant: CarveoutGrant): boolean {
    const source = this.#grants.get(grant)
    if (!source) return false
    this.#grants.delete(grant)
    for (const piece of grant.pieces) source.free(piece.base, piece.sizeBytes)
    this.tracer.emit('carveout_free', { source: source.name, pieces: grant.pieces.length })
    return true
  }

  /** First address of the source that a grant is from. */
  baseOf(grant: CarveoutGrant): Bytes {
    return this.#grants.get(grant)!.base
  }

  fallbacks(): CarveoutFallbacks[] {
    return [...this.#fallbacks.values()]
  }

  /** One piece, or as few as the halving of the size gives; everything or nothing. */
  #pieces(source: CarveoutSource, needs: CarveoutNeeds): CarveoutPiece[] | null {
    const pieces: CarveoutPiece[] = []
    let size = Math.ceil(needs.sizeBytes / this.pageBytes) * this.pageBytes
    for (let left = size; left > 0;) {
      size = Math.min(size, left)
      const base = source.alloc(size, needs.alignBytes)
      if (base !== null) {
        pieces.push({ base, sizeBytes: size })
        left -= size
      } else if (needs.contiguous || size <= this.pageBytes) {
        for (const piece of pieces) source.free(piece.base, piece.sizeBytes)
        return null
      } else size = Math.ceil(size / 2 / this.pageBytes) * this.pageBytes
    }
    return pieces
  }

  #warn(device: string, source: CarveoutSource, needs: CarveoutNeeds): void {
    const key = `${device} ${source.name}`
    const known = this.#fallbacks.get(key) ?? { device, source: source.name, count: 0, bytes: 0 }
    this.#fallbacks.set(key, { ...known, count: known.count + 1, bytes: known.bytes + needs.sizeBytes })
    this.tracer.emit('carveout_fallback', { device, source: source.name, bytes: needs.sizeBytes })
  }
}

function suits(source: CarveoutSource, needs: CarveoutNeeds): boolean {
  const reachable = needs.reach === null || source.base + source.sizeBytes - 1 <= needs.reach
  const allowed =
    (!needs.isolated || source.isolates) && (!needs.paged || source.paged) && (needs.mayWait || !source.waits)
  return reachable && allowed && needs.sizeBytes > 0 && needs.sizeBytes <= source.sizeBytes
}

function unsuited(sources: CarveoutSource[], needs: CarveoutNeeds): string {
  if (needs.sizeBytes <= 0) return 'a request of no bytes'
  if (sources.length === 0) return 'the device has no carve-out'
  if (needs.isolated && !sources.some((source) => source.isolates)) return 'none of the device’s carve-outs is isolated'
  if (!sources.some((source) => source.sizeBytes >= needs.sizeBytes))
    return 'the request is larger than any of the device’s carve-outs'
  if (needs.paged && !sources.some((source) => source.paged && (!needs.isolated || source.isolates)))
    return 'the request is for pages, and no carve-out that could serve lies in the kernel’s linear map'
  if (!needs.mayWait && !sources.some((source) => !source.waits))
    return 'the request must not wait, and an area may have to move pages'
  return 'no carve-out lies where the device can reach it'
}
