/** How large the bounce buffer is and where it lies: the early half of kernel/dma/swiotlb.c. Left out: memory encryption, Xen. */
import { alignUp, MiB, orderOf, type Bytes } from '@shared/units.ts'
import type { EarlyBoot } from './early-boot.ts'
import { parseUnsigned } from './memparse.ts'
import { SEGMENT_SLOTS, SLOT_BYTES } from './swiotlb.ts'

/** IO_TLB_DEFAULT_SIZE in slots. */
const DEFAULT_SLOTS = (64 * MiB) / SLOT_BYTES
/** IO_TLB_MIN_SLABS */
const MIN_SLOTS = MiB / SLOT_BYTES

/** default_nslabs, default_nareas and the two switches, as parameters and architecture set them. */
export class SwiotlbPlan {
  slots = DEFAULT_SLOTS
  areas = 0
  force = false
  disabled = false

  constructor(private readonly boot: Pick<EarlyBoot, 'log'>) {}

  /** swiotlb_size_or_default() */
  get bytes(): Bytes {
    return this.slots * SLOT_BYTES
  }

  /** setup_io_tlb_npages(): `SLOTS`, `SLOTS,AREAS`, either followed by `,force` or `,noforce`. */
  parse(text: string): void {
    let rest = text
    const number = () => {
      const parsed = parseUnsigned(rest)
      rest = parsed.rest
      return parsed.value
    }
    if (/^\d/.test(rest)) this.slots = alignUp(number(), SEGMENT_SLOTS)
    if (rest.startsWith(',')) rest = rest.slice(1)
    if (/^\d/.test(rest)) this.adjustAreas(number())
    if (rest.startsWith(',')) rest = rest.slice(1)
    if (rest === 'force') this.force = true
    else if (rest === 'noforce') this.disabled = true
  }

  /** swiotlb_adjust_nareas() */
  adjustAreas(areas: number): void {
    this.areas = 2 ** orderOf(Math.max(1, areas))
    this.#say(`area num ${this.areas}.`)
    if (this.#roundUp()) this.#say(`SWIOTLB bounce buffer size roundup to ${this.#mib}MB`)
  }

  /** swiotlb_adjust_size(): an architecture's wish; counts only where nobody asked for a size. */
  adjustSize(bytes: Bytes): void {
    if (this.slots !== DEFAULT_SLOTS) return
    const size = alignUp(bytes, SLOT_BYTES)
    this.slots = alignUp(size / SLOT_BYTES, SEGMENT_SLOTS)
    const told = this.#roundUp() ? this.slots * SLOT_BYTES : size
    this.#say(`SWIOTLB bounce buffer size adjusted to ${Math.floor(told / MiB)}MB`)
  }

  /** round_up_default_nslabs(): a power of two, with a segment for every area. */
  #roundUp(): boolean {
    if (!this.areas) return false
    const least = SEGMENT_SLOTS * this.areas
    if (this.slots >= least && Number.isInteger(Math.log2(this.slots))) return false
    this.slots = 2 ** orderOf(Math.max(this.slots, least))
    return true
  }

  get #mib(): number {
    return Math.floor((this.slots * SLOT_BYTES) / MiB)
  }

  #say(text: string): void {
    this.boot.log.print('info', `software IO TLB: ${text}`)
  }
}

/**
 * swiotlb_init(): `needed` when some RAM lies beyond what DMA reaches. Halves the size until there is room below `lowLimit`
 * (ARCH_LOW_ADDRESS_LIMIT, the last address that may be used; memblock takes it for an end, and leaves its page free).
 */
export function swiotlbInit(boot: EarlyBoot, needed: boolean, lowLimit: Bytes): void {
  const plan = boot.swiotlbPlan
  if ((!needed && !plan.force) || plan.disabled) return
  if (!plan.areas) plan.adjustAreas(boot.loader.cpus)
  let slots = plan.slots
  let areas = limitAreas(plan.areas, slots)
  let start: Bytes
  while (!(start = allocLow(boot, slots, lowLimit))) {
    if (slots <= MIN_SLOTS) return
    slots = alignUp(Math.floor(slots / 2), SEGMENT_SLOTS)
    areas = limitAreas(areas, slots)
  }
  if (slots !== plan.slots)
    boot.log.print('info', `software IO TLB: SWIOTLB bounce buffer size adjusted ${plan.slots} -> ${slots} slabs`)
  const { slotBytes, cacheLineBytes, areaBytes } = boot.profile.earlyBoot.sizes
  const page = boot.profile.page.sizeBytes
  boot.memblock.alloc({ size: alignUp(slots * slotBytes, page), align: page })
  boot.memblock.alloc({ size: areas * areaBytes, align: cacheLineBytes })
  boot.swiotlb = { start, slots, areas, force: plan.force }
}

/** swiotlb_memblock_alloc() in low memory; 0 when there is no room. */
function allocLow(boot: EarlyBoot, slots: number, limit: Bytes): Bytes {
  const page = boot.profile.page.sizeBytes
  const size = alignUp(slots * SLOT_BYTES, page)
  const start = boot.memblock.alloc({ size, align: page, end: Math.min(limit, boot.memblock.currentLimit) })
  if (!start)
    boot.log.print('warn', `software IO TLB: swiotlb_memblock_alloc: Failed to allocate ${size} bytes tlb structure`)
  return start
}

/** limit_nareas() */
const limitAreas = (areas: number, slots: number): number =>
  slots < areas * SEGMENT_SLOTS ? Math.floor(slots / SEGMENT_SLOTS) : areas

/** swiotlb_print_info() for a pool that could not be made; where there is one, the line is part of swiotlb_init(). */
export function printSwiotlbInfo(boot: EarlyBoot): void {
  if (!boot.swiotlb) return boot.log.print('warn', 'software IO TLB: No low mem')
  const { start, slots } = boot.swiotlb
  const bytes = slots * SLOT_BYTES
  const hex = (address: Bytes) => `0x${address.toString(16).padStart(boot.profile.page.physDigits, '0')}`
  boot.log.print(
    'info',
    `software IO TLB: mapped [mem ${hex(start)}-${hex(start + bytes)}] (${Math.floor(bytes / MiB)}MB)`,
  )
}
