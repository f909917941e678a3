/** Early boot of small boards, for tests: source of a board in, state or picture out. */
import type { Machine } from '@shared/board.ts'
import { GiB, MiB } from '@shared/units.ts'
import { boardFromTree } from '../../src-main/board/index.ts'
import { compile } from '../../src-main/devicetree/index.ts'
import { runEarlyBoot, type EarlyBoot } from '../../src-main/kernel/index.ts'
import { Log } from '../../src-main/kernel/log.ts'
import { Tracer } from '../../src-main/kernel/tracer.ts'
import { prepareBoot } from '../../src-main/workload/boot-board.ts'

export const RAM = 0x4000_0000

/** A board with 64 MiB of RAM from 0x4000_0000 (unless `memory` says otherwise) and the body given; two cells each. */
export function early(body: string, machine: Machine = {}): EarlyBoot {
  const source = `/dts-v1/;\n/ { #address-cells = <2>; #size-cells = <2>; ${body} };\n`
  const files = { readText: () => source, readBytes: () => new TextEncoder().encode(source) }
  const { board } = boardFromTree(compile({ entry: 'board.dts', files, quiet: true }).tree!)
  const given: Machine = {
    arch: 'arm64',
    memory: [{ start: RAM, end: RAM + 64 * MiB }],
    kernelImage: { start: RAM + 2 * MiB, end: RAM + 6 * MiB },
    dtb: { start: RAM + 8 * MiB, end: RAM + 8 * MiB + 4096 },
    ...machine,
  }
  const { boot, diagnostics } = prepareBoot(board, given)
  if (!boot) throw new Error(diagnostics[0]?.message)
  return runEarlyBoot(boot.input, new Log(new Tracer(null)))
}

/** The children of /reserved-memory. */
export const reserved = (nodes: string): string =>
  `reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges; ${nodes} };`

/** A CMA region of the tree. */
export const cma = (name: string, rest: string): string =>
  `${name} { compatible = "shared-dma-pool"; reusable; ${rest} };`

/** Lines of the log that the filter keeps, without their level. */
export const said = (boot: EarlyBoot, filter = /./): string[] =>
  boot.log.lines.map((l) => l.text).filter((text) => filter.test(text))

/**
 * 64 MiB of RAM from 0x4000_0000, a character for each 2 MiB: a letter where an area or region lies that `legend` names, `K` for the
 * image, `D` for the blob, `n` unmapped, `.` the rest.
 */
export function picture(boot: EarlyBoot, legend: Record<string, string>): string {
  const cells = Array.from({ length: 32 }, () => '.')
  const mark = (base: number, size: number, letter: string) => {
    for (let at = base; at < base + size; at += 2 * MiB) cells[Math.floor((at - RAM) / (2 * MiB))] = letter
  }
  mark(boot.loader.kernelImage.start, boot.loader.kernelImage.end - boot.loader.kernelImage.start, 'K')
  if (boot.loader.dtb) mark(boot.loader.dtb.start, 4096, 'D')
  for (const { base, size, flags } of boot.memblock.memory.regions) if (flags) mark(base, size, 'n')
  for (const { name, base, size, refused } of boot.reservedMem)
    if (legend[name] && !refused) mark(base, size, legend[name])
  for (const { name, base, size } of boot.cma) if (legend[name]) mark(base, size, legend[name])
  return cells.join('')
}

export { GiB, MiB }
