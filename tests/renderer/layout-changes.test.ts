import { describe, expect, it } from 'vitest'
import type { LayoutRegion } from '@shared/layout.ts'
import { MiB } from '@shared/units.ts'
import { changesBetween, describeChange } from '../../src-renderer/layout/layout-changes.ts'
import { fixtureLayout } from './fixture-host.ts'

const region = (id: string, start: number, size: number, kind: LayoutRegion['kind'] = 'cma'): LayoutRegion => ({
  ...fixtureLayout().regions[0]!,
  id,
  name: id,
  kind,
  start: start * MiB,
  end: (start + size) * MiB,
})
const tell = (before: LayoutRegion[], after: LayoutRegion[]) =>
  [...changesBetween({ regions: before }, { regions: after })].map(
    ([id, change]) => `${id}: ${change.after ? '' : 'removed, '}${describeChange(change).replace('\u00a0', ' ')}`,
  )

//           0       64      128     192     256
//  before   |  cam   |  gpu  |       |  old  |
//  after    |  cam           |  gpu  |  new  |
const before = [region('cam', 0, 64), region('gpu', 64, 64), region('old', 192, 64)]
const after = [region('cam', 0, 128), region('gpu', 128, 64), region('new', 192, 64)]

describe('what an edit did to the layout', () => {
  it('names regions that grew, moved, came and went', () =>
    expect(tell(before, after)).toEqual([
      'cam: was 0x0 64 MiB',
      'gpu: was 0x400_0000 64 MiB',
      'new: new',
      'old: removed, was 0xc00_0000 64 MiB',
    ]))

  it('has nothing to say when nothing lies elsewhere', () => {
    expect(tell(before, before)).toEqual([])
    expect(tell(before, [{ ...before[0]!, note: 'another' }, before[1]!, before[2]!])).toEqual([])
  })

  it('leaves out what the kernel places for itself', () =>
    expect(tell([region('fdt', 0, 1, 'blob')], [region('fdt', 0, 2, 'blob')])).toEqual([]))
})
