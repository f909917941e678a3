import type { Layout, LayoutRegion, RegionKind } from '@shared/layout.ts'
import { formatAddress, formatBytes } from '@shared/units.ts'

/** What an edit did to one region. `before` is null when it is new, `after` when it is gone. */
export interface RegionChange {
  before: LayoutRegion | null
  after: LayoutRegion | null
}

/** The kernel's own memory follows the length of the board file by a few bytes: no edit of a region, and not told as one. */
const ownKinds = new Set<RegionKind>(['image', 'blob', 'initrd', 'memmap'])

/** Regions that moved, changed their size, are new or gone, by region id: first those that are there, then those that are not. */
export function changesBetween(
  before: Pick<Layout, 'regions'>,
  after: Pick<Layout, 'regions'>,
): Map<string, RegionChange> {
  const old = byId(before.regions)
  const now = byId(after.regions)
  const changes = new Map<string, RegionChange>()
  for (const [id, region] of now) {
    const was = old.get(id) ?? null
    if (was?.start !== region.start || was.end !== region.end) changes.set(id, { before: was, after: region })
  }
  for (const [id, region] of old) if (!now.has(id)) changes.set(id, { before: region, after: null })
  return changes
}

const byId = (regions: LayoutRegion[]) =>
  new Map(regions.filter(({ kind }) => !ownKinds.has(kind)).map((region) => [region.id, region]))

/** `was 0x5c000000 64 MiB`, `new`. */
export const describeChange = ({ before }: RegionChange): string =>
  before ? `was ${formatAddress(before.start)} ${formatBytes(before.end - before.start)}` : 'new'
