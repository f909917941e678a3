import { FREE } from './occupancy-index.ts'

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
  const first = map[start] ?? FREE
  let page = start
  while (page < end && map[page] === first) page++
  // most cells are of one owner
  if (page === end) return { owner: first, held: first === FREE ? 0 : 1 }
  const counts = new Map<number, number>()
  let held = 0
  for (page = start; page < end; page++) {
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
  const counts = new Uint32Array(FREE + 1)
  let run = 0
  let largestRun = 0
  for (const owner of map) {
    counts[owner]!++
    run = owner === FREE ? run + 1 : 0
    if (run > largestRun) largestRun = run
  }
  const holders: { owner: number; pages: number }[] = []
  for (let owner = 0; owner < FREE; owner++) if (counts[owner]) holders.push({ owner, pages: counts[owner]! })
  return { holders: holders.sort((a, b) => b.pages - a.pages), free: counts[FREE]!, largestRun }
}
