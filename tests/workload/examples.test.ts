import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Board } from '@shared/board.ts'
import { MiB } from '@shared/units.ts'
import { boardFromTree } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'
import { knobsOf } from '../../src-main/sizing/knobs.ts'
import { applySettings } from '../../src-main/sizing/index.ts'
import { parseWorkload, type ParsedWorkload } from '../../src-main/workload/parse.ts'
import { runWorkload } from '../../src-main/workload/run.ts'

const EXAMPLES = 'resources/examples'

function example(id: string): { board: Board; workloads: ParsedWorkload[] } {
  const folder = `${EXAMPLES}/${id}`
  const files = { readText: (path: string) => readFileSync(path, 'utf8'), readBytes: () => null }
  const { tree, diagnostics } = compile({ entry: `${folder}/board.dts`, files })
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  const { parsed, diagnostics: problems } = parseWorkload(
    'workload.yaml',
    readFileSync(`${folder}/workload.yaml`, 'utf8'),
  )
  expect(problems).toEqual([])
  return { board: boardFromTree(tree!).board, workloads: [parsed!] }
}

/** What each example shows: where calls go wrong, and the one size that mends it; null where none does. */
const SHOWN: Record<string, { area: string; mendedBy: number | null }> = {
  'imx8mp-camera': { area: 'cma:camera', mendedBy: 96 * MiB },
  'rk3566-media': { area: 'swiotlb:default', mendedBy: null },
  'pi-desktop': { area: 'cma:linux,cma', mendedBy: 256 * MiB },
  'sama5-stills': { area: 'cma:reserved', mendedBy: 36 * MiB },
  'vexpress-2012': { area: 'cma:reserved', mendedBy: 24 * MiB },
}

describe('the examples', () => {
  it('are all told of here', () => {
    const boards = readdirSync(EXAMPLES).filter(
      (id) => existsSync(`${EXAMPLES}/${id}/workload.yaml`) && id !== 'ks2012',
    )
    expect(boards.sort()).toEqual(Object.keys(SHOWN).sort())
  })

  it.each(Object.entries(SHOWN))(
    '%s fails visibly, and one size mends it if one can',
    async (id, { area, mendedBy }) => {
      const input = { ...example(id), machine: {}, seed: 1, detail: 'totals' as const }
      const today = await runWorkload(input)
      expect(new Set(today.incidents.map((incident) => incident.area))).toEqual(new Set([area]))
      const knob = knobsOf(input.board, {}, today.boot, today.inputs.arch).find(({ areas }) => areas.includes(area))!
      const changed = applySettings(input.board, {}, [{ knob, bytes: mendedBy ?? knob.current * 8 }])
      const mended = await runWorkload({ ...input, ...changed })
      expect(mended.incidents.length === 0).toBe(mendedBy !== null)
    },
  )
})
