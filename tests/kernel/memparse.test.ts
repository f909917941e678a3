import { expect, it } from 'vitest'
import { memparse } from '../../src-main/kernel/memparse.ts'

it.each([
  ['64M', 64 * 1024 ** 2, ''],
  ['0x1000', 4096, ''],
  ['010k', 8192, ''],
  ['1G@0x80000000', 1024 ** 3, '@0x80000000'],
  ['foo', 0, 'foo'],
  ['', 0, ''],
  ['5', 5, ''],
  ['0', 0, ''],
  ['16777216E', 0, ''],
])('%s is %i, then %j', (text, value, rest) => expect(memparse(text)).toEqual({ value, rest }))
