import type { TextEdit } from '@shared/diagnostics.ts'
import type { Layout } from '@shared/layout.ts'
import type { Explanation } from '@shared/run.ts'

type Remedy = NonNullable<Explanation['remedy']>

/** The one replacement in the source that does what an explanation suggests; null when it can't be done in place. */
export function remedyEdit(layout: Layout, remedy: Remedy): TextEdit | null {
  if (remedy.value === null) return null
  if (remedy.property === 'bootargs') {
    return layout.cmdlineSpan ? { ...layout.cmdlineSpan, newText: remedy.value } : null
  }
  const region = layout.regions.find((candidate) => candidate.nodePath === remedy.boardPath)
  return region?.sizeSpan && remedy.property === 'size' ? { ...region.sizeSpan, newText: remedy.value } : null
}

/** Where the source says what the remedy wants changed: for a link when it can't be done by one click. */
export const remedyPlace = (layout: Layout, remedy: Remedy) =>
  layout.regions.find((region) => region.nodePath === remedy.boardPath)?.span ?? layout.cmdlineSpan
