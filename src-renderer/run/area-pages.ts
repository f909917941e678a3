import type { Occupancy } from '@shared/run.ts'

/** Nobody holds the page. */
export const FREE = 0xffff

/** Who holds each page of an area at a moment: index into `owners`, or FREE. */
export function pagesAt(occupancy: Occupancy, area: number, pages: number, time: number): Uint16Array {
  const map = new Uint16Array(pages).fill(FREE)
  const { area: areas, start, pages: lengths, owner, from, to } = occupancy
  for (let row = 0; row < areas.length; row++) {
    if (areas[row] === area && from[row]! <= time && time < to[row]!)
      map.fill(owner[row]!, start[row]!, start[row]! + lengths[row]!)
  }
  return map
}

export interface MapGrid {
  columns: number
  rows: number
  pagesPerCell: number
  /** Side of a cell in pixels, gap included. */
  pitch: number
}

/** The largest cells with which all pages fit; a cell stands for a power of two of pages, so that pageblocks begin at cells. */
export function gridOf(pages: number, width: number, height: number, minPitch = 3, maxPitch = 12): MapGrid {
  for (let pagesPerCell = 1; ; pagesPerCell *= 2) {
    const cells = Math.ceil(pages / pagesPerCell)
    for (let pitch = maxPitch; pitch >= minPitch; pitch--) {
      const columns = Math.max(1, Math.floor(width / pitch))
      const even = columns >= 64 ? Math.floor(columns / 32) * 32 : columns
      const rows = Math.ceil(cells / even)
      if (rows * pitch <= height) return { columns: even, rows, pagesPerCell, pitch }
    }
    if (pagesPerCell >= pages) return { columns: 1, rows: 1, pagesPerCell, pitch: minPitch }
  }
}

export interface Cell {
  /** Index into `owners` of whoever holds most of the cell's pages; FREE when all are free. */
  owner: number
  /** Share of the pages that are held, 0…1. */
  held: number
}

export function cellOf(map: Uint16Array, index: number, pagesPerCell: number): Cell {
  const start = index * pagesPerCell
  const end = Math.min(map.length, start + pagesPerCell)
  const counts = new Map<number, number>()
  let held = 0
  for (let page = start; page < end; page++) {
    const owner = map[page]!
    if (owner === FREE) continue
    held++
    counts.set(owner, (counts.get(owner) ?? 0) + 1)
  }
  let best = FREE
  for (const [owner, count] of counts) if (best === FREE || count > counts.get(best)!) best = owner
  return { owner: best, held: held / Math.max(1, end - start) }
}

/** Pages that each owner holds, most first; and the free ones with their largest run. */
export function holdersOf(map: Uint16Array): {
  holders: { owner: number; pages: number }[]
  free: number
  largestRun: number
} {
  const counts = new Map<number, number>()
  let free = 0
  let run = 0
  let largestRun = 0
  for (const owner of map) {
    run = owner === FREE ? run + 1 : 0
    largestRun = Math.max(largestRun, run)
    if (owner === FREE) free++
    else counts.set(owner, (counts.get(owner) ?? 0) + 1)
  }
  const holders = [...counts].map(([owner, pages]) => ({ owner, pages })).sort((a, b) => b.pages - a.pages)
  return { holders, free, largestRun }
}
