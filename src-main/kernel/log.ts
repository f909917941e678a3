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
  readonly #warned = new Set<string>()

  /** `tellsWarnings`: CONFIG_BUG, without which WARN() is silent. */
  constructor(
    private readonly tracer: Tracer,
    private readonly tellsWarnings = true,
  ) {}

  /** Prints one record; a newline inside it is written as /dev/kmsg does. */
  print(level: LogLevel, text: string): void {
    const line = text.replaceAll('\n', '\\x0a')
    if (this.#kept) this.lines.push({ level, text: line })
    this.tracer.emit('console', { level, text: line })
  }

  /** WARN_ON(): where in the sources something happened that should not; without the stack. */
  warnAt(site: string): void {
    if (this.tellsWarnings) this.print('warn', `WARNING: CPU: 0 at ${site}`)
  }

  /** WARN_ON_ONCE(): the same, the first time only; `condition` tells apart two of one function. */
  warnOnceAt(site: string, condition = ''): void {
    const place = `${site} ${condition}`
    if (this.#warned.has(place)) return
    this.#warned.add(place)
    this.warnAt(site)
  }

  /** Boot is over: from here on the stream alone keeps the lines. */
  stopKeeping(): void {
    this.#kept = false
  }
}
