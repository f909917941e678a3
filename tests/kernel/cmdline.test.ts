import { expect, test } from 'vitest'
import { parseCommandLine } from '../../src-main/kernel/cmdline.ts'
import { memparse } from '../../src-main/kernel/memparse.ts'

test.each([
  [
    'cma=64M quiet',
    [
      ['cma', '64M'],
      ['quiet', null],
    ],
  ],
  [
    'a="b c" "d=e f" g',
    [
      ['a', 'b c'],
      ['d', 'e f'],
      ['g', null],
    ],
  ],
  ['coherent-pool=1M', [['coherent_pool', '1M']]],
  [
    'cma= swiotlb=force',
    [
      ['cma', ''],
      ['swiotlb', 'force'],
    ],
  ],
  ['cma=1M -- cma=2M', [['cma', '1M']]],
  [
    '  tabs\tand\nlines ',
    [
      ['tabs', null],
      ['and', null],
      ['lines', null],
    ],
  ],
  ['', []],
])('%j', (text, words) => {
  expect(parseCommandLine(text)).toEqual(words.map(([name, value]) => ({ name, value })))
})

test.each([
  ['64M', 64 * 2 ** 20, ''],
  ['64M@0x50000000', 64 * 2 ** 20, '@0x50000000'],
  ['0x10', 16, ''],
  ['010k', 8 * 1024, ''],
  ['1g', 2 ** 30, ''],
  ['garbage', 0, 'arbage'],
  ['16Mb', 16 * 2 ** 20, 'b'],
  ['-1', 0, '-1'],
])('%s is %d, then %j', (text, value, rest) => {
  expect(memparse(text)).toEqual({ value, rest })
})
