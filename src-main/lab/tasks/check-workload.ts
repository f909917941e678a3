import type { WorkloadCheck } from '@shared/api.ts'
import type { Board } from '@shared/board.ts'
import { bytesIn, formatBytes } from '@shared/units.ts'
import { compileWorkload } from '../../workload/compile.ts'
import { parseWorkload } from '../../workload/parse.ts'
import { largest, type GroupPlan, type Plan } from '../../workload/plan.ts'
import { readBoard } from '../read-board.ts'
import type { BoardSources } from '../tasks.ts'

/** A workload as it stands in the editor: its errors, against the board where that can be read, and what it asks for. */
export function checkWorkload({
  board,
  path,
  text,
}: {
  board: BoardSources
  path: string
  text: string
}): WorkloadCheck {
  return checkAgainst(readBoard(board).board, path, text)
}

/** The same against a board that is known, or none. */
export function checkAgainst(board: Board | null, path: string, text: string): WorkloadCheck {
  const { parsed, diagnostics } = parseWorkload(path, text)
  if (!parsed) return { diagnostics, summary: null }
  const compiled = compileWorkload(parsed, { ramBytes: bytesIn(board?.memory ?? []), pageBytes: 4096, board })
  return {
    diagnostics: [...diagnostics, ...compiled.diagnostics],
    summary: compiled.plan && summarise(parsed.workload.name, compiled.plan),
  }
}

const summarise = (title: string, plan: Plan): WorkloadCheck['summary'] => ({
  title,
  streams: plan.streams.map(({ name, device, groups }) => ({ name, device, text: groups.map(groupText).join(', ') })),
})

/** `16 × 3.96 MiB coherent`. */
function groupText({ bytes, count, kind, pieces, lifetime }: GroupPlan): string {
  const size = bytes.kind === 'fixed' ? formatBytes(bytes.value) : `up to ${formatBytes(largest(bytes))}`
  const many = lifetime.kind === 'churn' ? `at most ${lifetime.most} × ` : count > 1 ? `${count} × ` : ''
  return `${many}${pieces > 1 ? `${pieces} pieces of ` : ''}${size} ${kind}`
}
