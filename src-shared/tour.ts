import type { Machine } from './board.ts'
import type { Bytes } from './units.ts'

/** A tour: examples in order, each with a claim, what to look at, and what its board and script must show on which machines. */
export interface TourInfo {
  id: string
  title: string
  steps: TourStepInfo[]
}

export interface TourStepInfo {
  id: string
  /** A few words. */
  title: string
  claim: string
  look: string
  /** Page of the help that goes further. */
  help?: string
  /** What each of its runs boots, such as `3.5` or `3.6, CMA with fall-back`. */
  runs: string[]
}

/** One run of a step: every call with its answer, and whether it shows what the tour says. */
export interface ShownRun {
  label: string
  kernel: string
  /** What it boots: file of the example, and machine. */
  board: string
  machine: Machine
  /** The same on the command line. */
  command: string
  /** Empty: it shows what it says. */
  differences: string[]
  panic: string | null
  /** Memory that only owners of carve-outs can use. */
  lostBytes: Bytes
  calls: ShownCall[]
  /** Free memory after each call, for the zones that have any. */
  zones: ShownZone[]
}

export interface ShownCall {
  line: number
  cmd: string
  ok: boolean
  /** What it got, in words. */
  got: string
  log: { level: string; text: string }[]
  /** What the tour expects of it. */
  expected: { name: string; wanted: string; met: boolean }[]
}

/** Columns are parallel to the calls, with the state before the first one in front. */
export interface ShownZone {
  zone: string
  free: Bytes[]
  freeCma: Bytes[]
  minBytes: Bytes
  /** This kernel counts free pages of areas in the watermark of requests that cannot use them. */
  countsCma: boolean
}

/** Whether each step of a tour still shows what it says. */
export type TourCheck = { id: string; ok: boolean; differences: string[] }[]
