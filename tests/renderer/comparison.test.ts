import { describe, expect, it } from 'vitest'
import { comparisonRows } from '@shared/comparison.ts'
import { MiB } from '@shared/units.ts'
import { sizingEdits } from '../../src-renderer/size/apply-sizes.ts'
import { applyEdits } from '../../src-renderer/stores/text-edits.ts'
import { boardText, fixtureLayout } from './fixture-host.ts'
import { fixtureRun } from './fixture-run.ts'

describe('runs side by side', () => {
  const variants = [
    { label: 'small', run: fixtureRun({ bytes: 32 * MiB }) },
    { label: 'large', run: fixtureRun({ bytes: 128 * MiB }) },
  ]
  it('puts what differs before what is the same, and leaves out what nobody uses', () => {
    const rows = comparisonRows({ variants })
    const firstSame = rows.findIndex((row) => row.same)
    expect(rows.slice(firstSame).every((row) => row.same)).toBe(true)
    expect(rows[0]!.name).toBe('failures')
    expect(rows.find((row) => row.name === 'camera: size')?.values).toEqual([32 * MiB, 128 * MiB])
    const unused = variants.map(({ label, run }) => ({
      label,
      run: { ...run, areas: run.areas.map((area) => ({ ...area, peakUsed: 0, failures: 0 })) },
    }))
    expect(comparisonRows({ variants: unused }).some((row) => row.name.startsWith('camera'))).toBe(false)
  })
})

describe('a recommendation', () => {
  it('is written where the sizes stand', () => {
    const knob = {
      id: 'cma:camera',
      kind: 'cma' as const,
      areas: ['cma:camera'],
      source: 'node' as const,
      nodePath: '/reserved-memory/camera',
      parameter: null,
      granule: MiB,
      current: 48 * MiB,
    }
    const result = { knobs: [{ knob, recommended: 80 * MiB }] } as never
    expect(applyEdits(boardText, sizingEdits(fixtureLayout(), result))).toContain('size = <0x0 0x5000000>;')
  })
})
