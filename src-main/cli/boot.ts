import type { Command } from 'commander'
import type { BootReport } from '@shared/run.ts'
import { formatAddress, formatBytes } from '@shared/units.ts'
import { bootKernel } from '../kernel/index.ts'
import { layoutOf } from '../lab/layout.ts'
import { layoutSvg } from '../report/layout-svg.ts'
import { prepareBoot, type PreparedBoot } from '../workload/boot-board.ts'
import { requireBoard, requireNoErrors, sorted } from './board.ts'
import { writeOutput } from './files.ts'
import { addBoardArgument, addMachineOptions, machineFrom, type BoardFlags, type MachineFlags } from './options.ts'
import { printJson, type Terminal } from './terminal.ts'

/** `boot BOARD`: what early boot makes of it; 1 when the kernel does not come up. */
export function configure(command: Command, terminal: Terminal): void {
  addMachineOptions(addBoardArgument(command))
    .option('--json', 'print {booted, panic, boot} on standard output')
    .option('--svg <file>', 'draw the memory into that file')
    .action((file: string, flags: BoardFlags & MachineFlags & { json?: true; svg?: string }) => {
      const { board, tree } = requireBoard(file, flags, terminal)
      const { boot, diagnostics } = prepareBoot(board, machineFrom(flags))
      requireNoErrors(sorted(diagnostics, file), terminal)
      const booted = bootKernel(boot!.input, null)
      const report = booted.ok ? booted.kernel.report() : null
      const panic = booted.ok ? null : booted.panic
      if (flags.svg !== undefined && report) {
        const layout = layoutOf({
          board,
          booted: boot!.input.board,
          tree,
          report,
          ...boot!.machine,
          ...placesOf(boot!),
        })
        writeOutput(flags.svg, layoutSvg(layout))
      }
      if (flags.json) printJson(terminal, { booted: booted.ok, panic, boot: report })
      else terminal.out(report ? inWords(report) : `the kernel does not come up: ${panic}\n`)
      if (!booted.ok) terminal.exitCode = 1
    })
}

const placesOf = ({ input: { loader } }: PreparedBoot) => ({
  image: loader.kernelImage,
  blob: loader.dtb,
  initrd: loader.initrd,
})

/** Everything by address, then the log. */
function inWords(report: BootReport): string {
  const rows = [
    ...report.memory.map((r) => row(r.base, r.size, r.flags ? 'RAM, not mapped' : 'RAM')),
    ...report.zones.map((z) => row(z.start, z.end - z.start, `zone ${z.name}`)),
    ...report.reserved.map((r) => row(r.base, r.size, `reserved ${r.node}${r.no_map ? ', no-map' : ''}`)),
    ...(report.carveouts ?? []).map((c) =>
      row(c.base, c.size, `carve-out ${c.name} of ${c.owner}${c.removed ? ', kept from the kernel' : ''}`),
    ),
    ...report.cma.map((c) => row(c.base, c.size, `CMA area ${c.name}${c.default ? ' (default)' : ''}`)),
    ...report.pools.flatMap((p) => (p.chunks ?? []).map((c) => row(c.base, c.size, `atomic pool ${p.name}`))),
    ...report.swiotlb.map((s) => row(s.start, s.end - s.start, `bounce buffer ${s.name}`)),
  ]
  const memory = rows.sort((a, b) => a.base - b.base || b.size - a.size).map((r) => r.text)
  return [...memory, '', ...report.log.map((l) => l.text)].join('\n') + '\n'
}

const row = (base: number, size: number, what: string) => ({
  base,
  size,
  text: `${formatAddress(base).padStart(18)}  ${formatBytes(size).padStart(10)}  ${what}`,
})
