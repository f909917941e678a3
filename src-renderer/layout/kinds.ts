import { regionKinds as kinds } from '@shared/region-kinds.ts'
import type { LayoutRegion } from '@shared/layout.ts'
import type { AreaKind } from '@shared/run.ts'

/** The kinds of memory as the page shows them: colours are custom properties of its style sheet. */
export const kindOf = ({ kind }: Pick<LayoutRegion, 'kind'>) => ({
  ...kinds[kind],
  color: `var(--${kinds[kind].color})`,
})

export const areaKinds: Record<AreaKind, { label: string; color: string }> = {
  cma: { label: 'CMA', color: 'var(--cma)' },
  declared: { label: 'declared', color: 'var(--declared)' },
  pool: { label: 'atomic pool', color: 'var(--pool)' },
  swiotlb: { label: 'bounce buffer', color: 'var(--swiotlb)' },
  dmabounce: { label: 'safe buffers', color: 'var(--swiotlb)' },
  carveout: { label: 'carve-out', color: 'var(--removed)' },
  iova: { label: 'IOVA', color: 'var(--accent)' },
  window: { label: 'consistent window', color: 'var(--pool)' },
  zone: { label: 'zone', color: 'var(--reserved)' },
}
