/**
 * Cache maintenance of devices that don't snoop (arch_sync_dma_for_device, arch_sync_dma_for_cpu): only what it costs, as events
 * with the bytes cleaned and invalidated. Left out: which lines were dirty.
 */
import type { Bytes } from '@shared/units.ts'
import type { DmaDirection } from './attrs.ts'
import type { Device } from './device.ts'
import type { Tracer } from './tracer.ts'

/** Before the device works on a buffer: dirty lines go to memory, or, where the device only writes, out of the cache. */
export function syncForDevice(tracer: Tracer, device: Device, phys: Bytes, size: Bytes, direction: DmaDirection): void {
  if (device.coherent || !tracer.enabled) return
  tracer.emit('arch_sync_dma_for_device', { device: device.name, phys, size, direction, cleaned: size, invalidated: 0 })
}

/** After it: stale lines go, unless the device only read. */
export function syncForCpu(tracer: Tracer, device: Device, phys: Bytes, size: Bytes, direction: DmaDirection): void {
  if (device.coherent || direction === 'to-device' || !tracer.enabled) return
  tracer.emit('arch_sync_dma_for_cpu', { device: device.name, phys, size, direction, cleaned: 0, invalidated: size })
}

/** arch_dma_prep_coherent: the linear map's lines of memory that will be mapped without a cache. */
export function prepareCoherent(tracer: Tracer, device: Device, phys: Bytes, size: Bytes): void {
  if (!tracer.enabled) return
  tracer.emit('arch_dma_prep_coherent', { device: device.name, phys, size, cleaned: size, invalidated: size })
}
