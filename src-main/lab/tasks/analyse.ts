import type { BoardAnalysis } from '@shared/layout.ts'
import { examineSources } from '../examine-sources.ts'
import { layoutFrom } from '../layout.ts'
import { isBroken } from '../read-board.ts'
import type { BoardSources } from '../tasks.ts'

/** Everything that can be said of a board before anything runs on it. Errors leave the layout out; the window keeps the last good one. */
export function analyse(sources: BoardSources): BoardAnalysis {
  const startedAt = performance.now()
  const { entry } = sources
  const { examined, seen } = examineSources(sources)
  return {
    diagnostics: [...examined.diagnostics, ...examined.findings].map((d) =>
      d.file === '' ? { ...d, file: entry } : d,
    ),
    layout: isBroken(examined.diagnostics) ? null : layoutFrom(examined),
    panic: examined.panic,
    includes: [...seen].filter((path) => path !== entry),
    elapsedMilliseconds: performance.now() - startedAt,
  }
}
