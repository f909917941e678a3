import type { Board, Machine } from '@shared/board.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import type { BootReport } from '@shared/run.ts'
import { boardFromTree, checkBoard, type KernelFacts } from '../board/index.ts'
import {
  compileUnit,
  isConsequence,
  SourceCache,
  type CompileOptions,
  type DtTree,
  type ParseResult,
} from '../devicetree/index.ts'
import { BootPanic, earlyReport, runEarlyBoot, type Profile } from '../kernel/index.ts'
import { Log } from '../kernel/log.ts'
import { Tracer } from '../kernel/tracer.ts'
import { prepareBoot, type PreparedBoot } from '../workload/boot-board.ts'

/** All that is to be known of a board before anything runs on it: one answer for the lab, `check` and the language service. */
export interface Examination {
  /** Null for a blob. */
  parsed: ParseResult | null
  tree: DtTree
  board: Board
  /** Errors of the source and of what the tree says: with one of them the board does not hold together. */
  diagnostics: Diagnostic[]
  /** Findings of the memory checks, and what is missing to boot. */
  findings: Diagnostic[]
  /** Null where nobody says where RAM is, or which kernel it is. */
  prepared: PreparedBoot | null
  /** Null where early boot did not come to its end. */
  report: BootReport | null
  panic: string | null
}

/** Compiles a board, boots it as far as the page allocator, and checks it. Never throws for what a file says. */
export function examine(options: CompileOptions, machine: Machine, cache = new SourceCache()): Examination {
  const { tree, ...parsed } = compileUnit(options, cache)
  const diagnostics = parsed.diagnostics.filter((d) => !isConsequence(d))
  return { ...examineTree(tree, machine, diagnostics), parsed }
}

/** The same for a tree from elsewhere, such as a blob; `diagnostics`: what reading it had to say. What does not hold together is not booted. */
export function examineTree(tree: DtTree, machine: Machine, diagnostics: Diagnostic[] = []): Examination {
  const { board, diagnostics: fromBoard } = boardFromTree(tree)
  // an overlay is no board: what it changes decides with the board under it
  if (tree.plugin)
    return { parsed: null, tree, board, diagnostics, findings: [], prepared: null, report: null, panic: null }
  const { boot: prepared, diagnostics: missing } = prepareBoot(board, machine)
  const isSound = !diagnostics.some((d) => d.severity === 'error')
  const { report, panic } = prepared && isSound ? earlyBoot(prepared) : { report: null, panic: null }
  const findings = checkBoard({
    tree,
    board,
    cmdline: prepared?.machine.cmdline ?? machine.cmdline ?? board.bootargs,
    memory: prepared?.machine.memory ?? [],
    loader: loaderRanges(machine),
    kernel: prepared && factsOf(prepared.machine.kernel, prepared.input.profile),
    report,
    panic,
  })
  return {
    parsed: null,
    tree,
    board,
    diagnostics: [...diagnostics, ...fromBoard],
    findings: isSound ? [...missing.map(milder), ...findings] : findings,
    prepared,
    report,
    panic,
  }
}

/** A board that leaves RAM to its boot loader is a good board: only booting it needs to know. */
const milder = (diagnostic: Diagnostic): Diagnostic =>
  diagnostic.code === 'no-memory' ? { ...diagnostic, severity: 'warning' } : diagnostic

function earlyBoot({ input }: PreparedBoot): Pick<Examination, 'report' | 'panic'> {
  try {
    return { report: earlyReport(runEarlyBoot(input, new Log(new Tracer(() => {})))), panic: null }
  } catch (error) {
    if (error instanceof BootPanic) return { report: null, panic: error.message }
    throw error
  }
}

/** Only what somebody said: a guessed place is no reason to complain. */
const loaderRanges = ({ kernelImage, initrd, dtb }: Machine) => [
  ...(kernelImage ? [{ ...kernelImage, name: 'the kernel image' }] : []),
  ...(initrd ? [{ ...initrd, name: 'the initrd' }] : []),
  ...(dtb ? [{ ...dtb, name: 'the devicetree blob' }] : []),
]

/** MAX_RESERVED_REGIONS of of_reserved_mem.c. */
const DYNAMIC_REGIONS = 64

const factsOf = (release: string, profile: Profile): KernelFacts => ({
  release,
  pageSize: profile.page.sizeBytes,
  cmaAlign: profile.cma && profile.contiguous ? profile.cma.minAlignPages * profile.page.sizeBytes : null,
  cmaAreas: profile.cma?.maxAreas ?? 0,
  dynamicRegions: DYNAMIC_REGIONS,
  atomicPoolCap: profile.atomicPool?.kind === 'zones' ? profile.page.sizeBytes * 2 ** profile.page.maxOrder : null,
  declaredNeedsNoMap: profile.declaredCoherent?.needsNoMap ?? false,
  hasRestrictedPools: profile.swiotlb?.restrictedPools ?? false,
})
