import { expect, test } from 'vitest'
import { MiB } from '@shared/units.ts'
import { PAGES_16K } from './booted.ts'
import { early, RAM, reserved } from './early.ts'

test('only whole pages count, also where a no-map region cuts one', () => {
  // 16 KiB pages:  | page | page |
  //                    nnnn        4 KiB from inside the first to inside the second: neither is left whole
  const firmware = 'fw@41003000 { no-map; reg = <0 0x41003000 0 0x2000>; };'
  const { zones } = early(reserved(firmware), { config: PAGES_16K })
  const pages = zones[0]!.present.map(({ start, end }) => (end - start) / 16384)
  expect(pages.reduce((sum, count) => sum + count)).toBe((64 * MiB) / 16384 - 2)
  expect(zones[0]!.present[0]!.start).toBe(RAM)
})
