import type { Layout, LayoutRegion } from '@shared/layout.ts'
import type { Bytes } from '@shared/units.ts'

/**
 * The axis of the memory map. `u` runs along it; the view is a window of it, so that zooming and panning are two numbers. Two scales:
 * `true`: a byte is a byte. `readable`: every stretch between two edges takes the square root of its size, so that a pool of 1 MiB can be
 * read beside an area of 256. Holes between banks take a fixed share in both.
 */
export type AxisScale = 'readable' | 'true'

export interface AxisSegment {
  start: Bytes
  end: Bytes
  /** Where the segment begins on the axis. */
  u: number
  /** How long it is there. */
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

const holeShare = 0.03

export function memoryAxis(layout: Pick<Layout, 'banks' | 'regions'>, scale: AxisScale): MemoryAxis {
  const places = [...layout.banks, ...layout.regions].filter(({ start, end }) => end > start)
  const edges = [...new Set(places.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b)
  const stretches = edges.slice(1).map((end, index) => {
    const start = edges[index]!
    const hole = !places.some((place) => place.start <= start && end <= place.end)
    return { start, end, hole, length: hole ? 0 : scale === 'true' ? end - start : Math.sqrt(end - start) }
  })
  const filled = stretches.reduce((sum, { length }) => sum + length, 0)
  let u = 0
  const segments = stretches.map((stretch) => {
    const segment = { ...stretch, u, length: stretch.hole ? filled * holeShare : stretch.length }
    u += segment.length
    return segment
  })
  return { segments, length: Math.max(u, 1) }
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

/** Zoom by a factor around a point that stays where it is; never beyond the whole axis, at most ten-thousandfold. */
export function zoomWindow(axis: MemoryAxis, window: AxisWindow, factor: number, around: number): AxisWindow {
  const length = Math.min(axis.length, Math.max(axis.length / 10_000, (window.to - window.from) * factor))
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
  /** Lies inside another region, as a pool does that was taken out of a CMA area: drawn as a part of it. */
  inside: boolean
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
    const inside = regions.some((other) => other !== region && other.start <= region.start && region.end <= other.end)
    return [{ region, x, width: Math.max(minWidth, Math.min(right, width + 2) - x), inside }]
  })
}

export interface Label extends Box {
  text: string
  labelX: number
  /** Width of the text. */
  needed: number
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
    if (needed + 12 <= box.width && !box.inside) {
      labels.push({ ...box, text, needed, labelX: Math.max(box.x, 0) + 8, row: -1 })
      continue
    }
    const labelX = Math.min(Math.max(0, box.x + box.width / 2 - needed / 2), Math.max(0, width - needed))
    const row = taken.findIndex((row) => row.every(([from, to]) => labelX > to + 10 || labelX + needed < from - 10))
    if (row < 0) continue
    taken[row]!.push([labelX, labelX + needed])
    labels.push({ ...box, text, needed, labelX, row })
  }
  return labels
}

/** Addresses to write under the map: where something begins, the larger things first, as many as have room. */
export function ticksOf(
  axis: MemoryAxis,
  window: AxisWindow,
  width: number,
  minPixels: number,
): { address: Bytes; x: number }[] {
  const scale = width / (window.to - window.from)
  const ticks: { address: Bytes; x: number }[] = []
  for (const { start, u } of [...axis.segments].sort((a, b) => b.length - a.length)) {
    const x = (u - window.from) * scale
    const fits = x >= 0 && x <= width - minPixels * 0.8 && ticks.every((tick) => Math.abs(tick.x - x) >= minPixels)
    if (fits) ticks.push({ address: start, x })
  }
  return ticks.sort((a, b) => a.x - b.x)
}
