import { isAbsolute } from 'node:path'
import type { Board } from '@shared/board.ts'
import type { LanguageAnswers, LanguageQuestion } from '@shared/language.ts'
import { bytesIn } from '@shared/units.ts'
import { completionsIn, hoverIn } from '../../workload/language/index.ts'
import { boardFiles } from '../board-files.ts'
import { examinedBefore } from '../examine-sources.ts'
import { answer, snapshotOf, type LanguageAsk } from '../language.ts'
import type { BoardSources } from '../tasks.ts'

export const isYaml = (file: string): boolean => /\.ya?ml$/.test(file)

/** Of a workload file only what is completed and what a word means is known; every other question has no answer. */
export function workloadAnswer(
  ask: Omit<LanguageAsk, 'newName'>,
  text: string,
  board: Board | null,
): LanguageAnswers[LanguageQuestion] {
  const { question, file, line, column } = ask
  const ramBytes = bytesIn(board?.memory ?? [])
  if (question === 'completion') return completionsIn(file, text, line, column, { board, ramBytes })
  return question === 'hover' ? hoverIn(file, text, line, column, { board, ramBytes }) : null
}

/** Answers a question about a file of the project; one that the board does not include is looked at by itself. */
export function language({ board, ask }: { board: BoardSources; ask: LanguageAsk }): LanguageAnswers[LanguageQuestion] {
  const { examined } = examinedBefore(board)
  if (isYaml(ask.file)) return workloadAnswer(ask, boardFiles(board).readText(ask.file) ?? '', examined.board)
  const whole = snapshotOf(examined)
  const snapshot = whole?.files.has(ask.file)
    ? whole
    : snapshotOf(examinedBefore({ ...board, entry: ask.file }).examined)
  return answer(snapshot!, ask, (file) => !isAbsolute(file) && !file.startsWith('..'))
}
