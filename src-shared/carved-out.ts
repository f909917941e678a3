import type { BootReport } from './run.ts'
import type { Bytes } from './units.ts'

/** Memory that only the owners of carve-outs can use: `no-map` regions, owned regions, and what the kernel never saw. */
export function carvedOutBytes({ reserved, carveouts = [] }: Pick<BootReport, 'reserved' | 'carveouts'>): Bytes {
  const lost = reserved.filter(({ no_map, base }) => no_map || carveouts.some((each) => each.base === base))
  const removed = carveouts.filter((each) => each.removed)
  return [...lost, ...removed].reduce((sum, { size }) => sum + size, 0)
}
