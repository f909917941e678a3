import type { Microseconds } from '@shared/units.ts'
import type { Kernel } from '../kernel/index.ts'
import type { MovableRun } from '../kernel/kernel.ts'
import type { OccupancyLog } from './occupancy-log.ts'

/** Looks at the movable pages that often in a run. */
const LOOKS = 120

/**
 * Movable pages that borrow a CMA area, as rows of the map: looked at in a rhythm, because they come and go by the thousand. A run of
 * pages that is there at two looks is one row.
 */
export class MovableMap {
  /** Open rows by area, start, length and kind. */
  private open = new Map<string, number>()
  private next = 0

  constructor(
    private readonly kernel: Kernel,
    private readonly occupancy: OccupancyLog,
    /** Index in the result by name of the area. */
    private readonly areas: ReadonlyMap<string, number>,
    private readonly duration: Microseconds,
  ) {}

  /** To be called as time goes on; looks when it is time to. */
  look(time: Microseconds): void {
    if (time < this.next) return
    this.next = time + this.duration / LOOKS
    const before = this.open
    this.open = new Map()
    for (const [name, area] of this.areas)
      for (const run of this.kernel.movableRuns(name)) this.see(area, run, before, time)
    for (const row of before.values()) this.occupancy.close(row, time)
  }

  private see(
    area: number,
    { start, pages, pinned }: MovableRun,
    before: Map<string, number>,
    time: Microseconds,
  ): void {
    const kind = pinned ? 'pinned' : 'movable'
    const key = `${area} ${start} ${pages} ${kind}`
    const known = before.get(key)
    before.delete(key)
    const owner = this.occupancy.owner(pinned ? 'pinned pages' : 'movable pages', kind)
    this.open.set(key, known ?? this.occupancy.open(area, start, pages, owner, time))
  }
}
