/**
 * The tables of operations of arch/arm in 3.4 to 3.7: arm_dma_ops and arm_coherent_dma_ops. Streaming mappings are the physical
 * address and cache maintenance; nothing checks the mask. Left out: dma_alloc_pages and dma_map_resource, which came later.
 */
import type { Bytes } from '@shared/units.ts'
import { type ArmDma, type ArmMemory } from './arm-dma.ts'
import type { DmaDirection } from './attrs.ts'
import { DMA_ATTR_SKIP_CPU_SYNC } from './attrs.ts'
import type { Backing, DmaBuffer, DmaMapping, SgEntry, SgMapping } from './buffer.ts'
import { physToDma } from './bus.ts'
import { syncForCpu, syncForDevice } from './cache.ts'
import type { Device } from './device.ts'
import type { DmaOps } from './dma-ops.ts'
import { plainMapping } from './mappings.ts'
import type { Rooms } from './rooms.ts'

const BACKING: Record<ArmMemory['source'], Backing> = {
  area: 'contiguous',
  pool: 'pool',
  window: 'pages',
  vmalloc: 'pages',
  simple: 'pages',
}

export class ArmOps implements DmaOps {
  readonly name: string = 'direct'
  readonly allocNoncontiguous: DmaOps['allocNoncontiguous'] = null

  constructor(
    protected readonly rooms: Rooms,
    protected readonly dma: ArmDma,
    protected readonly poolBase: Bytes,
  ) {}

  alloc(device: Device, bytes: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const memory = this.dma.alloc(device, bytes, gfp)
    return memory && this.buffer(device, bytes, memory, physToDma(device, memory.phys), attrs)
  }

  free(buffer: DmaBuffer): void {
    this.dma.free(buffer.device, memoryOf(buffer))
  }

  allocPages(): null {
    return null
  }

  freePages(): void {}

  mapPage(
    device: Device,
    page: Bytes,
    offset: Bytes,
    bytes: Bytes,
    direction: DmaDirection,
    attrs: number,
  ): DmaMapping | null {
    const phys = page + offset
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) syncForDevice(this.rooms.tracer, device, phys, bytes, direction)
    return plainMapping(device, 'page', physToDma(device, phys), phys, bytes, direction, attrs)
  }

  unmapPage(mapping: DmaMapping): void {
    if (!(mapping.attrs & DMA_ATTR_SKIP_CPU_SYNC)) this.syncForCpu(mapping, mapping.bytes)
  }

  mapResource(): null {
    return null
  }

  unmapResource(): void {}

  /** arm_dma_map_sg: entry by entry. */
  mapSg(device: Device, entries: readonly SgEntry[], direction: DmaDirection, attrs: number): SgMapping | number {
    const page = this.rooms.profile.page.sizeBytes
    const mappings: DmaMapping[] = []
    for (const { phys, bytes } of entries) {
      const mapping = this.mapPage(device, phys - (phys % page), phys % page, bytes, direction, attrs)
      if (!mapping) {
        for (const made of mappings) this.unmapPage(made)
        return 0
      }
      mappings.push(mapping)
    }
    const segments = mappings.map(({ phys, dma, bytes, bounced }) => ({ phys, dma, bytes, bounced }))
    return { device, direction, count: segments.length, segments, mappings }
  }

  unmapSg({ mappings }: SgMapping): void {
    for (const mapping of mappings) this.unmapPage(mapping)
  }

  syncForDevice({ device, phys, direction }: DmaMapping, bytes: Bytes): void {
    syncForDevice(this.rooms.tracer, device, phys, bytes, direction)
  }

  syncForCpu({ device, phys, direction }: DmaMapping, bytes: Bytes): void {
    syncForCpu(this.rooms.tracer, device, phys, bytes, direction)
  }

  maxMappingBytes(): Bytes {
    return this.rooms.sizeMax
  }

  requiredMask(): Bytes {
    return this.rooms.sizeMax
  }

  protected buffer(device: Device, bytes: Bytes, memory: ArmMemory, dma: Bytes, attrs: number): DmaBuffer {
    const { phys, sizeBytes, source, virt, remap } = memory
    const from =
      source === 'pool' ? { from: 'pool:arm', offset: phys - this.poolBase } : this.rooms.sourceOf(device, phys)
    return {
      device,
      call: 'attrs',
      bytes,
      allocBytes: sizeBytes,
      dma,
      phys,
      virt,
      windowOffset: source === 'window' ? remap! - this.dma.windowStart : null,
      ...from,
      runs: null,
      attrs,
      backing: BACKING[source],
      remap,
    }
  }
}

/** What arm_dma_free() finds out from an address. */
export function memoryOf({ phys, allocBytes, backing, virt, remap }: DmaBuffer): Omit<ArmMemory, 'virt'> {
  const pages = virt === 'window' ? 'window' : virt === 'vmalloc' ? 'vmalloc' : 'simple'
  const source = backing === 'pool' ? 'pool' : backing === 'contiguous' ? 'area' : pages
  return { phys, sizeBytes: allocBytes, source, remap }
}
