import { beforeAll, describe, expect, it } from 'vitest'
import type { ExportKind } from '@shared/api.ts'
import type { Comparison } from '@shared/comparison.ts'
import { pack } from '@shared/wire.ts'
import { exportFiles } from '../../src-main/lab/tasks/export.ts'
import { compareRuns } from '../../src-main/workload/compare.ts'
import { smallBoard, workload } from '../workload/lab.ts'

/** Three buffers of 6 MiB: the area of 16 MiB serves two of them, the one of 32 MiB all. */
let comparison: Comparison
beforeAll(async () => {
  const work = workload(
    'duration: 100ms\nstreams: [{ name: it, device: cam, jitter: 0, buffers: [{ bytes: 6M, count: 3 }] }]\n',
  )
  const variants = ['cma=16M', 'cma=32M'].map((bootargs) => ({
    label: `with ${bootargs}`,
    board: smallBoard({ bootargs }),
    machine: {},
  }))
  comparison = await compareRuns({ variants, workloads: [work], seed: 1 })
})

const text = async (kind: ExportKind, result: unknown = comparison) =>
  (await exportFiles({ work: null, packed: pack(result), kind })).map((file) => file.text).join('\n')

describe('a comparison taken home', () => {
  it('as Markdown names the variants, the first difference, every figure and its inputs', async () => {
    const markdown = await text('markdown')
    expect(markdown).toContain('| with cma=16M | 1 failure |')
    expect(markdown).toContain('| with cma=32M | every request served |')
    expect(markdown).toMatch(/alloc of 6 MiB by cam, it, at .*\n\nwith cma=16M: failed, −12 ENOMEM/)
    expect(markdown).toContain('| failures | 1 | 0 |')
    expect(markdown).toContain(comparison.variants[0]!.run.inputs.digest)
  })

  it('as HTML is one file that fetches nothing, with a chart of all on one axis and one for each variant', async () => {
    const html = await text('html')
    expect(html).not.toMatch(/<script|src=|href=/)
    expect(html.match(/<svg /g)).toHaveLength(4)
    expect(html).toContain('with cma=16M: used')
  })

  it('as CSV is a row a figure and a column a variant, in numbers', async () => {
    const rows = (await text('csv')).trim().split('\r\n')
    expect(rows[0]).toBe('figure,unit,with cma=16M,with cma=32M')
    expect(rows).toContain('failures,count,1,0')
    expect(rows.some((row) => /,bytes,16777216,33554432$/.test(row))).toBe(true)
  })

  it('as charts is a file for all on one axis and one for each area of each variant, that draws by itself', async () => {
    const files = await exportFiles({ work: null, packed: pack(comparison), kind: 'svg' })
    expect(files.map(({ name }) => name)).toEqual([
      'failures-and-fall-backs.svg',
      'reserved-in-use.svg',
      'with-cma-16M-reserved.svg',
      'with-cma-32M-reserved.svg',
    ])
    expect(files[0]!.text).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" [^>]*><style>/)
    expect(files[0]!.text).toMatch(/--used:#[0-9a-f]{6}/)
  })

  it('of a version that did not look for the first difference says so', async () => {
    expect(await text('markdown', { variants: comparison.variants })).toContain('older version')
  })

  it('shows no figures of a variant that does not boot', async () => {
    const [good, bad] = comparison.variants
    const panicked = { ...bad!, run: { ...bad!.run, booted: false, panic: 'no memory' } }
    const markdown = await text('markdown', { ...comparison, variants: [good, panicked] })
    expect(markdown).toContain('| with cma=32M | does not boot: no memory |')
    expect(markdown).toContain('| failures | 1 | — |')
  })
})

describe('a run taken home', () => {
  it('as HTML and as charts shows the areas that were used', async () => {
    const { run } = comparison.variants[0]!
    expect(await text('html', run)).toContain('1 failures')
    const files = await exportFiles({ work: null, packed: pack(run), kind: 'svg' })
    expect(files.map(({ name }) => name)).toEqual(['reserved.svg'])
  })
})
