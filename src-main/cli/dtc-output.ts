import { formatDiagnostic, type Diagnostic } from '@shared/diagnostics.ts'
import {
  Annotations,
  blobVersions,
  checkNames,
  type BlobOptions,
  type DtTree,
  sortTree,
  writeAssembler,
  writeBlob,
  writeSource,
  writeYaml,
} from '../devicetree/index.ts'
import type { DtcFlags, OutputFormat } from './dtc-flags.ts'
import type { Loaded } from './dtc-load.ts'
import { UsageError } from './errors.ts'
import { writeOutput } from './files.ts'
import type { Terminal } from './terminal.ts'

export const isError = (d: Diagnostic): boolean => d.severity === 'error'

/** Prints what was found, unless it is to be had as JSON; true when output may be written. */
export function report(diagnostics: Diagnostic[], flags: DtcFlags, terminal: Terminal): boolean {
  const errors = diagnostics.filter(isError)
  const fatal = flags.force ? errors.filter((d) => !checkNames.includes(d.code)) : errors
  if (!flags.json) terminal.err((flags.quiet ? errors : diagnostics).map(printDiagnostic).join(''))
  if (fatal.length > 0) terminal.exitCode = 2
  return fatal.length === 0
}

/** With the name of the check, which `-W no-NAME` takes, and the places that belong to it. */
function printDiagnostic(d: Diagnostic): string {
  const name = checkNames.includes(d.code) ? ` [${d.code}]` : ''
  const related = (d.related ?? []).map((at) => `  ${at.file}:${at.line}:${at.column}: note: ${at.message}\n`)
  return `${formatDiagnostic(d)}${name}\n${related.join('')}`
}

/** What the tree was made from. */
type Input = Pick<Loaded, 'format' | 'file'>

/** Writes the tree in the format that the flags, the output's name, or the input ask for; nowhere where JSON has standard output. */
export function emit(tree: DtTree, input: Input, flags: DtcFlags): void {
  if (flags.sort) sortTree(tree)
  const out = flags.out ?? '-'
  if (out === '-' && flags.json) return
  const format = flags.outFormat ?? formatOf(out) ?? (input.format === 'dts' ? 'dtb' : 'dts')
  const cpu = number('-b', flags.bootCpu)
  if (flags.annotate > 0 && (format !== 'dts' || input.format !== 'dts'))
    throw new UsageError('-T needs a source, and source to write: -I dts -O dts')
  writeOutput(out, encoded(cpu === undefined ? tree : { ...tree, bootCpuid: cpu }, format, input, flags))
}

function encoded(tree: DtTree, format: OutputFormat, input: Input, flags: DtcFlags): Uint8Array | string {
  if (format === 'null') return ''
  if (format === 'dtb') return writeBlob(tree, blobOptions(flags))
  if (format === 'dts') return writeSource(tree, annotations(input, flags))
  if (format === 'yaml' && input.format !== 'dts')
    throw new UsageError('-O yaml needs a source file: a blob does not say of what type its values are')
  if (format === 'asm') return writeAssembler(tree, blobOptions(flags))
  const { text, problems } = writeYaml(tree)
  if (problems.length > 0) throw new UsageError(`-O yaml: ${problems.join('\n')}`)
  return text
}

const annotations = ({ file }: Input, { annotate }: DtcFlags): Annotations | null =>
  annotate > 0 ? new Annotations(annotate > 1 ? 2 : 1, file) : null

const formats = new Map<string, OutputFormat>([
  ['dts', 'dts'],
  ['dtb', 'dtb'],
  ['dtbo', 'dtb'],
  ['yaml', 'yaml'],
])

const formatOf = (name: string): OutputFormat | undefined =>
  formats.get(name.slice(name.lastIndexOf('.') + 1).toLowerCase())

/** A rule for make: the output, and every file that was read for it in the order in which it was. */
export function writeDependencies(file: string, out: string, read: readonly string[]): void {
  writeOutput(file, `${out}: ${read.join(' ')}\n`)
}

/** What the flags say of the blob. @throws UsageError when a number is none */
export function blobOptions(flags: DtcFlags): BlobOptions {
  const alignBytes = number('-a', flags.align)
  if (alignBytes !== undefined && !Number.isInteger(Math.log2(alignBytes)))
    throw new UsageError('-a: write a power of two')
  const version = number('-V', flags.outVersion)
  if (version !== undefined && !blobVersions.includes(version))
    throw new UsageError(`-V ${flags.outVersion}: choose one of ${blobVersions.join(', ')}`)
  return {
    version,
    reserveEntries: number('-R', flags.reserve),
    minimumBytes: number('-S', flags.space),
    padBytes: number('-p', flags.pad),
    alignBytes,
  }
}

/** A number as C reads it: decimal, 0x…, or octal with a leading zero. At most what a blob can hold. */
function number(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = /^0[0-7]+$/.test(text)
    ? parseInt(text, 8)
    : /^(0x[0-9a-f]+|0|[1-9]\d*)$/i.test(text)
      ? Number(text)
      : NaN
  const most = option === '-b' ? 0xffffffff : 0x10000000
  if (!(value <= most)) throw new UsageError(`${option} ${text}: write a number from 0 to ${most}`)
  return value
}
