import type { Board } from '@shared/board.ts'
import type { Diagnostic, QuickFix, Severity, Span } from '@shared/diagnostics.ts'
import type { BootReport } from '@shared/run.ts'
import type { AddressRange, Bytes } from '@shared/units.ts'
import type { DtTree } from '../../devicetree/tree.ts'
import type { BootArgument } from './bootargs.ts'
import type { Region } from './region.ts'

/**
 * What a row of the memory checks is, and what it may ask. Rows are read-only: they look at the tree, the board, the kernel's numbers and
 * what early boot made of them, and say what an engineer would otherwise find out from dmesg.
 */

/** What the checks must know of the kernel that will boot; numbers of its profile. */
export interface KernelFacts {
  release: string
  pageSize: Bytes
  /** CMA_MIN_ALIGNMENT_BYTES; null: this kernel has no CMA. */
  cmaAlign: Bytes | null
  /** Areas that mm/cma.c has room for. */
  cmaAreas: number
  /** Regions without `reg` that of_reserved_mem.c has room for. */
  dynamicRegions: number
  /** What an atomic pool is capped at, a block of the page allocator; null: it is not. */
  atomicPoolCap: Bytes | null
  declaredNeedsNoMap: boolean
  hasRestrictedPools: boolean
}

export interface CheckInput {
  tree: DtTree
  board: Board
  /** The command line that counts: the board's, or the user's in its stead. */
  cmdline: string
  /** Usable RAM as the board or the user says, ascending; empty: nobody says. */
  memory: AddressRange[]
  /** What the user said the boot loader puts where. */
  loader: (AddressRange & { name: string })[]
  /** Null: no profile of that kernel. */
  kernel: KernelFacts | null
  /** Null: early boot did not come to its end. */
  report: BootReport | null
  /** Why the kernel stopped; null when it did not. */
  panic: string | null
}

/** The input with what most rows want of it, worked out once. */
export interface CheckContext extends CheckInput {
  regions: Region[]
  args: BootArgument[]
}

export interface Finding {
  /** Null: nowhere in particular; shown at the start of the file. */
  at: Span | null
  /** What happens, why, and the smallest change that mends it. */
  message: string
  related?: Diagnostic['related']
  fixes?: QuickFix[]
  /** Where this case is milder or worse than the row says. */
  severity?: Severity
}

export interface BoardCheck {
  /** Stable; names the page `resources/help/checks/CODE.md`. */
  code: string
  severity: Severity
  /** Heading of the page, title of the SARIF rule. */
  title: string
  /** ram: somebody says where RAM is. kernel: its profile is known. boot: early boot came to its end. */
  needs: ('ram' | 'kernel' | 'boot')[]
  run(context: CheckContext): Finding[]
}

export const related = (span: Span | null, message: string): Diagnostic['related'] =>
  span ? [{ ...span, message }] : undefined

/** One replacement, offered where the source has the place. */
export const fix = (title: string, span: Span | null, newText: string): QuickFix[] =>
  span ? [{ title, edits: [{ ...span, newText }] }] : []

/** The empty place right before a span, for insertions. */
export const before = (span: Span): Span => ({ ...span, endLine: span.line, endColumn: span.column })

export const hex = (value: number): string => '0x' + value.toString(16)
