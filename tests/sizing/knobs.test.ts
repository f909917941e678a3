import { describe, expect, it } from 'vitest'
import type { Knob } from '@shared/sizing.ts'
import { KiB, MiB } from '@shared/units.ts'
import { knobsOf } from '../../src-main/sizing/knobs.ts'
import { applySettings } from '../../src-main/sizing/settings.ts'
import { runWorkload } from '../../src-main/workload/run.ts'
import { inputOf, type SmallBoard } from '../workload/lab.ts'

const IDLE = 'duration: 1ms\n'
const AREA = (more: string): string => `area { compatible = "shared-dma-pool"; reusable; ${more} };`

async function knobs(board: SmallBoard): Promise<Knob[]> {
  const input = inputOf(board, IDLE)
  const { boot, inputs } = await runWorkload(input)
  return knobsOf(input.board, input.machine, boot, inputs.arch)
}

/** What the kernel makes of a size that was set. */
async function sizedAs(board: SmallBoard, id: string, bytes: number): Promise<Record<string, number>> {
  const input = inputOf(board, IDLE)
  const knob = (await knobs(board)).find((each) => each.id === id)!
  const run = await runWorkload({ ...input, ...applySettings(input.board, input.machine, [{ knob, bytes }]) })
  return Object.fromEntries(run.areas.map((area) => [area.name, area.bytes]))
}

describe('sizes that can be chosen', () => {
  const boards: [string, SmallBoard, [string, Knob['source'], string | null, string | null, number][]][] = [
    [
      'a node, a pool and a bounce buffer',
      { reserved: AREA('size = <0 0x1000000>; linux,cma-default;'), bootargs: 'coherent_pool=256K' },
      [
        ['cma:area', 'node', '/reserved-memory/area', null, 16 * MiB],
        ['pool', 'cmdline', null, 'coherent_pool', 256 * KiB],
        ['swiotlb', 'default', null, 'swiotlb', 256 * KiB],
      ],
    ],
    [
      'the command line',
      { bootargs: 'cma=24M' },
      [
        ['cma:reserved', 'cmdline', null, 'cma', 24 * MiB],
        ['pool', 'default', null, 'coherent_pool', 128 * KiB],
        ['swiotlb', 'default', null, 'swiotlb', 256 * KiB],
      ],
    ],
    [
      'declared and restricted memory',
      {
        bootargs: 'cma=8M',
        reserved:
          'own@44000000 { compatible = "shared-dma-pool"; no-map; reg = <0 0x44000000 0 0x100000>; }; safe@45000000 { compatible = "restricted-dma-pool"; reg = <0 0x45000000 0 0x400000>; };',
      },
      [
        ['cma:reserved', 'cmdline', null, 'cma', 8 * MiB],
        ['declared:own@44000000', 'node', '/reserved-memory/own@44000000', null, MiB],
        ['swiotlb:safe@45000000', 'node', '/reserved-memory/safe@45000000', null, 4 * MiB],
        ['pool', 'default', null, 'coherent_pool', 128 * KiB],
        ['swiotlb', 'default', null, 'swiotlb', 256 * KiB],
      ],
    ],
  ]
  it.each(boards)('%s', async (_, board, expected) => {
    const found = await knobs(board)
    expect(
      found.map(({ id, source, nodePath, parameter, current }) => [id, source, nodePath, parameter, current]),
    ).toEqual(expected)
  })

  it('a board without an area is offered one as a node, not a word on the command line', async () => {
    const [cma] = await knobs({ bootargs: 'cma=0' })
    expect([cma?.source, cma?.parameter]).toEqual(['cmdline', 'cma'])
  })
})

describe('a size that was set is the size that boots', () => {
  const sizes: [SmallBoard, string, number, string][] = [
    [{ reserved: AREA('size = <0 0x1000000>; linux,cma-default;') }, 'cma:area', 40 * MiB, 'cma:area'],
    [{ reserved: AREA('reg = <0 0x44000000 0 0x1000000>;') }, 'cma:area', 24 * MiB, 'cma:area'],
    [{ bootargs: 'cma=24M@0x40000000-0x48000000' }, 'cma:reserved', 32 * MiB, 'cma:reserved'],
    [{ bootargs: 'quiet' }, 'pool', 512 * KiB, 'pool:kernel'],
    [{ bootargs: 'swiotlb=1024,force' }, 'swiotlb', 4 * MiB, 'swiotlb:default'],
  ]
  it.each(sizes)('%j: %s = %d', async (board, id, bytes, area) => {
    expect((await sizedAs(board, id, bytes))[area]).toBe(bytes)
  })
})
