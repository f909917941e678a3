import { describe, expect, test } from 'vitest'
import { early, GiB, MiB, RAM, said } from './early.ts'

const hex = (n: number) => `0x${n.toString(16)}`
const area = (cmdline: string, config = '') => {
  const boot = early(config && `lab { compatible = "carveout,lab"; config = ${config}; };`, { cmdline })
  const [first] = boot.cma
  return first ? `${first.size / MiB}M at ${hex(first.base)}` : said(boot, /^cma:/).join('; ')
}

describe('cma= on 64 MiB from 0x40000000', () => {
  test.each([
    ['cma=8M@0x42000000', '8M at 0x42000000'],
    ['cma=8M@0x42000000-0x44000000', '8M at 0x43400000'],
    ['cma=7M@0x42000000-0x44000000', '8M at 0x43400000'],
    ['cma=8M cma=4M@0x42000000', '4M at 0x42000000'],
    [
      'cma=4M@0x42000000 cma=8M',
      'cma: Size (0x0000000000800000) of region at 0x0000000042000000 exceeds limit (0x0000000042400000); cma: Failed to reserve 8 MiB on node -1',
    ],
    ['cma=0', ''],
    ['cma=garbage', ''],
    [
      'cma=8M@0x42100000',
      'cma: Region at 0x0000000042100000 must be aligned to 0x0000000000200000 bytes; cma: Failed to reserve 8 MiB on node -1',
    ],
    ['cma=128M', 'cma: Failed to reserve 128 MiB on node -1'],
    ['cma=8M@0x40000000', 'cma: Failed to reserve 8 MiB on node -1'],
  ])('%s', (cmdline, want) => expect(area(cmdline)).toBe(want))
  test('without a value it is refused, and the configuration decides', () => {
    const boot = early('', { cmdline: 'cma' })
    expect(said(boot, /cma/)).toEqual([
      'cma: Config string not provided',
      `Malformed early option 'cma'`,
      expect.stringMatching(/^cma: Reserved 32 MiB at 0x/),
    ])
  })
})

test.each([
  ['"CMA_SIZE_MBYTES=4"', 4],
  ['"CMA_SIZE_SEL_MBYTES=n", "CMA_SIZE_SEL_PERCENTAGE=y", "CMA_SIZE_PERCENTAGE=25"', 16],
  ['"CMA_SIZE_MBYTES=4", "CMA_SIZE_SEL_MBYTES=n", "CMA_SIZE_SEL_MIN=y", "CMA_SIZE_PERCENTAGE=25"', 4],
  ['"CMA_SIZE_MBYTES=4", "CMA_SIZE_SEL_MBYTES=n", "CMA_SIZE_SEL_MAX=y", "CMA_SIZE_PERCENTAGE=25"', 16],
])('%s: %d MiB', (config, mib) => expect(area('', config)).toMatch(new RegExp(`^${mib}M at`)))

test('where RAM goes on beyond 4 GiB, the area lies right there, unless its limit is lower', () => {
  const memory = [{ start: RAM, end: 6 * GiB }]
  expect(early('', { memory, cmdline: 'cma=64M@0x40000000-0x140000000' }).cma[0]?.base).toBeLessThan(4 * GiB)
  const x86 = early('', { arch: 'x86_64', memory: [{ start: 0, end: 6 * GiB }], cmdline: 'cma=64M' })
  expect(x86.cma[0]?.base).toBe(4 * GiB)
})

describe('32-bit ARM', () => {
  const arm = (cmdline: string, mib = 1024) =>
    early('', {
      arch: 'arm',
      cmdline,
      memory: [{ start: RAM, end: RAM + mib * MiB }],
      kernelImage: { start: RAM + 0x8000, end: RAM + 6 * MiB },
    })
  test('the area goes to high memory where there is some', () => {
    const boot = arm('cma=64M')
    expect(boot.highMemory).toBe(0x7000_0000)
    expect(boot.cma[0]?.base).toBe(0x7c00_0000)
    expect(arm('cma=64M', 512).cma[0]?.base).toBe(0x5c00_0000)
  })
  test('a fixed one must not cross into it', () =>
    expect(said(arm('cma=64M@0x6e000000'), /boundary/)).toEqual([
      'cma: Region at 0x6e000000 defined on low/high memory boundary (0x70000000)',
    ]))
  test('RAM that begins inside a pair of sections is not mapped up to the next', () => {
    const start = RAM + MiB
    const boot = early('', {
      arch: 'arm',
      memory: [{ start, end: RAM + 256 * MiB }],
      kernelImage: { start: RAM + 2 * MiB + 0x8000, end: RAM + 8 * MiB },
    })
    expect(boot.memblock.memory.regions.map((r) => [r.base, r.flags > 0])).toEqual([
      [start, true],
      [RAM + 2 * MiB, false],
    ])
  })
  test('vmalloc= moves the boundary', () => expect(arm('vmalloc=512M').highMemory).toBe(0x5f00_0000))
})
