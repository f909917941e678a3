import { alignUp, orderOf, type Bytes, type Microseconds } from '@shared/units.ts'
import { SLOT_BYTES, type DmaBuffer, type DmaMapping } from '../kernel/index.ts'
import type { AreaLog } from './area-log.ts'
import type { AreaBook, Held, Owner } from './area-book.ts'

/** Which piece of which area a buffer or mapping holds, where no event tells: pools, declared memory, bounce slots, I/O addresses. */

/** I/O addresses beyond this are never drawn: the allocator starts below 4 GiB. */
const IOVA_SHOWN = 2 ** 32

export function holdBuffer(
  book: AreaBook,
  buffer: DmaBuffer,
  owner: Owner,
  time: Microseconds,
  pageBytes: Bytes,
): Held | null {
  const { device, from, phys, runs, dma } = buffer
  const bytes = alignUp(buffer.bytes, pageBytes)
  // the stream of events tells of carve-outs
  if (buffer.backing === 'carveout') return null
  if (runs) return book.hold(book.area(`iova:${device.name}`, 'iova', 0, IOVA_SHOWN), dma, bytes, owner, time)
  if (from.startsWith('pool:')) {
    const area = book.areas.get(from)
    return area ? book.hold(area, book.poolOffset(from, phys), bytes, owner, time) : null
  }
  if (from === 'declared' && device.declared) {
    const { name, base, sizeBytes } = device.declared
    const area = book.area(`declared:${name}`, 'declared', base, sizeBytes)
    return book.hold(area, phys - base, pageBytes * 2 ** orderOf(bytes / pageBytes), owner, time)
  }
  if (buffer.windowOffset !== null) {
    const window = book.areas.get('window')
    return window ? book.hold(window, buffer.windowOffset, bytes, owner, time) : null
  }
  return from === 'swiotlb' ? holdSlots(book, buffer.device, phys, bytes, owner, time) : null
}

export function holdBounce(book: AreaBook, mapping: DmaMapping, owner: Owner, time: Microseconds): Held | null {
  return mapping.bounced ? holdSlots(book, mapping.device, mapping.phys, mapping.bytes, owner, time) : null
}

function holdSlots(
  book: AreaBook,
  { ioTlb }: DmaBuffer['device'],
  phys: Bytes,
  bytes: Bytes,
  owner: Owner,
  time: Microseconds,
): Held | null {
  if (!ioTlb) return null
  const area: AreaLog = book.area(`swiotlb:${ioTlb.name}`, 'swiotlb', ioTlb.start, ioTlb.slots * SLOT_BYTES)
  const offset = phys - ioTlb.start
  const first = offset - (offset % SLOT_BYTES)
  return book.hold(area, first, alignUp(offset + bytes, SLOT_BYTES) - first, owner, time)
}
