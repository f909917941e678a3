import type { Occupancy } from '@shared/run.ts'

/** Nobody holds the page. */
export const FREE = 0xffff

/** Rows between two checkpoints: few enough to be looked through for every frame of a drag. */
const STRIDE = 8192

/**
 * The rows of one area, made ready to answer "who holds what at this moment" without looking through the run: every so many rows stands a
 * checkpoint with the rows that are alive there, and a moment is the checkpoint before it and the rows since. Rows ascend in `from`.
 */
export class OccupancyIndex {
  private readonly rows: Uint32Array
  private readonly checkpoints: Uint32Array[] = []

  constructor(
    private readonly occupancy: Occupancy,
    area: number,
    private readonly stride = STRIDE,
  ) {
    this.rows = rowsOf(occupancy.area, area)
    const { from, to } = occupancy
    let alive: number[] = []
    for (let at = 0; at < this.rows.length; at += stride) {
      const moment = from[this.rows[at]!]!
      alive = alive.filter((row) => to[row]! > moment)
      this.checkpoints.push(Uint32Array.from(alive))
      for (const row of this.rows.subarray(at, at + stride)) alive.push(row)
    }
  }

  /** Owner of each page: index into `owners`, or FREE. `into` is overwritten and returned, so that a drag allocates nothing. */
  pagesAt(time: number, into: Uint16Array): Uint16Array {
    into.fill(FREE)
    const begun = this.begunBy(time)
    if (begun === 0) return into
    const nth = Math.floor((begun - 1) / this.stride)
    this.paint(this.checkpoints[nth]!, time, into)
    this.paint(this.rows.subarray(nth * this.stride, begun), time, into)
    return into
  }

  private paint(rows: Uint32Array, time: number, into: Uint16Array): void {
    const { start, pages, owner, to } = this.occupancy
    for (const row of rows) if (to[row]! > time) into.fill(owner[row]!, start[row], start[row]! + pages[row]!)
  }

  /** How many of the area's rows have begun by a moment. */
  private begunBy(time: number): number {
    let low = 0
    let high = this.rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.occupancy.from[this.rows[middle]!]! <= time) low = middle + 1
      else high = middle
    }
    return low
  }
}

function rowsOf(areas: Uint16Array, area: number): Uint32Array {
  let count = 0
  for (const each of areas) if (each === area) count++
  const rows = new Uint32Array(count)
  let at = 0
  for (let row = 0; row < areas.length; row++) if (areas[row] === area) rows[at++] = row
  return rows
}
