import type { Command } from 'commander'
import { formatDiagnostic, type Diagnostic } from '@shared/diagnostics.ts'
import {
  applyOverlay,
  blobVersions,
  checkNames,
  diffTrees,
  findChild,
  type BlobOptions,
  type DtTree,
  sortTree,
  writeAssembler,
  writeBlob,
  writeSource,
  writeYaml,
} from '../devicetree/index.ts'
import { printDifferences } from './dtc-diff.ts'
import { compileList } from './dtc-list.ts'
import { type InputFormat, TreeLoader } from './dtc-load.ts'
import { UsageError } from './errors.ts'
import { writeOutput } from './files.ts'
import { addBoardOptions, type BoardFlags } from './options.ts'
import { printJson, type Terminal } from './terminal.ts'

type OutputFormat = 'dts' | 'dtb' | 'asm' | 'yaml'

export interface DtcFlags extends BoardFlags {
  out?: string
  inFormat?: InputFormat
  outFormat?: OutputFormat
  dependencies?: string
  outVersion?: string
  reserve?: string
  space?: string
  pad?: string
  align?: string
  bootCpu?: string
  phandle?: 'epapr' | 'legacy' | 'both'
  symbols?: true
  autoAlias?: true
  localFixups?: true
  sort?: true
  force?: true
  quiet?: true
  /** `-W` and `-E` in the order they were given. */
  checks: string[]
  list?: string
  diff?: string[]
  apply?: string[]
  json?: true
}

/** `dtc IN -o OUT`: the devicetree compiler, with dtc's options, the preprocessor of cpp and fdtoverlay's job. */
export function configure(command: Command, terminal: Terminal): void {
  const checks: string[] = []
  const check = (letter: string) => (name: string) => {
    checks.push(`-${letter} ${name}`)
    return name
  }
  addBoardOptions(command.argument('[input]', 'devicetree source, blob, or a folder such as /proc/device-tree'))
    .option('-o, --out <file>', 'output; - is standard output', '-')
    .option('-I, --in-format <format>', 'dts, dtb or fs; told from the input when absent')
    .option('-O, --out-format <format>', "dts, dtb, asm or yaml; told from the output's name when absent")
    .option('-d, --dependencies <file>', 'write what the output was made from, as make reads it')
    .option('-V, --out-version <n>', `version of the blob: ${blobVersions.join(', ')}`)
    .option('-R, --reserve <n>', 'room for so many more memory reservations')
    .option('-S, --space <bytes>', 'make the blob at least so long')
    .option('-p, --pad <bytes>', 'add so much to the blob')
    .option('-a, --align <bytes>', 'make the length of the blob a multiple of this power of two')
    .option('-b, --boot-cpu <n>', 'physical number of the boot processor')
    .option('-H, --phandle <format>', 'legacy (linux,phandle), epapr (phandle) or both')
    .option('-@, --symbols', 'export labels, for overlays')
    .option('-A, --auto-alias', 'an alias for every label')
    .option('-L, --local-fixups', 'emit fixups also for what is no plugin')
    .option('-s, --sort', 'sort nodes and properties')
    .option('-f, --force', 'write the output though checks found errors')
    .option('-q, --quiet', 'no warnings')
    .option('-W, --warning <name>', 'turn a check on as a warning; no-NAME turns it off', check('W'))
    .option('-E, --error <name>', 'turn a check on as an error; no-NAME turns it off', check('E'))
    .option('--list <file>', 'compile many: lines INPUT<TAB>OUTPUT<TAB>INCLUDE-FOLDER')
    .option('--diff <files...>', 'how two trees differ in meaning; exit code 1 when they do')
    .option('--apply <overlays...>', 'lay overlays over the input, as fdtoverlay does')
    .option('--json', 'print {diagnostics: […]} (or {differences: […]}) on standard output')
    .action((input: string | undefined, flags: Omit<DtcFlags, 'checks'>) => run(input, { ...flags, checks }, terminal))
}

function run(input: string | undefined, flags: DtcFlags, terminal: Terminal): void {
  validate(flags)
  if (flags.list !== undefined) return compileList(flags.list, flags, terminal)
  if (flags.diff) return diff(flags.diff, flags, terminal)
  if (input === undefined) throw new UsageError('name the file to compile, or use --list or --diff')
  const loader = new TreeLoader(flags)
  const overlays = (flags.apply ?? []).map((file) => loader.load(file, { symbols: true }))
  const needsSymbols = overlays.some(({ tree }) => tree && findChild(tree.root, '__fixups__'))
  const base = loader.load(input, { symbols: flags.symbols ?? needsSymbols, format: flags.inFormat })
  const diagnostics = [base, ...overlays].flatMap((loaded) => loaded.diagnostics)
  let tree = base.tree
  for (const overlay of overlays) {
    if (!tree || !overlay.tree || diagnostics.some(isError)) break
    const applied = applyOverlay(tree, overlay.tree)
    tree = applied.tree
    diagnostics.push(...applied.diagnostics.map((d) => (d.file === '' ? { ...d, file: overlay.file } : d)))
  }
  if (flags.dependencies !== undefined) writeDependencies(flags.dependencies, flags.out ?? '-', loader.read)
  if (report(diagnostics, flags, terminal) && tree) emit(tree, base.format, flags)
}

const isError = (d: Diagnostic): boolean => d.severity === 'error'

function validate(flags: DtcFlags): void {
  const oneOf = (option: string, value: string | undefined, choices: readonly string[]): void => {
    if (value !== undefined && !choices.includes(value))
      throw new UsageError(`${option} ${value}: choose one of ${choices.join(', ')}`)
  }
  oneOf('-I', flags.inFormat, ['dts', 'dtb', 'fs'])
  oneOf('-O', flags.outFormat, ['dts', 'dtb', 'asm', 'yaml'])
  oneOf('-H', flags.phandle, ['epapr', 'legacy', 'both'])
  oneOf('-V', flags.outVersion, blobVersions.map(String))
  for (const option of flags.checks) {
    const name = option.slice(3).replace(/^no[-_]/, '')
    if (!checkNames.includes(name)) throw new UsageError(`${option}: there is no check of that name`)
  }
  if (flags.pad !== undefined && flags.space !== undefined) throw new UsageError('-p and -S exclude each other')
  blobOptions(flags)
}

/** Prints what was found; true when output may be written. */
export function report(diagnostics: Diagnostic[], flags: DtcFlags, terminal: Terminal): boolean {
  const errors = diagnostics.filter(isError)
  const fatal = flags.force ? errors.filter((d) => !checkNames.includes(d.code)) : errors
  if (flags.json) printJson(terminal, { diagnostics })
  else terminal.err((flags.quiet ? errors : diagnostics).map(printDiagnostic).join(''))
  if (fatal.length > 0) terminal.exitCode = 2
  return fatal.length === 0
}

/** With the name of the check, which `-W no-NAME` takes, and the places that belong to it. */
function printDiagnostic(d: Diagnostic): string {
  const name = checkNames.includes(d.code) ? ` [${d.code}]` : ''
  const related = (d.related ?? []).map((at) => `  ${at.file}:${at.line}:${at.column}: note: ${at.message}\n`)
  return `${formatDiagnostic(d)}${name}\n${related.join('')}`
}

// -------------------------------------------------------------------------------------------------------------------- output

/** Writes the tree in the format that the flags, the output's name, or the input ask for. */
export function emit(tree: DtTree, inputFormat: InputFormat, flags: DtcFlags): void {
  if (flags.sort) sortTree(tree)
  const out = flags.out ?? '-'
  const format = flags.outFormat ?? formatOf(out) ?? (inputFormat === 'dts' ? 'dtb' : 'dts')
  const cpu = number('-b', flags.bootCpu)
  writeOutput(out, encoded(cpu === undefined ? tree : { ...tree, bootCpuid: cpu }, format, inputFormat, flags))
}

function encoded(tree: DtTree, format: OutputFormat, inputFormat: InputFormat, flags: DtcFlags): Uint8Array {
  if (format === 'dtb') return writeBlob(tree, blobOptions(flags))
  if (format === 'dts') return new TextEncoder().encode(writeSource(tree))
  if (format === 'yaml' && inputFormat !== 'dts')
    throw new UsageError('-O yaml needs a source file: a blob does not say of what type its values are')
  if (format === 'asm') return new TextEncoder().encode(writeAssembler(tree, blobOptions(flags)))
  const { text, problems } = writeYaml(tree)
  if (problems.length > 0) throw new UsageError(`-O yaml: ${problems.join('\n')}`)
  return new TextEncoder().encode(text)
}

const formats: Record<string, OutputFormat> = { dts: 'dts', dtb: 'dtb', dtbo: 'dtb', yaml: 'yaml' }

const formatOf = (name: string): OutputFormat | undefined =>
  formats[name.slice(name.lastIndexOf('.') + 1).toLowerCase()]

/** A rule for make: the output, and every file that was read for it in the order in which it was. */
function writeDependencies(file: string, out: string, read: readonly string[]): void {
  writeOutput(file, new TextEncoder().encode(`${out}: ${read.join(' ')}\n`))
}

function blobOptions(flags: DtcFlags): BlobOptions {
  const alignBytes = number('-a', flags.align)
  if (alignBytes !== undefined && !Number.isInteger(Math.log2(alignBytes)))
    throw new UsageError('-a: write a power of two')
  return {
    version: number('-V', flags.outVersion),
    reserveEntries: number('-R', flags.reserve),
    minimumBytes: number('-S', flags.space),
    padBytes: number('-p', flags.pad),
    alignBytes,
  }
}

/** A number as C reads it: decimal, 0x…, or octal with a leading zero. At most what a blob can hold. */
function number(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = /^0[0-7]+$/.test(text) ? parseInt(text, 8) : /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN
  const most = option === '-b' ? 0xffffffff : 0x10000000
  if (!(value <= most)) throw new UsageError(`${option} ${text}: write a number from 0 to ${most}`)
  return value
}

function diff(files: string[], flags: DtcFlags, terminal: Terminal): void {
  const [first, second] = files
  if (first === undefined || second === undefined || files.length > 2) throw new UsageError('--diff takes two files')
  const loader = new TreeLoader(flags)
  const [before, after] = [
    loader.load(first, { symbols: flags.symbols }),
    loader.load(second, { symbols: flags.symbols }),
  ]
  const errors = [...before.diagnostics, ...after.diagnostics].filter(isError)
  if (errors.length > 0 || !before.tree || !after.tree) return void report(errors, flags, terminal)
  const differences = diffTrees(before.tree, after.tree)
  if (flags.json)
    printJson(terminal, { differences: differences.map(({ kind, path, property }) => ({ kind, path, property })) })
  else terminal.out(printDifferences(differences, first, second))
  if (differences.length > 0) terminal.exitCode = 1
}
