/** lib/ratelimit.c: at most `burst` messages in `interval` microseconds. Left out: the count of what was suppressed. */
import type { Microseconds } from '@shared/units.ts'

export class RateLimit {
  private begin: Microseconds | null = null
  private printed = 0

  constructor(
    private readonly interval: Microseconds,
    private readonly burst: number,
  ) {}

  /** ___ratelimit: whether a message may be printed now. */
  allows(now: Microseconds): boolean {
    if (this.begin === null || now - this.begin > this.interval) {
      this.begin = now
      this.printed = 0
    }
    return this.printed++ < this.burst
  }
}

/** DEFAULT_RATELIMIT_INTERVAL and DEFAULT_RATELIMIT_BURST: what pr_err_ratelimited and dev_warn_ratelimited use, each call site for itself. */
export const defaultRateLimit = (): RateLimit => new RateLimit(5_000_000, 10)
