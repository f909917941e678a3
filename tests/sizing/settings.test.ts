import { describe, expect, it } from 'vitest'
import type { Knob } from '@shared/sizing.ts'
import { KiB, MiB } from '@shared/units.ts'
import { setParameter, sizeWord } from '../../src-main/sizing/cmdline.ts'
import { parameterValue, sizeCells } from '../../src-main/sizing/settings.ts'

describe('the kernel command line', () => {
  const cases: [before: string, name: string, value: string, after: string][] = [
    ['', 'cma', '64M', 'cma=64M'],
    ['console=ttyS0 cma=16M quiet', 'cma', '64M', 'console=ttyS0 cma=64M quiet'],
    ['cma=1M cma=2M', 'cma', '64M', 'cma=64M'],
    ['a="x cma=3M" b', 'cma', '64M', 'a="x cma=3M" b cma=64M'],
    ['quiet -- init=1', 'cma', '64M', 'quiet cma=64M -- init=1'],
    ['mycma=1M', 'cma', '64M', 'mycma=1M cma=64M'],
  ]
  it.each(cases)('%s with %s=%s', (before, name, value, after) => expect(setParameter(before, name, value)).toBe(after))

  it('keeps the place of an area and the rest of swiotlb=', () => {
    const knob = (kind: Knob['kind'], parameter: string) => ({ kind, parameter }) as Knob
    expect(parameterValue(knob('cma', 'cma'), 96 * MiB, 'cma=64M@0x40000000-0x80000000')).toBe(
      '96M@0x40000000-0x80000000',
    )
    expect(parameterValue(knob('swiotlb', 'swiotlb'), 64 * MiB, 'swiotlb=1024,4,force')).toBe('32768,4,force')
    expect(parameterValue(knob('pool', 'coherent_pool'), 1536 * KiB, '')).toBe('1536K')
    expect(sizeWord(3 * 1024 * MiB)).toBe('3G')
  })
})

it('writes sizes as cells, in size or reg', () => {
  expect(sizeCells({ reg: null, size: [0, 1] }, 2, 2, 5 * 1024 * MiB)).toEqual({ size: [1, 0x40000000] })
  expect(sizeCells({ reg: [0, 0x40000000, 0, 4096], size: null }, 2, 2, 64 * MiB)).toEqual({
    reg: [0, 0x40000000, 0, 0x4000000],
  })
})
