/**
 * The one stream of events of a kernel, and the clock that stamps them. The engine has no clock of its own: the caller sets the
 * time, and sleep() advances it.
 */
import type { EventSink } from '@shared/run.ts'
import type { Microseconds } from '@shared/units.ts'

export type EventFields = Record<string, number | string | boolean | null>

export class Tracer {
  time: Microseconds = 0
  /** Index of the call under way; -1 outside of calls. */
  call = -1

  /** Without a sink nothing is built: hot paths ask `enabled` before they gather fields. */
  constructor(
    private readonly sink: EventSink | null,
    /** Also tell of single pages (`mm_page_alloc`, `mm_page_free`), by far the most numerous events. */
    readonly tellsPages = sink !== null,
  ) {}

  get enabled(): boolean {
    return this.sink !== null
  }

  /** `name` is the kernel's tracepoint, or the function that decided what no tracepoint tells. */
  emit(name: string, fields: EventFields): void {
    this.sink?.({ name, time: this.time, call: this.call, ...fields })
  }
}
