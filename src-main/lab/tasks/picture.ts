import { basename, extname } from 'node:path'
import { layoutSvg } from '../../report/layout-svg.ts'
import { examinedBefore } from '../examine-sources.ts'
import { layoutFrom } from '../layout.ts'
import { BadInput, type BoardSources } from '../tasks.ts'

/** The memory map of a board as a file of its own. */
export function picture(sources: BoardSources): { name: string; text: string } {
  const { examined } = examinedBefore(sources)
  const layout = layoutFrom(examined)
  if (!layout) throw new BadInput('the board does not boot, so there is no layout to draw', examined.diagnostics)
  return { name: `${basename(sources.entry, extname(sources.entry))}-layout.svg`, text: layoutSvg(layout) }
}
