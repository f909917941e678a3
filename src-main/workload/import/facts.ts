/** What a board says of its DMA memory, gathered from its log and its files, and where it says so. */
import type { Bytes, Pages } from '@shared/units.ts'

export interface Place {
  file: string
  /** Counts from 1. */
  line: number
}

export interface AreaFact extends Place {
  /** Null in a log that gives the address alone. */
  name: string | null
  base: Bytes | null
  bytes: Bytes | null
  /** Pages; null where no file says. */
  used: Pages | null
  /** Pages of the largest free run. */
  maxchunk: Pages | null
  failed: Pages | null
}

export interface BounceFact extends Place {
  start: Bytes | null
  bytes: Bytes
  /** Slots of 2 KiB; null where no file says. */
  used: number | null
  hiwater: number | null
}

export interface PoolFact extends Place {
  /** `dma`, `dma32`, `kernel`; of old `atomic`. */
  name: string
  bytes: Bytes
  /** As boot made it; pools grow later. */
  atBoot: boolean
}

export interface ReservedFact extends Place {
  name: string
  base: Bytes
  bytes: Bytes
  noMap: boolean
}

export interface ZoneFact extends Place {
  name: string
  /** End exclusive; both 0 for an empty zone. */
  start: Bytes
  end: Bytes
}

export interface FreeFact extends Place {
  zone: string
  /** Free blocks by order, from 0. */
  blocks: number[]
}

export interface LogFact extends Place {
  text: string
}

export interface BoardFacts {
  /** As `uname -r` has it. */
  release: string | null
  cmdline: string | null
  cpus: number | null
  areas: AreaFact[]
  bounce: BounceFact[]
  pools: PoolFact[]
  reserved: ReservedFact[]
  zones: ZoneFact[]
  free: FreeFact[]
  /** Bytes, by the names of /proc/meminfo. */
  meminfo: ReadonlyMap<string, Bytes> & Partial<Place>
  /** Usable RAM and the kernel's own image, from /proc/iomem. */
  ram: { start: Bytes; end: Bytes }[]
  image: { start: Bytes; end: Bytes } | null
  log: LogFact[]
  /** The log reaches back to the kernel's first lines. */
  logIsWhole: boolean
}

export const noFacts = (): BoardFacts => ({
  release: null,
  cmdline: null,
  cpus: null,
  areas: [],
  bounce: [],
  pools: [],
  reserved: [],
  zones: [],
  free: [],
  meminfo: new Map(),
  ram: [],
  image: null,
  log: [],
  logIsWhole: false,
})
