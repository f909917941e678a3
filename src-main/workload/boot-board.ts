/** A board and the machine around it → what the kernel finds when it starts. */
import type { Board, Machine } from '@shared/board.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import { alignUp, MiB, type AddressRange } from '@shared/units.ts'
import { adaptBoard, reportAt, resolveMachine, type ResolvedMachine } from '../board/index.ts'
import { resolveProfile, type BootInput, type LoaderFacts, type Profile } from '../kernel/index.ts'

/** Boot loaders put the blob on such a boundary behind the image. */
const BLOB_ALIGN = 2 * MiB

export interface PreparedBoot {
  input: BootInput
  machine: ResolvedMachine
}

/**
 * Fills in what neither the user nor the board says, from the kernel's profile. Null with errors among the diagnostics: a board without RAM, a
 * kernel that is not known for that architecture.
 */
export function prepareBoot(board: Board, given: Machine): { boot: PreparedBoot | null; diagnostics: Diagnostic[] } {
  const { machine, diagnostics } = resolveMachine(board, given)
  const resolved = resolveProfile(machine.kernel, machine.arch, machine.config, machine.configExtra)
  if (!resolved) diagnostics.push(unknownKernel(board, machine))
  if (!resolved || diagnostics.some((d) => d.severity === 'error')) return { boot: null, diagnostics }
  const { profile, config } = resolved
  const adapted = adaptBoard(board, given, machine.memory, profile.earlyBoot.hasBlob)
  diagnostics.push(...adapted.diagnostics)
  if (adapted.diagnostics.length > 0) return { boot: null, diagnostics }
  const left = { ...machine, memory: adapted.memory }
  const input = { profile, config, board: adapted.board, loader: loaderFacts(adapted.board, left, profile) }
  return { boot: { input, machine: left }, diagnostics }
}

function loaderFacts(board: Board, machine: ResolvedMachine, profile: Profile): LoaderFacts {
  const kernelImage = machine.kernelImage ?? imagePlace(machine, profile)
  return {
    memory: machine.memoryFromFirmware || board.memory.length === 0 ? machine.memory : [],
    cmdline: machine.cmdline,
    kernelImage,
    initrd: machine.initrd,
    dtb: machine.dtb ?? (profile.earlyBoot.hasBlob ? blobPlace(board, kernelImage) : null),
    cpus: machine.cpus,
  }
}

function imagePlace({ memory }: ResolvedMachine, { earlyBoot }: Profile): AddressRange {
  const start = (memory[0]?.start ?? 0) + earlyBoot.image.offset
  return { start, end: start + earlyBoot.image.size }
}

function blobPlace(board: Board, image: AddressRange): AddressRange {
  const start = alignUp(image.end, BLOB_ALIGN)
  return { start, end: start + board.blob.bytes }
}

const unknownKernel = (board: Board, { kernel, arch }: ResolvedMachine): Diagnostic =>
  reportAt(
    board.span,
    'error',
    'unknown-kernel',
    `Linux ${kernel} on ${arch} is not simulated; choose 6.12 on arm, arm64 or x86_64, or 3.4 to 3.7 on arm`,
  )
