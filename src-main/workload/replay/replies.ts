/** The shapes of answers: what the recordings tell of a call, from what the kernel returned. */
import type { Bytes } from '@shared/units.ts'
import type { Device, DmaBuffer, DmaMapping, Kernel } from '../../kernel/index.ts'
import { DMA_ATTR_NO_KERNEL_MAPPING } from '../../kernel/attrs.ts'
import { errorName } from './errno.ts'

/** A command's own part of an answer; `ok` is true where it does not say. */
export type Reply = { ok?: boolean } & Record<string, unknown>

export const NO_DEVICE: Reply = { ok: false, bad: 'no-such-device' }
export const NO_ID: Reply = { ok: false, bad: 'no-such-id' }
export const NO_AREA: Reply = { ok: false, bad: 'no-such-area' }

/** `errno` is positive. */
export const failure = (errno: number): Reply => ({ ok: false, errno: errorName(errno) })

/** A buffer of `alloc`, `pages` or `noncontig`, with where it is said to be from. */
export function bufferReply(verb: string, buffer: DmaBuffer, source: { from: string; offset: Bytes | null }): Reply {
  return {
    phys: buffer.phys,
    dma: buffer.dma,
    ...(verb === 'alloc' ? { virt: recordedVirt(buffer) } : {}),
    ...(buffer.windowOffset === null ? {} : { woff: buffer.windowOffset }),
    ...(verb === 'noncontig' ? { segments: 1 } : {}),
    from: source.from,
    ...(source.offset === null ? {} : { off: source.offset }),
    ...(buffer.runs && verb !== 'pages' ? { runs: buffer.runs } : {}),
  }
}

/** The recorder held that whoever asks for no kernel address has none, also of memory that has one anyway. */
const recordedVirt = ({ virt, attrs }: DmaBuffer): DmaBuffer['virt'] =>
  attrs & DMA_ATTR_NO_KERNEL_MAPPING ? 'none' : virt

/** Without a kernel address the recorder could not tell a pool's memory from that of the area it lies in. */
export function recordedSource(
  kernel: Kernel,
  { virt, from, phys, offset }: DmaBuffer,
): { from: string; offset: Bytes | null } {
  if (virt !== 'none' || !from.startsWith('pool:')) return { from, offset }
  const { cma, zones } = kernel.early
  const area = cma.find(({ base, size }) => phys >= base && phys < base + size)
  if (area) return { from: `cma:${area.name}`, offset: phys - area.base }
  return { from: `zone:${zones.find((z) => phys >= z.start && phys < z.end)?.name}`, offset: null }
}

export function mappingReply(mapping: DmaMapping): Reply {
  const reply: Reply = { dma: mapping.dma, orig: mapping.origin, bounced: mapping.bounced ? 1 : 0 }
  if (!mapping.bounced) return reply
  if (mapping.through !== 'swiotlb') return { ...reply, phys: mapping.phys, from: mapping.through }
  return { ...reply, phys: mapping.phys, slot: mapping.slot, slot_off: mapping.slotOffset }
}

/** Facts of a device, as many as the recordings of that kernel have. */
export function infoReply(kernel: Kernel, device: Device): Reply {
  const info = kernel.deviceInfo(device)
  if (!kernel.profile.recorded.deviceFacts) return { coherent_mask: info.coherentMask, mask: info.mask, ops: info.ops }
  return {
    coherent: info.coherent ? 1 : 0,
    mask: info.mask,
    coherent_mask: info.coherentMask,
    bus_limit: info.busLimit,
    max_mapping: info.maxMapping,
    required: info.requiredMask,
    ops: info.ops,
    cma_area: info.cmaArea ?? '-',
    declared_pages: info.declaredPages,
    ...(kernel.profile.swiotlb ? { swiotlb: info.swiotlb ?? 'none' } : {}),
  }
}
