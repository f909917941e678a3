import type { SizingResult } from '@shared/sizing.ts'
import { sizeWord, setParameter } from '../sizing/cmdline.ts'
import { parameterValue } from '../sizing/settings.ts'
import { changed, evidenceLines, knobLine } from './evidence.ts'

/** The board's command line with the recommended sizes in it. */
export const recommendedCmdline = (cmdline: string, result: SizingResult): string =>
  changed(result).reduce(
    (text, { knob, recommended }) =>
      knob.parameter ? setParameter(text, knob.parameter, parameterValue(knob, recommended, text)) : text,
    cmdline,
  )

/** The kernel command line as a file: comments, then the whole line. */
export function bootargsOf(cmdline: string, result: SizingResult): string {
  const nodes = changed(result).filter(({ knob }) => knob.nodePath)
  const notes = nodes.map(
    ({ knob, recommended }) => `${knob.id} is set by ${knob.nodePath} in the devicetree: ${sizeWord(recommended)}`,
  )
  const comments = [...evidenceLines(result), ...changed(result).map(knobLine), ...notes]
  return `${comments.map((line) => `# ${line}\n`).join('')}${recommendedCmdline(cmdline, result)}\n`
}
