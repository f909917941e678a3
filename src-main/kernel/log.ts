/**
 * The kernel log (kernel/printk/printk.c) as far as a reader of dmesg sees it: level and text. A line is a `console` event of
 * the one stream, named after the tracepoint; the lines of early boot are kept as well, for the report of a boot.
 * Left out: timestamps, rate limits, continuation lines.
 */
import type { LogLine } from '@shared/run.ts'
import type { Tracer } from './tracer.ts'

export type LogLevel = LogLine['level']

export class Log {
  readonly lines: { level: LogLevel; text: string }[] = []
  #kept = true

  constructor(private readonly tracer: Tracer) {}

  /** Prints one line; `text` may hold newlines, which dmesg shows as lines of their own. */
  print(level: LogLevel, text: string): void {
    for (const line of text.split('\n')) {
      if (this.#kept) this.lines.push({ level, text: line })
      this.tracer.emit('console', { level, text: line })
    }
  }

  /** Boot is over: from here on the stream alone keeps the lines. */
  stopKeeping(): void {
    this.#kept = false
  }
}
