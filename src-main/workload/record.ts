import type { KernelEvent } from '@shared/run.ts'
import type { Bytes, Microseconds } from '@shared/units.ts'
import type { Hole } from './chain.ts'

/**
 * A call with everything that decided it, as `--record` keeps it and an explanation reads it. Plain data: one line of JSON each in
 * `calls.ndjson` of the recording.
 */
export interface RecordedCall {
  call: number
  /** Which step of the workload's timeline made it: the same request has the same step whatever the sizes are. -1: none. */
  step: number
  time: Microseconds
  device: string
  stream: string
  verb: string
  bytes: Bytes
  gfp: string
  attrs: string
  ok: boolean
  errno: number
  /** What served it, as the command language spells sources, of a fall-back with the path to a zone's pages; null when nothing did. */
  source: string | null
  events: KernelEvent[]
  /** The areas that were asked, as they were then. */
  areas: Record<string, { base: Bytes; bytes: Bytes; used: Bytes; holes: Hole[] }>
  pageBytes: Bytes
}
