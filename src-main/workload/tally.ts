import type { DeviceTotals, RunTotals } from '@shared/run.ts'
import type { Bytes } from '@shared/units.ts'
import type { CallNote } from './recorder.ts'

const noTotals = (): RunTotals => ({
  calls: 0,
  allocations: 0,
  mappings: 0,
  failures: 0,
  fallbacks: 0,
  bytesAllocated: 0,
  bytesBounced: 0,
  bytesCleaned: 0,
  bytesInvalidated: 0,
  starvedBytes: 0,
})

/** Counts of a run: in all, for each device, for each stream. */
export class Tally {
  readonly totals = noTotals()
  private readonly byDevice = new Map<string, DeviceTotals>()
  private readonly heldBytes = new Map<string, Bytes>()

  get devices(): DeviceTotals[] {
    return [...this.byDevice.values()]
  }

  call(call: CallNote, ok: boolean): void {
    for (const totals of [this.totals, this.device(call.device)]) {
      totals.calls++
      if (ok && call.verb.startsWith('map')) totals.mappings++
      else if (ok) {
        totals.allocations++
        totals.bytesAllocated += call.bytes
      }
    }
    this.stream(call).calls++
  }

  wrong(call: CallNote, what: 'failures' | 'fallbacks'): void {
    this.totals[what]++
    this.device(call.device)[what]++
    this.stream(call)[what]++
  }

  /** `device` null: nobody's in particular. */
  add(device: string | null, total: 'bytesBounced' | 'bytesCleaned' | 'bytesInvalidated', bytes: Bytes): void {
    this.totals[total] += bytes
    if (device !== null) this.device(device)[total] += bytes
  }

  /** A device holds so much more, or less. */
  held(device: string, bytes: Bytes): void {
    const total = (this.heldBytes.get(device) ?? 0) + bytes
    this.heldBytes.set(device, total)
    const totals = this.device(device)
    totals.peakBytes = Math.max(totals.peakBytes, total)
  }

  starved(bytes: Bytes): void {
    this.totals.starvedBytes += bytes
  }

  private stream({ device, stream }: CallNote): DeviceTotals['streams'][number] {
    const { streams } = this.device(device)
    const known = streams.find((each) => each.stream === stream)
    if (known) return known
    const fresh = { stream, calls: 0, failures: 0, fallbacks: 0 }
    streams.push(fresh)
    return fresh
  }

  private device(name: string): DeviceTotals {
    const known = this.byDevice.get(name)
    if (known) return known
    const fresh: DeviceTotals = { device: name, ...noTotals(), streams: [], peakBytes: 0 }
    this.byDevice.set(name, fresh)
    return fresh
  }
}
