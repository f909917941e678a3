import { describe, expect, it } from 'vitest'
import { shortageText } from '@shared/shortage.ts'
import { MiB } from '@shared/units.ts'

/** `total` MiB free, `area` of them in CMA areas, against a watermark of 2. */
const text = (total: number, area: number, countsCma: boolean): string | null =>
  shortageText({ zone: 'Normal', free: total * MiB, freeCma: area * MiB, minBytes: 2 * MiB, countsCma })

describe('why unmovable requests fail beside a large area', () => {
  it.each([
    [100, 64, null],
    [64, 0, null],
    [3, 0, null],
  ])('%i MiB free, %i in areas: they do not', (total, area, expected) => {
    expect(text(total, area, true)).toBe(expected)
  })

  it('a kernel that counts the areas lets them pass the watermark, and they find nothing', () => {
    expect(text(64, 64, true)).toMatch(/counts them: the watermark of 2 MiB lets the request pass.* there are 0 B/)
  })

  it('one that does not stops them at the watermark', () => {
    expect(text(65, 64, false)).toMatch(/leaves them out: 1 MiB against a watermark of 2 MiB/)
  })
})
