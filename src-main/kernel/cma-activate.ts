/** cma_init_reserved_areas() of mm/cma.c: the areas that early boot noted become usable, or do not. */
import { alignDown, alignUp, type Bytes } from '@shared/units.ts'
import { BootPanic, type CmaReservation, type EarlyBoot } from './early-boot.ts'

/**
 * Takes the areas that cannot be used out of the account (their size becomes 0) and returns the ranges that go back to the page allocator.
 * @throws BootPanic when an area has no memory map: the kernel reads struct pages that do not exist
 */
export function dropUnusableAreas(boot: EarlyBoot): { start: Bytes; end: Bytes }[] {
  const dropped: { start: Bytes; end: Bytes }[] = []
  for (const area of boot.cma) {
    if (!hasMemoryMap(boot, area)) throw new BootPanic('Attempted to kill init! exitcode=0x0000000b')
    if (isInOneZone(boot, area)) continue
    boot.log.print('err', `cma: CMA area ${area.name} could not be activated`)
    dropped.push({ start: area.base, end: area.base + area.size })
    area.size = 0
  }
  return dropped
}

/** Struct pages exist for whole sections, or from the first to the last block of the largest order. */
function hasMemoryMap({ memblock, profile }: EarlyBoot, { base, size }: CmaReservation): boolean {
  const { sparse } = profile.earlyBoot
  if (!sparse) {
    const block = profile.page.sizeBytes * 2 ** profile.page.maxOrder
    return base >= alignDown(memblock.startOfDram, block) && base + size <= alignUp(memblock.endOfDram, block)
  }
  for (let at = alignDown(base, sparse.sectionBytes); at < base + size; at += sparse.sectionBytes)
    if (!memblock.memory.overlaps(at, sparse.sectionBytes)) return false
  return true
}

/** alloc_contig_range() needs all pages of a range in one zone. */
const isInOneZone = ({ zones }: EarlyBoot, { base, size }: CmaReservation): boolean =>
  !zones.some((z) => (base < z.start && base + size > z.start) || (base < z.end && base + size > z.end))
