import { isAbsolute } from 'node:path'
import type { LanguageAnswers, LanguageQuestion } from '@shared/language.ts'
import { examinedBefore } from '../examine-sources.ts'
import { answer, snapshotOf, type LanguageAsk } from '../language.ts'
import type { BoardSources } from '../tasks.ts'

/** Answers a question about a file of the project; one that the board does not include is looked at by itself. */
export function language({ board, ask }: { board: BoardSources; ask: LanguageAsk }): LanguageAnswers[LanguageQuestion] {
  const { examined } = examinedBefore(board)
  const whole = snapshotOf(examined)
  const snapshot = whole?.files.has(ask.file)
    ? whole
    : snapshotOf(examinedBefore({ ...board, entry: ask.file }).examined)
  return answer(snapshot!, ask, (file) => !isAbsolute(file) && !file.startsWith('..'))
}
