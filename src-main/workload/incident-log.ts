import type { Incident } from '@shared/run.ts'
import type { Microseconds } from '@shared/units.ts'

/** So many are kept one by one; of those that come later, one a step and kind stands for the others … */
const EVERY_ONE = 10_000
/** … and beyond this many rows, one of each kind for all that is left. */
const MOST_ROWS = 40_000

/**
 * What went wrong, call by call, as far as anybody can read it: a run in which a million calls fail keeps some ten thousand rows, and in
 * each how many alike (kind, device, stream, verb and area) it stands for.
 */
export class IncidentLog {
  readonly rows: Incident[] = []
  private readonly latest = new Map<string, Incident>()

  constructor(
    private readonly step: Microseconds,
    private readonly everyOne = EVERY_ONE,
    private readonly mostRows = MOST_ROWS,
  ) {}

  /** False when it is only counted, with the latest one alike; `always`: it gets a row, whatever there is already. */
  add(incident: Omit<Incident, 'more'>, always = false): boolean {
    const { kind, device, stream, verb, area, time } = incident
    const key = `${kind} ${device} ${stream} ${verb} ${area}`
    const latest = this.latest.get(key)
    const counted = this.rows.length >= this.mostRows || (latest !== undefined && time - latest.time < this.step)
    if (latest && counted && !always && this.rows.length >= this.everyOne) {
      latest.more = (latest.more ?? 0) + 1
      return false
    }
    const row = { ...incident, more: 0 }
    this.latest.set(key, row)
    this.rows.push(row)
    return true
  }
}
