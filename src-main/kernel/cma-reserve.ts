/** How an area comes about in early boot: the first half of mm/cma.c. Left out: areas of one NUMA node, hugetlb's. */
import { alignDown, alignUp, GiB, MiB, type Bytes } from '@shared/units.ts'
import type { CmaReservation, EarlyBoot } from './early-boot.ts'
import { phys } from './phys.ts'

/** What cma_declare_contiguous() is asked for. */
export interface CmaRequest {
  size: Bytes
  /** 0: anywhere. */
  base: Bytes
  /** Exclusive; 0: none. */
  limit: Bytes
  /** Exactly at `base`. */
  fixed: boolean
  name: string
}

const ENOSPC = -28
const EINVAL = -22

/** CMA_MIN_ALIGNMENT_BYTES: a pageblock. */
const minAlign = ({ profile }: EarlyBoot): Bytes => (profile.cma?.minAlignPages ?? 1) * profile.page.sizeBytes

export const isCmaAligned = (boot: EarlyBoot, base: Bytes, size: Bytes): boolean =>
  base % minAlign(boot) === 0 && size % minAlign(boot) === 0

/** cma_init_reserved_mem(): notes an area in memory that is taken already. Its index, or a negative errno. */
export function initReservedCma(
  boot: EarlyBoot,
  area: Pick<CmaReservation, 'name' | 'base' | 'size' | 'fromNode'>,
): number {
  if (!hasSlot(boot)) return ENOSPC
  if (!area.size || !boot.memblock.isRegionReserved(area.base, area.size)) return EINVAL
  if (!isCmaAligned(boot, area.base, area.size)) return EINVAL
  const { name, base, size, fromNode } = area
  return boot.cma.push({ name, base, size, orderPerBit: 0, fromNode }) - 1
}

function hasSlot(boot: EarlyBoot): boolean {
  if (boot.cma.length < (boot.profile.cma?.maxAreas ?? 0)) return true
  boot.log.print('err', 'cma: Not enough slots for CMA reserved regions!')
  return false
}

/** cma_declare_contiguous_nid(): finds room for an area and notes it. Its index, or a negative errno. */
export function declareContiguous(boot: EarlyBoot, request: CmaRequest): number {
  if (!hasSlot(boot)) return ENOSPC
  if (!request.size) return EINVAL
  const align = minAlign(boot)
  if (request.fixed && request.base % align !== 0) {
    const place = `Region at ${phys(boot, request.base)}`
    boot.log.print('err', `cma: ${place} must be aligned to ${phys(boot, align)} bytes`)
    return failed(boot, request.size)
  }
  const size = alignUp(request.size, align)
  const base = place(boot, request, size, align)
  if (base === null) return failed(boot, size)
  const index = initReservedCma(boot, { name: request.name, base, size, fromNode: null })
  boot.log.print('info', `cma: Reserved ${Math.floor(size / MiB)} MiB at ${phys(boot, base)} on node -1`)
  return index
}

function failed(boot: EarlyBoot, size: Bytes): number {
  boot.log.print('err', `cma: Failed to reserve ${Math.floor(size / MiB)} MiB on node -1`)
  return EINVAL
}

/** Takes memory for the area; null when that cannot be, with the message that says why. */
function place(boot: EarlyBoot, request: CmaRequest, size: Bytes, align: Bytes): Bytes | null {
  const { memblock } = boot
  const base = alignUp(request.base, align)
  const fixed = request.fixed && base !== 0
  const highmemStart = boot.highmemStart
  if (fixed && base < highmemStart && base + size > highmemStart) {
    const boundary = `(${phys(boot, highmemStart)})`
    boot.log.print('err', `cma: Region at ${phys(boot, base)} defined on low/high memory boundary ${boundary}`)
    return null
  }
  const wanted = alignDown(request.limit, align)
  const limit = wanted === 0 || wanted > memblock.endOfDram ? memblock.endOfDram : wanted
  if (base + size > limit) {
    const sizes = `Size (${phys(boot, size)}) of region at ${phys(boot, base)}`
    boot.log.print('err', `cma: ${sizes} exceeds limit (${phys(boot, limit)})`)
    return null
  }
  if (!fixed) return find(boot, { size, align, start: base, end: limit }) || null
  if (memblock.isRegionReserved(base, size)) return null
  memblock.reserve(base, size)
  return base
}

/** From 4 GiB up where there is enough beyond, then high memory, then below. */
function find(boot: EarlyBoot, range: { size: Bytes; align: Bytes; start: Bytes; end: Bytes }): Bytes {
  const { memblock, highmemStart } = boot
  const untouched = true
  let addr = 0
  if (boot.profile.page.physDigits === 16 && !memblock.bottomUp && memblock.endOfDram >= 4 * GiB + range.size) {
    memblock.bottomUp = true
    addr = memblock.alloc({ ...range, start: 4 * GiB, untouched })
    memblock.bottomUp = false
  }
  if (addr || range.start >= highmemStart || range.end <= highmemStart)
    return addr || memblock.alloc({ ...range, untouched })
  return (
    memblock.alloc({ ...range, start: highmemStart, untouched }) ||
    memblock.alloc({ ...range, end: highmemStart, untouched })
  )
}
