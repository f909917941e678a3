import type { TextEdit } from '@shared/diagnostics.ts'
import type { Layout } from '@shared/layout.ts'
import type { SizingResult } from '@shared/sizing.ts'
import { resizeEdit, sizeWord, withParameter } from '../why/remedy-edit.ts'

/** The edits that write a recommendation into the board: sizes of its nodes, and words of its command line. */
export function sizingEdits(layout: Layout, result: SizingResult): TextEdit[] {
  const changes = result.knobs.filter(({ knob, recommended }) => recommended !== null && recommended !== knob.current)
  const nodes = changes.flatMap(({ knob, recommended }) => {
    const region = knob.source === 'node' && layout.regions.find((candidate) => candidate.nodePath === knob.nodePath)
    return (region && resizeEdit(region, recommended!)) || []
  })
  const words = changes.filter(({ knob }) => knob.parameter !== null && knob.parameter !== 'swiotlb=')
  if (!layout.cmdlineSpan || words.length === 0) return nodes
  const cmdline = words.reduce(
    (text, { knob, recommended }) => withParameter(text, knob.parameter!.replace(/=$/, ''), sizeWord(recommended!)),
    layout.cmdline,
  )
  return [...nodes, { ...layout.cmdlineSpan, newText: JSON.stringify(cmdline) }]
}
