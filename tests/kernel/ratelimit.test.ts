import { expect, it } from 'vitest'
import { RateLimit } from '../../src-main/kernel/ratelimit.ts'

it('lets a burst through, and the next one once more than the interval is over', () => {
  const limit = new RateLimit(5, 2)
  const times = [0, 0, 1, 5, 6, 6, 6]
  expect(times.map((now) => limit.allows(now))).toEqual([true, true, false, false, true, true, false])
})
