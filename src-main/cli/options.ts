import { availableParallelism } from 'node:os'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { ARCHITECTURES, CMA_MODES, type CmaMode, type Machine } from '@shared/board.ts'
import { parseBytes, type AddressRange, type Bytes } from '@shared/units.ts'
import { readNamedText } from './files.ts'

/** Flags of every verb that reads a board. */
export interface BoardFlags {
  include: string[]
  define: Record<string, string>
}

/** Flags that say what machine the board boots in, as commander hands them over. */
export interface MachineFlags {
  kernel?: string
  arch?: Machine['arch']
  mem?: Bytes
  cpus?: number
  config?: string
  cmdline?: string
  kernelImage?: AddressRange
  initrd?: AddressRange
  dtb?: AddressRange
  memory?: AddressRange[]
  cma?: CmaMode
  carveoutApi?: true
  forceCma?: string[]
}

/** Adds `-i DIR` and `-D NAME=V`, each as often as wanted. */
export function addBoardOptions(command: Command): Command {
  addRepeatable(command, '-i, --include <dir>', 'look for included files there too')
  const define = command.createOption('-D, --define <name=value>', 'define a macro').argParser(defineMacro)
  return command.addOption(define).setOptionValue('define', {})
}

/** Adds an option that may be given more than once. Where it is absent there is an empty list, which `--help` need not show. */
export function addRepeatable(
  command: Command,
  flags: string,
  description: string,
  parse: (text: string) => string = (text) => text,
): void {
  const option = command.createOption(flags, description)
  option.argParser((text, before: string[]) => [...before, parse(text)])
  command.addOption(option).setOptionValue(option.attributeName(), [])
}

/** Adds BOARD, and how its source is read. */
export const addBoardArgument = (command: Command): Command =>
  addBoardOptions(command.argument('<board>', 'devicetree source or blob; - is standard input'))

/** Adds the MACHINE flags. Sizes and addresses: decimal, 0x…, or with K, M, G; ends are exclusive. */
export function addMachineOptions(command: Command): Command {
  command
    .option('--kernel <release>', 'kernel to simulate, such as 6.12 or 3.5')
    .option('--cma <mode>', 'CMA off, on, or fall-back: on with the old code behind it', parseCmaMode)
    .option('--carveout-api', 'ask for carve-outs through the core carve-out API instead of as they are')
  addRepeatable(command, '--force-cma <node>', 'make this carve-out a CMA area, as often as wanted')
  return addSharedMachineOptions(command)
}

/** `--jobs N` of the verbs that make many runs. */
export const jobsOption = (): Option =>
  new Option('-j, --jobs <n>', 'threads that make the runs')
    .argParser(parseCount)
    .default(availableParallelism(), 'every core')

/** For verbs that compare kernels and ways to have CMA and carve-outs. */
export function addSharedMachineOptions(command: Command): Command {
  return command
    .option('--arch <arch>', 'arm, arm64 or x86_64', parseArch)
    .option('--mem <size>', 'RAM, where neither board nor --memory says', parseSize)
    .option('--cpus <n>', 'processors', parseCount)
    .option('--config <file>', "the kernel's .config")
    .option('--cmdline <text>', 'kernel command line, instead of the one of the board')
    .option('--kernel-image <start-end>', 'what the kernel image occupies', parseRange)
    .option('--initrd <address+size>', 'where the initrd lies', parsePlace)
    .option('--dtb <address+size>', 'where the device tree blob lies', parsePlace)
    .option('--memory <start-end,…>', 'usable RAM, as the boot loader or firmware says', parseRanges)
}

/** Adds `-w WORKLOAD`, once at least. It has no default: with one it would not be missed. */
export const addWorkloadOption = (command: Command): Command =>
  command.requiredOption(
    '-w, --workload <file>',
    'what devices and system do, as often as wanted',
    (text, before: string[] = []) => [...before, text],
  )

/**
 * The machine that the flags describe.
 * @throws InputError when the `.config` cannot be read
 */
export function machineFrom(flags: MachineFlags): Machine {
  const { mem, config, ...same } = flags
  const known: Machine = {
    kernel: same.kernel,
    arch: same.arch,
    memBytes: mem,
    memory: same.memory,
    cpus: same.cpus,
    config: config === undefined ? undefined : readNamedText(config),
    cmdline: same.cmdline,
    kernelImage: same.kernelImage,
    initrd: same.initrd,
    dtb: same.dtb,
    cma: same.cma,
    carveoutApi: same.carveoutApi,
    forceCma: same.forceCma?.length ? same.forceCma : undefined,
  }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
}

function defineMacro(text: string, previous: Record<string, string>): Record<string, string> {
  const match = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(text)
  if (!match?.[1]) throw new InvalidArgumentError('Write NAME or NAME=VALUE.')
  return { ...previous, [match[1]]: match[2] ?? '1' }
}

export function parseCmaMode(text: string): CmaMode {
  const mode = CMA_MODES.find((name) => name === text)
  if (!mode) throw new InvalidArgumentError(`Choose one of ${CMA_MODES.join(', ')}.`)
  return mode
}

function parseArch(text: string): Machine['arch'] {
  const arch = ARCHITECTURES.find((name) => name === text)
  if (!arch) throw new InvalidArgumentError(`Choose one of ${ARCHITECTURES.join(', ')}.`)
  return arch
}

/** A number of bytes that a double holds exactly. */
export function parseSize(text: string): Bytes {
  const bytes = parseBytes(text)
  if (bytes === null || !Number.isSafeInteger(bytes)) {
    throw new InvalidArgumentError('Write a size or address: decimal, 0x…, or with K, M or G.')
  }
  return bytes
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || !Number.isSafeInteger(count)) {
    throw new InvalidArgumentError('Write a whole number from 1.')
  }
  return count
}

/** A whole number from 0, such as a seed. */
export function parseNatural(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count))
    throw new InvalidArgumentError('Write a whole number from 0.')
  return count
}

function parseRange(text: string): AddressRange {
  const [start, end, ...rest] = text.split('-')
  if (start === undefined || end === undefined || rest.length > 0) throw new InvalidArgumentError('Write START-END.')
  return checkedRange({ start: parseSize(start), end: parseSize(end) })
}

function parsePlace(text: string): AddressRange {
  const [start, size, ...rest] = text.split('+')
  if (start === undefined || size === undefined || rest.length > 0)
    throw new InvalidArgumentError('Write ADDRESS+SIZE.')
  return checkedRange({ start: parseSize(start), end: parseSize(start) + parseSize(size) })
}

const parseRanges = (text: string): AddressRange[] => text.split(',').map(parseRange)

function checkedRange(range: AddressRange): AddressRange {
  if (range.end <= range.start) throw new InvalidArgumentError('The end must lie above the start.')
  return range
}
