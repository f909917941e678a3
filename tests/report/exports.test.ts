import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SizingResult } from '@shared/sizing.ts'
import { MiB } from '@shared/units.ts'
import { boardFromTree } from '../../src-main/board/index.ts'
import { applyOverlay, compile, readBlob, writeBlob } from '../../src-main/devicetree/index.ts'
import { reportFiles } from '../../src-main/report/index.ts'
import { size } from '../../src-main/sizing/index.ts'
import { runWorkload } from '../../src-main/workload/run.ts'
import { boardText, readText, workload } from '../workload/lab.ts'

const RESERVED = `own: own@44000000 { compatible = "shared-dma-pool"; reusable; reg = <0 0x44000000 0 0x800000>; };
		linux,cma { compatible = "shared-dma-pool"; reusable; size = <0 0x800000>; linux,cma-default; };`

/** One area with a place, one that floats, and a pool from the command line: each too small. */
const text = boardText({
  reserved: RESERVED,
  cam: 'memory-region = <&own>;',
  bootargs: 'console=ttyS0 coherent_pool=64K',
})
const { board, tree } = readText(text)
const work = workload(
  `duration: 200ms
streams:
  - { name: camera, device: cam, buffers: [{ bytes: 3M }, { bytes: 2M, count: 5 }] }
  - { name: video, device: net, buffers: [{ bytes: 5M, count: 3 }] }
  - { name: packets, device: net, buffers: [{ bytes: 40K, count: 3, context: atomic }] }
`,
)

let result: SizingResult
let files: Record<string, string>
let folder: string
const at = (name: string): string => join(folder, name)
const failuresOn = async (target: typeof board, seed: number): Promise<number> => {
  const { totals } = await runWorkload({ board: target, machine: {}, workloads: [work], seed })
  return totals.failures + totals.fallbacks
}
const hasDtc = ['dtc', 'fdtoverlay'].every((tool) => {
  try {
    execFileSync('which', [tool])
    return true
  } catch {
    return false
  }
})

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'carveout-report-'))
  result = await size({ board, machine: {}, workloads: [work], seed: 1, runs: 24, risk: 0.15 })
  const inputs = {
    board,
    tree,
    entry: 'board.dts',
    source: () => text,
    cmdline: board.bootargs,
    result,
    before: null,
    after: null,
  }
  files = Object.fromEntries(reportFiles(inputs).map((file) => [file.name, file.text]))
  for (const [name, content] of Object.entries({ ...files, 'board.dts': text })) writeFileSync(at(name), content)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a recommendation', () => {
  it('sizes what falls short, and proves it', () => {
    expect(result.verdict).toBe('holds')
    expect(result.knobs.map(({ knob, state, recommended }) => [knob.id, state, (recommended ?? 0) / MiB])).toEqual([
      ['cma:linux,cma', 'grow', 16],
      ['cma:own@44000000', 'grow', 14],
      ['pool', 'grow', 0.1875],
      ['swiotlb', 'unused', 0],
    ])
  })

  it('is needed: without it calls fail', async () => {
    expect(await failuresOn(board, 1)).toBeGreaterThan(0)
  })
})

describe('the overlay, applied', () => {
  const overlayTree = () => {
    const name = 'board-memory.dtso'
    const { tree: parsed, diagnostics } = compile({
      entry: name,
      files: { readText: (path) => (path === name ? files[name]! : null), readBytes: () => null },
    })
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
    return parsed!
  }

  it('keeps the promise on seeds that nobody has seen', async () => {
    const { tree: merged, diagnostics } = applyOverlay(tree, overlayTree())
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
    const changed = boardFromTree(merged).board
    for (const seed of [9001, 9002, 9003]) expect(await failuresOn(changed, seed)).toBe(0)
  })

  it.runIf(hasDtc)('is the same to dtc and fdtoverlay', async () => {
    execFileSync('dtc', ['-q', '-@', '-I', 'dts', '-O', 'dtb', '-o', at('board.dtb'), at('board.dts')])
    execFileSync('dtc', ['-q', '-@', '-I', 'dts', '-O', 'dtb', '-o', at('memory.dtbo'), at('board-memory.dtso')])
    execFileSync('fdtoverlay', ['-i', at('board.dtb'), '-o', at('merged.dtb'), at('memory.dtbo')])
    const changed = boardFromTree(readBlob(new Uint8Array(readFileSync(at('merged.dtb')))).tree!).board
    expect(await failuresOn(changed, 9001)).toBe(0)
    expect(changed.bootargs).toBe('console=ttyS0 coherent_pool=192K')
    expect(writeBlob(overlayTree()).length).toBeGreaterThan(0)
  })
})

describe('the other exports', () => {
  it('the patch leads to a board that keeps the promise as well', async () => {
    writeFileSync(at('board.dts'), text)
    execFileSync('patch', ['-s', '-p1', '-d', folder, '-i', at('board-memory.patch')])
    const patched = readText(readFileSync(at('board.dts'), 'utf8')).board
    expect(await failuresOn(patched, 9001)).toBe(0)
    writeFileSync(at('board.dts'), text)
  })

  it('the command line has the pool in it', () => {
    expect(files['bootargs.txt']!.split('\n').at(-2)).toBe('console=ttyS0 coherent_pool=192K')
  })

  it('all carry inputs, seed, digest and evidence', () => {
    for (const [name, content] of Object.entries(files)) {
      expect(content, name).toContain(result.inputs.digest)
      expect(content, name).toContain('seed 1, up to 24 runs')
      expect(content, name).toContain('of 24')
    }
  })

  it('the HTML report is one file that asks nothing of a network', () => {
    const html = files['report.html']!
    expect(html).not.toMatch(/<script|<link|<img|url\(|https?:/)
    expect(html).toContain('<svg')
    expect(html).toContain('size = &lt;0x0 0x1000000&gt;')
  })

  it('there is nothing to change where the sizes are right', async () => {
    const good = readText(boardText({ bootargs: 'cma=16M' }))
    const small = workload('duration: 10ms\nstreams: [{ device: cam, buffers: [{ bytes: 15M }] }]\n')
    const fits = await size({ board: good.board, machine: {}, workloads: [small], seed: 1, runs: 24, risk: 0.15 })
    expect(fits.knobs[0]).toMatchObject({ state: 'fits', recommended: 16 * MiB })
    const inputs = {
      ...good,
      entry: 'board.dts',
      source: () => '',
      cmdline: '',
      result: fits,
      before: null,
      after: null,
    }
    expect(reportFiles(inputs)[0]!.text).toContain('there is nothing to change')
  })
})
