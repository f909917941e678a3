import { SourceCache } from '../devicetree/index.ts'
import { boardFiles } from './board-files.ts'
import { examine, type Examination } from './examine.ts'
import type { BoardSources } from './tasks.ts'

export interface ExaminedSources {
  examined: Examination
  /** Files that were asked for and found, as diagnostics name them. */
  seen: ReadonlySet<string>
}

/** Files that did not change between two keystrokes are scanned once. */
const cache = new SourceCache({ keepParses: true })
const kept = new Map<string, ExaminedSources>()
const mostKept = 4

/** A board as the window has it, examined anew. */
export function examineSources(sources: BoardSources): ExaminedSources {
  const files = boardFiles(sources)
  const { entry, includeFolders: includeDirs, defines, machine } = sources
  const answer = { examined: examine({ entry, files, includeDirs, defines }, machine, cache), seen: files.seen }
  const key = keyOf(sources)
  kept.delete(key)
  kept.set(key, answer)
  if (kept.size > mostKept) kept.delete(kept.keys().next().value!)
  return answer
}

/** The same for questions about a text that was examined before: what changed on disk since is not looked at. */
export const examinedBefore = (sources: BoardSources): ExaminedSources =>
  kept.get(keyOf(sources)) ?? examineSources(sources)

const keyOf = (sources: BoardSources): string => JSON.stringify(sources)
