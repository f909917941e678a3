/** What the machine around the board is: the flags of the command line over the /lab node over what the tree lets guess. */
import type { Architecture, Board, Machine } from '@shared/board.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import type { AddressRange } from '@shared/units.ts'
import { reportAt } from './diagnostics.ts'

/** A machine without gaps, except for what the kernel's profile supplies (`config`, places of image and initrd). */
export interface ResolvedMachine {
  kernel: string
  arch: Architecture
  /** Usable RAM, ascending. */
  memory: AddressRange[]
  /** `memory` is the firmware's word and the board's memory nodes do not count. */
  memoryFromFirmware: boolean
  cpus: number
  /** Text of a `.config`, with the /lab node's symbols last; null: the profile's own. */
  config: string | null
  /** Symbols of the /lab node, as lines of a `.config`. */
  configExtra: string
  cmdline: string
  kernelImage: AddressRange | null
  initrd: AddressRange | null
  dtb: AddressRange | null
}

/**
 * Fills in what the user left out. The only error is a board without RAM.
 * `span` of that diagnostic: the board's reserved-memory or first line.
 */
export function resolveMachine(
  board: Board,
  machine: Machine,
): { machine: ResolvedMachine; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  const arch = machine.arch ?? board.lab.arch ?? guessArch(board)
  const memory = machine.memory ?? usableMemory(board, machine, arch)
  if (memory.length === 0) diagnostics.push(noMemory(board))
  const kernel = machine.kernel ?? board.lab.kernel ?? '6.12'
  return {
    machine: {
      kernel,
      arch,
      memory: [...memory].sort((a, b) => a.start - b.start),
      memoryFromFirmware: machine.memory !== undefined,
      cpus: machine.cpus ?? board.cpus,
      config: machine.config ?? null,
      configExtra: [...board.lab.config, ...cmaConfig(machine)].map((line) => `CONFIG_${line}\n`).join(''),
      cmdline: machine.cmdline ?? board.bootargs,
      kernelImage: machine.kernelImage ?? null,
      initrd: machine.initrd ?? null,
      dtb: machine.dtb ?? null,
    },
    diagnostics,
  }
}

const cmaConfig = ({ cma }: Machine): string[] =>
  cma === undefined ? [] : cma === 'off' ? ['CMA=n', 'DMA_CMA=n'] : ['CMA=y', 'DMA_CMA=y']

const ARM64_CPU =
  /^(arm,cortex-(a3[45]|a5[35]|a57|a65|a7[2-9]|a510|a520|a7[12]\d|x\d|r82)|arm,neoverse|arm,armv8|apple,|qcom,(kryo|oryon)|nvidia,(denver|tegra132|tegra194))/

/** arm64 unless a 32-bit core or a 32-bit SoC's memory layout speaks against it. */
function guessArch(board: Board): Architecture {
  if (board.cpuCompatible.some((c) => ARM64_CPU.test(c))) return 'arm64'
  if (board.cpuCompatible.some((c) => /^arm,|^marvell,|^qcom,/.test(c))) return 'arm'
  return board.addressCells === 1 && board.compatible.length > 0 && board.cpuCompatible.length > 0 ? 'arm' : 'arm64'
}

/** RAM of the board; where it is silent, `--mem` from the lowest address that the architecture's machines have RAM at. */
function usableMemory(board: Board, machine: Machine, arch: string): AddressRange[] {
  if (board.memory.length || machine.memBytes === undefined)
    return board.memory.map(({ start, end }) => ({ start, end }))
  const start = arch === 'x86_64' ? 0 : 0x4000_0000
  return [{ start, end: start + machine.memBytes }]
}

const noMemory = (board: Board): Diagnostic =>
  reportAt(
    board.memorySpan ?? board.reservedMemory?.span ?? board.span,
    'error',
    'no-memory',
    'the board describes no usable RAM, its boot loader fills it in; say where RAM is with --memory START-END, for example --memory 0x40000000-0x80000000',
  )
