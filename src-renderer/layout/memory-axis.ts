import type { Layout, LayoutRegion } from '@shared/layout.ts'
import type { Bytes } from '@shared/units.ts'

/**
 * The axis of the memory map. Banks are drawn to scale one after the other; the holes between them shrink to a fixed share of the axis.
 * `u` counts bytes along the axis, holes shortened; the view is a window of it, so that zooming and panning are two numbers.
 */
export interface AxisSegment {
  start: Bytes
  end: Bytes
  /** Where the segment begins on the axis. */
  u: number
  /** How long it is there; for a bank its size. */
  length: number
  hole: boolean
}

export interface MemoryAxis {
  segments: AxisSegment[]
  length: number
}

export interface AxisWindow {
  from: number
  to: number
}

const holeShare = 0.025

export function memoryAxis(layout: Layout): MemoryAxis {
  const places = merge([...layout.banks, ...layout.regions])
  const used = places.reduce((sum, { start, end }) => sum + end - start, 0)
  const segments: AxisSegment[] = []
  let u = 0
  const add = (start: Bytes, end: Bytes, length: number, hole: boolean) => {
    segments.push({ start, end, u, length, hole })
    u += length
  }
  places.forEach(({ start, end }, index) => {
    const before = places[index - 1]
    if (before) add(before.end, start, used * holeShare, true)
    add(start, end, end - start, false)
  })
  return { segments, length: Math.max(u, 1) }
}

function merge(ranges: { start: Bytes; end: Bytes }[]): { start: Bytes; end: Bytes }[] {
  const sorted = ranges.filter((r) => r.end > r.start).sort((a, b) => a.start - b.start)
  const merged: { start: Bytes; end: Bytes }[] = []
  for (const { start, end } of sorted) {
    const last = merged.at(-1)
    if (last && start <= last.end) last.end = Math.max(last.end, end)
    else merged.push({ start, end })
  }
  return merged
}

/** An address on the axis; in a hole in proportion, outside of all memory at the nearer end. */
export function toAxis(axis: MemoryAxis, address: Bytes): number {
  const segment = axis.segments.find((s) => address < s.end) ?? axis.segments.at(-1)
  if (!segment) return 0
  const share = (address - segment.start) / (segment.end - segment.start)
  return segment.u + Math.min(1, Math.max(0, share)) * segment.length
}

export function toAddress(axis: MemoryAxis, u: number): Bytes {
  const segment = axis.segments.find((s) => u < s.u + s.length) ?? axis.segments.at(-1)
  if (!segment) return 0
  return segment.start + ((u - segment.u) / segment.length) * (segment.end - segment.start)
}

/** Zoom by a factor around a point that stays where it is; never beyond the whole axis, never below 64 KiB. */
export function zoomWindow(axis: MemoryAxis, window: AxisWindow, factor: number, around: number): AxisWindow {
  const length = Math.min(axis.length, Math.max(65536, (window.to - window.from) * factor))
  const share = (around - window.from) / (window.to - window.from)
  return clampWindow(axis, around - share * length, length)
}

export const panWindow = (axis: MemoryAxis, window: AxisWindow, by: number): AxisWindow =>
  clampWindow(axis, window.from + by, window.to - window.from)

function clampWindow(axis: MemoryAxis, from: number, length: number): AxisWindow {
  const start = Math.min(Math.max(0, from), axis.length - length)
  return { from: start, to: start + length }
}

export interface Box {
  region: LayoutRegion
  x: number
  width: number
}

/** Every region as a box, at least `minWidth` wide so that it can be seen and hit; boxes outside of the window are left out. */
export function boxesOf(
  axis: MemoryAxis,
  regions: LayoutRegion[],
  window: AxisWindow,
  width: number,
  minWidth: number,
): Box[] {
  const scale = width / (window.to - window.from)
  return regions.flatMap((region) => {
    const left = (toAxis(axis, region.start) - window.from) * scale
    const right = (toAxis(axis, region.end) - window.from) * scale
    if (right < 0 || left > width) return []
    const x = Math.max(left, -2)
    return [{ region, x, width: Math.max(minWidth, Math.min(right, width + 2) - x) }]
  })
}

export interface Label extends Box {
  text: string
  labelX: number
  /** -1: inside the box; 0, 1, …: the row below it. */
  row: number
}

/** Names of the boxes: inside where they fit, otherwise in rows below, the larger regions first; what finds no place has no label. */
export function placeLabels(
  boxes: Box[],
  width: number,
  rows: number,
  textWidth: (text: string) => number,
  textOf: (r: LayoutRegion) => string,
): Label[] {
  const taken: [number, number][][] = Array.from({ length: rows }, () => [])
  const labels: Label[] = []
  for (const box of [...boxes].sort((a, b) => b.region.end - b.region.start - (a.region.end - a.region.start))) {
    const text = textOf(box.region)
    const needed = textWidth(text)
    if (needed + 12 <= box.width) {
      labels.push({ ...box, text, labelX: Math.max(box.x, 0) + 8, row: -1 })
      continue
    }
    const labelX = Math.min(Math.max(0, box.x + box.width / 2 - needed / 2), Math.max(0, width - needed))
    const row = taken.findIndex((row) => row.every(([from, to]) => labelX > to + 10 || labelX + needed < from - 10))
    if (row < 0) continue
    taken[row]!.push([labelX, labelX + needed])
    labels.push({ ...box, text, labelX, row })
  }
  return labels
}

const steps = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
  .flatMap((n) => [n * 65536, n * 33554432, n * 17179869184])
  .sort((a, b) => a - b)

/** Round addresses to write under the map, at most one per `minPixels`. */
export function ticksOf(
  axis: MemoryAxis,
  window: AxisWindow,
  width: number,
  minPixels: number,
): { address: Bytes; x: number }[] {
  const scale = width / (window.to - window.from)
  const step = steps.find((s) => s * scale >= minPixels) ?? steps.at(-1)!
  const ticks: { address: Bytes; x: number }[] = []
  for (const segment of axis.segments) {
    if (segment.hole) continue
    for (let address = Math.ceil(segment.start / step) * step; address < segment.end; address += step) {
      const x = (segment.u + address - segment.start - window.from) * scale
      if (x >= 0 && x <= width - minPixels / 2 && x - (ticks.at(-1)?.x ?? -Infinity) >= minPixels)
        ticks.push({ address, x })
    }
  }
  return ticks
}
