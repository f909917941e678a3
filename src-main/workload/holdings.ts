import { alignUp, orderOf, type Bytes, type Microseconds } from '@shared/units.ts'
import type { DmaBuffer, DmaMapping } from '../kernel/index.ts'
import type { AreaLog } from './area-log.ts'
import type { Held, Recorder } from './recorder.ts'

/** Which piece of which area a buffer or mapping holds, where no event tells: pools, declared memory, bounce slots, I/O addresses. */

const SLOT_BYTES = 2048
/** I/O addresses beyond this are never drawn: the allocator starts below 4 GiB. */
const IOVA_SHOWN = 2 ** 32

export function holdBuffer(
  recorder: Recorder,
  buffer: DmaBuffer,
  stream: string,
  time: Microseconds,
  pageBytes: Bytes,
): Held | null {
  const { device, from, phys, runs, dma } = buffer
  const bytes = alignUp(buffer.bytes, pageBytes)
  if (runs) return recorder.hold(recorder.area(`iova:${device.name}`, 'iova', 0, IOVA_SHOWN), dma, bytes, stream, time)
  if (from.startsWith('pool:')) {
    const area = recorder.areas.get(from)
    return area ? recorder.hold(area, recorder.poolOffset(from, phys), bytes, stream, time) : null
  }
  if (from === 'declared' && device.declared) {
    const { name, base, sizeBytes } = device.declared
    const area = recorder.area(`declared:${name}`, 'declared', base, sizeBytes)
    return recorder.hold(area, phys - base, pageBytes * 2 ** orderOf(bytes / pageBytes), stream, time)
  }
  return from === 'swiotlb' ? holdSlots(recorder, buffer.device, phys, bytes, stream, time) : null
}

export function holdBounce(recorder: Recorder, mapping: DmaMapping, stream: string, time: Microseconds): Held | null {
  return mapping.bounced ? holdSlots(recorder, mapping.device, mapping.phys, mapping.bytes, stream, time) : null
}

function holdSlots(
  recorder: Recorder,
  { ioTlb }: DmaBuffer['device'],
  phys: Bytes,
  bytes: Bytes,
  stream: string,
  time: Microseconds,
): Held | null {
  if (!ioTlb) return null
  const area: AreaLog = recorder.area(`swiotlb:${ioTlb.name}`, 'swiotlb', ioTlb.start, ioTlb.slots * SLOT_BYTES)
  const offset = phys - ioTlb.start
  const first = offset - (offset % SLOT_BYTES)
  return recorder.hold(area, first, alignUp(offset + bytes, SLOT_BYTES) - first, stream, time)
}
