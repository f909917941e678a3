import { describe, expect, it } from 'vitest'
import type { LayoutRegion } from '@shared/layout.ts'
import { GiB, MiB } from '@shared/units.ts'
import {
  boxesOf,
  memoryAxis,
  panWindow,
  placeLabels,
  ticksOf,
  toAddress,
  toAxis,
  zoomWindow,
} from '../../src-renderer/layout/memory-axis.ts'
import { fixtureLayout } from './fixture-host.ts'

const bank = (start: number, end: number) => ({ start, end, span: null })
const region = (name: string, start: number, end: number): LayoutRegion => ({
  ...fixtureLayout().regions[0]!,
  id: name,
  name,
  start,
  end,
})

//  0        1G        2G                4G      5G
//  |--RAM---|--area---|      hole       |--RAM--|
const layout = { banks: [bank(0, 2 * GiB), bank(4 * GiB, 5 * GiB)], regions: [region('area', GiB, 2 * GiB)] }

describe('the axis of the memory map', () => {
  it('draws banks to scale and shortens the hole between them', () => {
    const axis = memoryAxis(layout, 'true')
    expect(axis.segments.map((s) => s.hole)).toEqual([false, false, true, false])
    expect(axis.length).toBeCloseTo(3 * GiB * 1.03)
    expect(toAxis(axis, GiB)).toBe(GiB)
    expect(toAxis(axis, 4 * GiB)).toBeCloseTo(2 * GiB + 3 * GiB * 0.03)
  })

  it('gives small regions more room than their share when it is to be readable', () => {
    const small = { banks: [bank(0, GiB)], regions: [region('pool', 0, MiB)] }
    const share = (scale: 'readable' | 'true') => {
      const axis = memoryAxis(small, scale)
      return toAxis(axis, MiB) / axis.length
    }
    expect(share('true')).toBeCloseTo(1 / 1024)
    expect(share('readable')).toBeGreaterThan(0.02)
  })

  it('leads from an address to the axis and back', () => {
    const axis = memoryAxis(layout, 'readable')
    for (const address of [0, 123 * MiB, GiB, 1.5 * GiB, 3 * GiB, 4 * GiB, 4.25 * GiB])
      expect(toAddress(axis, toAxis(axis, address))).toBeCloseTo(address, -1)
  })

  it('keeps the point under the pointer when zooming, and the window inside of memory', () => {
    const axis = memoryAxis(layout, 'true')
    const whole = { from: 0, to: axis.length }
    const zoomed = zoomWindow(axis, whole, 0.5, GiB)
    expect((GiB - zoomed.from) / (zoomed.to - zoomed.from)).toBeCloseTo(GiB / axis.length)
    expect(zoomWindow(axis, zoomed, 100, GiB)).toEqual(whole)
    expect(panWindow(axis, zoomed, -10 * GiB).from).toBe(0)
    expect(panWindow(axis, zoomed, 10 * GiB).to).toBeCloseTo(axis.length)
  })

  it('leaves nothing too narrow to hit, and nothing outside of the window', () => {
    const axis = memoryAxis({ ...layout, regions: [region('tiny', 0, 4096), ...layout.regions] }, 'true')
    const [tiny] = boxesOf(axis, [region('tiny', 0, 4096)], { from: 0, to: axis.length }, 700, 3)
    expect(tiny!.width).toBe(3)
    expect(boxesOf(axis, [region('tiny', 0, 4096)], { from: GiB, to: 2 * GiB }, 700, 3)).toEqual([])
  })

  it('marks what lies inside another region', () => {
    const regions = [region('area', GiB, 2 * GiB), region('pool', GiB, GiB + MiB)]
    const axis = memoryAxis({ ...layout, regions }, 'readable')
    expect(boxesOf(axis, regions, { from: 0, to: axis.length }, 700, 3).map((box) => box.inside)).toEqual([false, true])
  })

  it('never lets two labels run into each other', () => {
    const regions = Array.from({ length: 20 }, (_, i) => region(`region-${i}`, i * 50 * MiB, i * 50 * MiB + MiB))
    const axis = memoryAxis({ banks: [bank(0, GiB)], regions }, 'true')
    const boxes = boxesOf(axis, regions, { from: 0, to: axis.length }, 700, 3)
    const labels = placeLabels(
      boxes,
      700,
      2,
      (text) => text.length * 6,
      (r) => r.name,
    )
    for (const row of [0, 1]) {
      const inRow = labels.filter((label) => label.row === row).sort((a, b) => a.labelX - b.labelX)
      for (const [index, label] of inRow.entries())
        expect(label.labelX).toBeGreaterThan((inRow[index - 1]?.labelX ?? -1000) + label.text.length * 6 - 1)
    }
    expect(labels.length).toBeGreaterThan(4)
  })

  it('writes addresses where something begins, apart from each other', () => {
    const axis = memoryAxis(layout, 'true')
    const ticks = ticksOf(axis, { from: 0, to: axis.length }, 700, 110)
    expect(ticks.map((tick) => tick.address)).toContain(4 * GiB)
    for (const [index, tick] of ticks.entries())
      expect(tick.x - (ticks[index - 1]?.x ?? -200)).toBeGreaterThanOrEqual(110)
  })
})
