import type { Attribute, BufferKind } from '@shared/workload.ts'
import type { Bytes, Microseconds } from '@shared/units.ts'
import type { Random } from './random.ts'

/** A workload with all formulas evaluated and all devices found: plain numbers, ready to be turned into calls. */
export interface Plan {
  duration: Microseconds
  /** Of each workload. */
  memory: MemoryPlan[]
  streams: StreamPlan[]
}

/** Several workloads at the same time. */
export const joinPlans = (plans: readonly Plan[]): Plan => ({
  duration: plans.reduce((longest, plan) => Math.max(longest, plan.duration), 0),
  memory: plans.flatMap((plan) => plan.memory),
  streams: uniqueNames(plans.flatMap((plan) => plan.streams)),
})

/** Streams of one name get numbers. */
export function uniqueNames(streams: readonly StreamPlan[]): StreamPlan[] {
  const seen = new Map<string, number>()
  return streams.map((stream) => {
    const count = (seen.get(stream.name) ?? 0) + 1
    seen.set(stream.name, count)
    return count === 1 ? stream : { ...stream, name: `${stream.name} ${count}` }
  })
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
