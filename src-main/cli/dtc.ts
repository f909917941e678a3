import type { Command } from 'commander'
import type { Diagnostic } from '@shared/diagnostics.ts'
import { applyOverlay, blobVersions, checkNames, diffTrees, findChild } from '../devicetree/index.ts'
import { printDifferences } from './dtc-diff.ts'
import type { DtcFlags } from './dtc-flags.ts'
import { compileList } from './dtc-list.ts'
import { TreeLoader } from './dtc-load.ts'
import { blobOptions, emit, isError, report, writeDependencies } from './dtc-output.ts'
import { UsageError } from './errors.ts'
import { addBoardOptions } from './options.ts'
import { printJson, type Terminal } from './terminal.ts'

/** `dtc IN -o OUT`: the devicetree compiler, with dtc's options, the preprocessor of cpp and fdtoverlay's job. */
export function configure(command: Command, terminal: Terminal): void {
  const checks: string[] = []
  const check = (letter: string) => (name: string) => {
    checks.push(`-${letter} ${name}`)
    return name
  }
  let annotate = 0
  command.on('option:annotate', () => annotate++)
  addBoardOptions(command.argument('[input]', 'devicetree source, blob, or a folder such as /proc/device-tree'))
    .option('-o, --out <file>', 'output; standard output when absent or -')
    .option('-I, --in-format <format>', 'dts, dtb or fs; told from the input when absent')
    .option(
      '-O, --out-format <format>',
      "dts, dtb, asm, yaml, or null for none; told from the output's name when absent",
    )
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
    .option('-T, --annotate', 'say in a .dts where everything stands in its source; twice: in more detail')
    .option('-f, --force', 'write the output though checks found errors')
    .option('-q, --quiet', 'no warnings')
    .option('-W, --warning <name>', 'turn a check on as a warning; no-NAME turns it off', check('W'))
    .option('-E, --error <name>', 'turn a check on as an error; no-NAME turns it off', check('E'))
    .option('--list <file>', 'compile many: lines INPUT<TAB>OUTPUT<TAB>INCLUDE-FOLDER')
    .option('--diff <files...>', 'how two trees differ in meaning; exit code 1 when they do')
    .option('--apply <overlays...>', 'lay overlays over the input, as fdtoverlay does')
    .option('--json', 'print {diagnostics: […]} (or {differences: […]}) on standard output, and no tree there')
    .action((input: string | undefined, flags: Omit<DtcFlags, 'checks' | 'annotate'>) =>
      run(input, { ...flags, checks, annotate }, terminal),
    )
}

function run(input: string | undefined, flags: DtcFlags, terminal: Terminal): void {
  validate(input, flags)
  if (flags.diff) return diff(flags.diff, flags, terminal)
  const diagnostics =
    flags.list === undefined ? compileOne(input!, flags, terminal) : compileList(flags.list, flags, terminal)
  if (flags.json) printJson(terminal, { diagnostics })
}

function compileOne(input: string, flags: DtcFlags, terminal: Terminal): Diagnostic[] {
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
  if (report(diagnostics, flags, terminal) && tree) emit(tree, base, flags)
  return diagnostics
}

function validate(input: string | undefined, flags: DtcFlags): void {
  const works = [input, flags.list, flags.diff].filter((work) => work !== undefined)
  if (works.length !== 1) throw new UsageError('name the file to compile, or use --list or --diff; one of the three')
  if (flags.apply && input === undefined) throw new UsageError('--apply needs the file that the overlays are laid over')
  const oneOf = (option: string, value: string | undefined, choices: readonly string[]): void => {
    if (value !== undefined && !choices.includes(value))
      throw new UsageError(`${option} ${value}: choose one of ${choices.join(', ')}`)
  }
  oneOf('-I', flags.inFormat, ['dts', 'dtb', 'fs'])
  oneOf('-O', flags.outFormat, ['dts', 'dtb', 'asm', 'yaml', 'null'])
  oneOf('-H', flags.phandle, ['epapr', 'legacy', 'both'])
  for (const option of flags.checks) {
    const name = option.slice(3).replace(/^no[-_]/, '')
    if (!checkNames.includes(name)) throw new UsageError(`${option}: there is no check of that name`)
  }
  if (flags.pad !== undefined && flags.space !== undefined) throw new UsageError('-p and -S exclude each other')
  blobOptions(flags)
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
  if (errors.length > 0 || !before.tree || !after.tree) {
    report(errors, flags, terminal)
    if (flags.json) printJson(terminal, { diagnostics: errors })
    return
  }
  const differences = diffTrees(before.tree, after.tree)
  if (flags.json)
    printJson(terminal, { differences: differences.map(({ kind, path, property }) => ({ kind, path, property })) })
  else terminal.out(printDifferences(differences, first, second))
  if (differences.length > 0) terminal.exitCode = 1
}
