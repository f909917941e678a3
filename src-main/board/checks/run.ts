import type { Diagnostic } from '@shared/diagnostics.ts'
import { reportAt } from '../diagnostics.ts'
import { bootArguments } from './bootargs.ts'
import type { BoardCheck, CheckContext, CheckInput, Finding } from './check.ts'
import { regionsOf } from './region.ts'
import { checkTable } from './table.ts'

/** Every finding of the memory checks on one board, in the order of the table. Checks whose needs are not met are left out. */
export function checkBoard(input: CheckInput): Diagnostic[] {
  const { tree, board, report, cmdline } = input
  const context = { ...input, regions: regionsOf(tree, board, report), args: bootArguments(tree, board, cmdline) }
  return checkTable
    .filter((check) => isReady(check, context))
    .flatMap((check) => check.run(context).map((finding) => toDiagnostic(check, finding)))
}

const isReady = ({ needs }: BoardCheck, { memory, kernel, report }: CheckContext): boolean =>
  !(needs.includes('ram') && memory.length === 0) &&
  !(needs.includes('kernel') && !kernel) &&
  !(needs.includes('boot') && !report)

function toDiagnostic(check: BoardCheck, finding: Finding): Diagnostic {
  const { at, message, severity = check.severity } = finding
  return {
    ...reportAt(at, severity, check.code, message),
    ...(finding.related?.length ? { related: finding.related } : {}),
    ...(finding.fixes?.length ? { fixes: finding.fixes } : {}),
  }
}
