/**
 * include/linux/dma-direct.h: between physical and bus addresses of a device. An address that the bus can't reach is Infinity,
 * which no limit allows (DMA_MAPPING_ERROR). Left out: memory encryption.
 */
import type { Bytes } from '@shared/units.ts'
import type { Device } from './device.ts'

/** phys_to_dma */
export function physToDma(device: Pick<Device, 'dmaRanges'>, phys: Bytes): Bytes {
  if (device.dmaRanges.length === 0) return phys
  for (const { cpuAddr, dmaAddr, size } of device.dmaRanges)
    if (phys >= cpuAddr && phys - cpuAddr < size) return phys - cpuAddr + dmaAddr
  return Infinity
}

/** dma_to_phys */
export function dmaToPhys(device: Device, dma: Bytes): Bytes {
  if (device.dmaRanges.length === 0) return dma
  for (const { cpuAddr, dmaAddr, size } of device.dmaRanges)
    if (dma >= dmaAddr && dma - dmaAddr < size) return dma - dmaAddr + cpuAddr
  return Infinity
}

/** min_not_zero(mask, bus_dma_limit): highest bus address that mask and bus allow. */
export function coherentLimit(device: Device): Bytes {
  return device.busLimit === 0 ? device.coherentMask : Math.min(device.coherentMask, device.busLimit)
}

export function streamingLimit(device: Device): Bytes {
  return device.busLimit === 0 ? device.dmaMask : Math.min(device.dmaMask, device.busLimit)
}

/** dma_coherent_ok */
export function coherentOk(device: Device, phys: Bytes, sizeBytes: Bytes): boolean {
  return physToDma(device, phys) + sizeBytes - 1 <= coherentLimit(device)
}

/** dma_capable */
export function dmaCapable(device: Device, dma: Bytes, sizeBytes: Bytes): boolean {
  return dma + sizeBytes - 1 <= streamingLimit(device)
}
