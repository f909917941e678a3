/** Boards and command lines that nobody would write: early boot places, refuses or stops as a kernel does, and never dies of them. */
import { expect, test } from 'vitest'
import { bootKernel, resolveProfile, type LoaderFacts } from '../../src-main/kernel/index.ts'
import { boardFromTree } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'
import { GiB, MiB } from './early.ts'

function* numbers(seed: number): Generator<number> {
  for (let x = seed * 2654435761; ;) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    yield x >>> 7
  }
}

/** A board, a command line and a loader made of plausible and of absurd pieces. */
function absurd(seed: number) {
  const random = numbers(seed)
  const below = (n: number): number => random.next().value % n
  const pick = <T>(...from: T[]): T => from[below(from.length)]!
  const cell = () =>
    pick(0, 0, 1, 0x1000, 0x100000, 0x4000_0000, 0x4200_0000, 0x8000_0000, 0xffff_ffff, below(2 ** 25) * 64)
  const cells = (most: number) => `<${Array.from({ length: below(most + 1) }, cell).join(' ')}>`
  const property = () =>
    pick(
      'compatible = "shared-dma-pool";',
      'compatible = "shared-dma-pool", "restricted-dma-pool";',
      'compatible = "restricted-dma-pool";',
      'reusable;',
      'no-map;',
      `reg = ${cells(8)};`,
      `size = ${cells(3)};`,
      `size = <0 ${cell()}>;`,
      `alignment = ${cells(3)};`,
      `alloc-ranges = ${cells(8)};`,
      'linux,cma-default;',
      'status = "disabled";',
    )
  const properties = () =>
    [...new Map(Array.from({ length: 1 + below(5) }, property).map((p) => [p.split(/[ ;]/)[0], p])).values()].join(' ')
  const nodes = Array.from({ length: below(12) }, (_, n) => `r${n} { ${properties()} };`).join(' ')
  const root = pick(
    '',
    `reserved-memory { #address-cells = <2>; #size-cells = <${pick(1, 2, 2, 2)}>; ${pick('ranges;', 'ranges;', '')} ${nodes} };`,
  )
  const size = () =>
    pick('', '0', '1', '64K', '16M', '100M', '1G', '5G', '0x', '-1', 'x', '18446744073709551615', '16E')
  const word = () =>
    pick(
      `cma=${size()}`,
      `cma=${size()}@${size()}`,
      `cma=${size()}@${size()}-${size()}`,
      'cma',
      `mem=${size()}`,
      'mem',
      `swiotlb=${size()},${below(9)}`,
    ) + pick('', '', ` vmalloc=${size()}`, ` coherent_pool=${size()}`, ' swiotlb=force', ' --', ' "')
  const memory = Array.from({ length: 1 + below(3) }, () => {
    const start = pick(0, 0x1000, 0x4000_0000, 0x8000_0000, 0x4000_0123, 0xf000_0000, 4 * GiB)
    return { start, end: start + pick(MiB, 64 * MiB, 100 * MiB + 77, GiB) }
  })
  const image = { start: memory[0]!.start + 2 * MiB, end: memory[0]!.start + 6 * MiB }
  const loader: LoaderFacts = {
    memory,
    cmdline: [word(), word()].join(' '),
    kernelImage: image,
    initrd: pick(null, { start: image.end, end: image.end + MiB + 5 }),
    dtb: pick(null, { start: image.end + 2 * MiB, end: image.end + 2 * MiB + 3000 }),
    cpus: 1 + below(9),
  }
  return {
    source: `/dts-v1/;\n/ { #address-cells = <2>; #size-cells = <2>; ${root} };`,
    loader,
    arch: pick('arm64', 'arm', 'x86_64'),
  }
}

test('four hundred absurd boots', () => {
  for (let seed = 1; seed <= 400; seed++) {
    const { source, loader, arch } = absurd(seed)
    const files = { readText: () => source, readBytes: () => new TextEncoder().encode(source) }
    const { board } = boardFromTree(compile({ entry: 'b.dts', files, quiet: true }).tree!)
    const { profile, config } = resolveProfile('6.12', arch, null)!
    const about = `seed ${seed}: ${arch} ${loader.cmdline}\n${source}`
    let booted
    try {
      booted = bootKernel({ profile, config, board, loader }, null)
    } catch (error) {
      throw new Error(`${about}\n${String(error)}`, { cause: error })
    }
    if (!booted.ok) continue
    const { memblock, cma } = booted.kernel.early
    for (const list of [memblock.memory.regions, memblock.reserved.regions])
      for (const [n, region] of list.entries()) {
        expect(Number.isFinite(region.base) && region.size > 0, about).toBe(true)
        if (n > 0) expect(list[n - 1]!.base + list[n - 1]!.size, about).toBeLessThanOrEqual(region.base)
      }
    const align = profile.cma!.minAlignPages * profile.page.sizeBytes
    for (const area of cma) expect([area.base % align, area.size % align], about).toEqual([0, 0])
  }
})
