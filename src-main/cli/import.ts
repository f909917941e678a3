import type { Command } from 'commander'
import type { Machine } from '@shared/board.ts'
import { formatDiagnostic, type Diagnostic } from '@shared/diagnostics.ts'
import type { BootReport } from '@shared/run.ts'
import { KiB } from '@shared/units.ts'
import { boardFromTree } from '../board/index.ts'
import { readBlob } from '../devicetree/index.ts'
import { bootKernel } from '../kernel/index.ts'
import { CaptureError, readCapture, type Capture } from '../lab/capture-files.ts'
import { prepareBoot } from '../workload/boot-board.ts'
import { diagnose, differences, importFiles, type BoardFacts, type Difference } from '../workload/import/index.ts'
import { requireBoard, requireNoErrors, sorted } from './board.ts'
import { InputError, UsageError, wholeFile } from './errors.ts'
import { writeOutput } from './files.ts'
import { addBoardOptions, addMachineOptions, machineFrom, type BoardFlags, type MachineFlags } from './options.ts'
import { printJson, type Terminal } from './terminal.ts'

type Flags = BoardFlags &
  MachineFlags & { board?: string; output?: string; pages?: true; pageSize: string; json?: true }

/**
 * `import FILE…`: what was collected on a board, as a call script and as a diagnosis; with a board file, where the two differ: 1 when
 * they do.
 */
export function configure(command: Command, terminal: Terminal): void {
  addMachineOptions(
    addBoardOptions(
      command.argument('<file...>', 'what capture-script collected, or ftrace text, dmesg, files of /proc and debugfs'),
    ),
  )
    .option('-o, --output <file>', 'write the calls of the trace there, in the command language')
    .option('--board <file>', 'the board file to hold against; the devicetree of a capture otherwise')
    .option('--pages', 'page allocations of the trace are calls too')
    .option('--page-size <size>', "the kernel's pages: 4K, 16K or 64K", '4K')
    .option('--json', 'print {calls, diagnosis, differences} on standard output')
    .action((paths: string[], flags: Flags) => {
      const capture = captureOf(paths)
      const pageBytes = parseInt(flags.pageSize, 10) * KiB
      if (![4, 16, 64].includes(pageBytes / KiB)) throw new UsageError('--page-size is 4K, 16K or 64K')
      const imported = importFiles(capture.files, { pageBytes, pages: flags.pages ?? false })
      const errors = imported.diagnostics.filter(({ severity }) => severity === 'error')
      if (errors.length) throw new InputError(imported.diagnostics)
      terminal.err(imported.diagnostics.map((d) => `${formatDiagnostic(d)}\n`).join(''))
      if (flags.output !== undefined) writeScript(flags.output, imported.script)
      const boot = simulated(flags, capture, imported.facts, terminal)
      const differs = boot && differences(imported.facts, boot)
      const diagnosis = diagnose(imported.facts, imported.counts, pageBytes)
      if (flags.json) printJson(terminal, { calls: imported.counts, diagnosis, differences: differs })
      else terminal.out(inWords(imported, diagnosis, differs, flags.output))
      if (differs?.length) terminal.exitCode = 1
    })
}

function captureOf(paths: string[]): Capture {
  try {
    return readCapture(paths)
  } catch (error) {
    if (error instanceof CaptureError) throw new InputError([wholeFile(error.file, 'capture', error.message)])
    throw error
  }
}

function writeScript(path: string, script: string | null): void {
  if (script === null)
    throw new UsageError(
      `nothing to write to ${path}: no file holds events of dma, cma or swiotlb; trace them, or leave -o out for the diagnosis`,
    )
  writeOutput(path, script)
}

/** The board that was named, or the capture's own, booted with what the capture says of the machine; null without a board. */
function simulated(flags: Flags, capture: Capture, facts: BoardFacts, terminal: Terminal): BootReport | null {
  const file = flags.board ?? 'fdt.dtb'
  const board =
    flags.board !== undefined
      ? requireBoard(flags.board, flags, terminal).board
      : capture.blob && blobBoard(capture.blob, terminal)
  if (!board) return null
  const { boot, diagnostics } = prepareBoot(
    board,
    machineOf(machineFrom(flags), capture, facts, board.memory.length > 0),
  )
  requireNoErrors(sorted(diagnostics, file), terminal)
  const booted = bootKernel(boot!.input, null)
  if (booted.ok) return booted.kernel.report()
  throw new InputError([wholeFile(file, 'no-boot', `the simulated kernel does not come up: ${booted.panic}`)])
}

function blobBoard(blob: Uint8Array, terminal: Terminal) {
  const { tree, diagnostics } = readBlob(blob, 'fdt.dtb')
  if (!tree) throw new InputError(diagnostics)
  const read = boardFromTree(tree)
  requireNoErrors(sorted(read.diagnostics, 'fdt.dtb'), terminal)
  return read.board
}

/** What the user says goes before what the capture says. */
function machineOf(asked: Machine, { config }: Capture, facts: BoardFacts, boardHasRam: boolean): Machine {
  const known: Machine = {}
  if (facts.cmdline !== null) known.cmdline = facts.cmdline
  if (facts.cpus !== null) known.cpus = facts.cpus
  if (facts.image) known.kernelImage = facts.image
  if (config !== null) known.config = config
  if (!boardHasRam && facts.ram.length) known.memory = facts.ram
  const old = /^3\.[4-7]\b/.exec(facts.release ?? '')
  if (old) known.kernel = old[0]
  return { ...known, ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) }
}

function inWords(
  { counts, script }: ReturnType<typeof importFiles>,
  diagnosis: Diagnostic[],
  differs: Difference[] | null,
  output: string | undefined,
): string {
  const parts: string[] = []
  if (counts) {
    const { calls, failed, freedUnseen, pagesLeftOut } = counts
    const left = [
      freedUnseen ? `${freedUnseen} events free what the trace did not see come` : '',
      pagesLeftOut ? `${pagesLeftOut} page allocations are the system's own (--pages makes them calls)` : '',
    ].filter(Boolean)
    parts.push(
      [`${calls} calls, ${failed} of them refused on the board`, ...left].join('; ') +
        (script !== null && output !== undefined && output !== '-' ? `\nwrote ${output}` : ''),
    )
  }
  if (diagnosis.length) parts.push(diagnosis.map(formatDiagnostic).join('\n'))
  if (differs) parts.push(differs.length ? differs.map(differenceLine).join('\n') : 'simulation and board agree')
  return parts.map((part) => `${part}\n`).join('\n')
}

const differenceLine = ({ file, line, what, board, simulation }: Difference): string =>
  `${file ? `${file}:${line}: ` : ''}${what}: ${board ?? 'none'} on the board, ${simulation ?? 'none'} simulated`
