import type { Occupancy } from '@shared/run.ts'
import type { Microseconds, Pages } from '@shared/units.ts'

type OwnerKind = Occupancy['owners'][number]['kind']

/** Rows beyond this are not kept, so that memory stays bounded (28 bytes each, and once more on the way to the window). */
const MOST_ROWS = 1_000_000

/** Who held which pages when: rows that are opened and closed. */
export class OccupancyLog {
  private readonly columns: Record<'area' | 'start' | 'pages' | 'owner' | 'from' | 'to', number[]> = {
    area: [],
    start: [],
    pages: [],
    owner: [],
    from: [],
    to: [],
  }
  private readonly owners: Occupancy['owners'] = []
  private readonly ownerIndex = new Map<string, number>()
  private until: Microseconds | null = null

  constructor(private readonly mostRows = MOST_ROWS) {}

  /** The row, to be closed; -1 when there are too many. */
  open(area: number, start: Pages, pages: Pages, owner: number, time: Microseconds): number {
    const row = this.columns.area.length
    if (row >= this.mostRows) {
      this.until ??= time
      return -1
    }
    this.columns.area.push(area)
    this.columns.start.push(start)
    this.columns.pages.push(pages)
    this.columns.owner.push(owner)
    this.columns.from.push(time)
    this.columns.to.push(Infinity)
    return row
  }

  close(row: number, time: Microseconds): void {
    if (row >= 0) this.columns.to[row] = time
  }

  owner(name: string, kind: OwnerKind): number {
    const key = `${kind} ${name}`
    const known = this.ownerIndex.get(key)
    if (known !== undefined) return known
    this.ownerIndex.set(key, this.owners.length)
    return this.owners.push({ name, kind }) - 1
  }

  /** Rows that are still open end with the run. */
  table(duration: Microseconds): Occupancy {
    const { area, start, pages, owner, from, to } = this.columns
    return {
      area: Uint16Array.from(area),
      start: Uint32Array.from(start),
      pages: Uint32Array.from(pages),
      owner: Uint16Array.from(owner),
      from: Float64Array.from(from),
      to: Float64Array.from(to, (time) => Math.min(time, duration)),
      until: this.until,
      owners: this.owners,
    }
  }
}
