/** Makes mappings: one that the device reaches as it is, and one that bounces. */
import type { Bytes } from '@shared/units.ts'
import type { DmaDirection } from './attrs.ts'
import type { DmaMapping } from './buffer.ts'
import type { Device } from './device.ts'
import { SLOT_BYTES } from './swiotlb.ts'

export function plainMapping(
  device: Device,
  kind: DmaMapping['kind'],
  dma: Bytes,
  phys: Bytes,
  bytes: Bytes,
  direction: DmaDirection,
  attrs: number,
): DmaMapping {
  const bounce = { bounced: false, through: null, slot: -1, slotOffset: 0 }
  return { device, kind, dma, bytes, direction, attrs, origin: phys, phys, ...bounce }
}

/** `phys` lies in the device's bounce buffer. */
export function bouncedMapping(
  device: Device,
  dma: Bytes,
  origin: Bytes,
  phys: Bytes,
  bytes: Bytes,
  direction: DmaDirection,
  attrs: number,
): DmaMapping {
  const into = phys - device.ioTlb!.start
  const slot = Math.floor(into / SLOT_BYTES)
  return {
    device,
    kind: 'page',
    dma,
    bytes,
    direction,
    attrs,
    origin,
    phys,
    bounced: true,
    through: 'swiotlb',
    slot,
    slotOffset: into % SLOT_BYTES,
  }
}
