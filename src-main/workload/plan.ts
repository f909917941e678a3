import type { Attribute, BufferKind } from '@shared/workload.ts'
import type { Bytes, Microseconds } from '@shared/units.ts'
import type { Random } from './random.ts'

/** A workload with all formulas evaluated and all devices found: plain numbers, ready to be turned into calls. */
export interface Plan {
  name: string
  duration: Microseconds
  memory: MemoryPlan
  streams: StreamPlan[]
}

export interface MemoryPlan {
  pageCacheBytes: Bytes
  anonymousBytes: Bytes
  churn: { every: Draw; bytes: Draw } | null
  /** `every` null: pinned once; `hold` null: to the end. */
  pinned: { pages: Draw; every: Draw | null; hold: Draw | null } | null
}

export interface StreamPlan {
  /** Unique in the run. */
  name: string
  /** Kernel name of the device. */
  device: string
  /** Bits of the DMA mask when the stream's driver sets another one than the board says. */
  mask: number | null
  /** When it may be open, ascending and apart. */
  windows: { start: Microseconds; stop: Microseconds }[]
  sessions: { open: Draw; pause: Draw } | null
  jitter: Microseconds
  priority: number
  groups: GroupPlan[]
}

export interface GroupPlan {
  name: string
  bytes: Draw
  count: number
  kind: BufferKind
  /** More than 1: a scatter list. */
  pieces: number
  /** GFP words of the command language. */
  gfp: string[]
  attributes: Attribute[]
  direction: 'to-device' | 'from-device' | 'bidirectional'
  lifetime: LifetimePlan
  halves: boolean
}

export type LifetimePlan =
  | { kind: 'session' }
  | { kind: 'frame'; every: Draw; hold: Draw }
  | { kind: 'churn'; every: Draw; alive: Draw; most: number }

/** Where a number comes from each time it is needed. */
export type Draw =
  | { kind: 'fixed'; value: number }
  | { kind: 'even'; min: number; max: number }
  | { kind: 'exponential'; mean: number; most: number }
  | { kind: 'choice'; values: number[] }

/** One value; whole, because bytes and microseconds are. */
export function draw(from: Draw, random: Random): number {
  switch (from.kind) {
    case 'fixed':
      return Math.round(from.value)
    case 'even':
      return Math.round(from.min + random.unit() * (from.max - from.min))
    case 'exponential':
      return Math.round(Math.min(random.exponential(from.mean), from.most))
    case 'choice':
      return Math.round(from.values[random.below(from.values.length)]!)
  }
}

/** The largest value that can come out. */
export function largest(from: Draw): number {
  switch (from.kind) {
    case 'fixed':
      return from.value
    case 'even':
      return from.max
    case 'exponential':
      return from.most
    case 'choice':
      return Math.max(...from.values)
  }
}
