/** What drivers know of their devices and the tree does not say. Real boards need none; a test driver's words come in here. */
import type { BoardDevice, BoardIommu } from '@shared/board.ts'
import type { DtNode } from '../devicetree/tree.ts'

export interface BoardBindings {
  /** Fields that differ from what every device gets. */
  device?(node: DtNode): Partial<Pick<BoardDevice, 'dmaBits' | 'noInit'>>
  /** A unit that only this binding knows; null: not its own. */
  iommu?(node: DtNode): Omit<BoardIommu, 'path' | 'compatible' | 'span'> | null
}
