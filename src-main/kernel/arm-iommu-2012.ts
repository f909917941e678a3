/**
 * iommu_ops of arch/arm in 3.5 to 3.7: scattered pages behind one range of bus addresses, which all devices of the mapping share.
 * Left out: the page table and its page sizes, errors of the hardware.
 */
import { alignUp, type Bytes, type Pages, type Pfn } from '@shared/units.ts'
import { ArmOps, memoryOf } from './arm-ops-2012.ts'
import { DMA_ATTR_NO_KERNEL_MAPPING, DMA_ATTR_SKIP_CPU_SYNC, type DmaDirection } from './attrs.ts'
import { ArmDma } from './arm-dma.ts'
import type { ArmRooms } from './arm-rooms.ts'
import type { ArmIovaMapping } from './arm-iova.ts'
import type { DmaBuffer, DmaMapping, PageRun } from './buffer.ts'
import { syncForDevice } from './cache.ts'
import type { Device } from './device.ts'
import { DmabounceOps } from './dmabounce-ops.ts'
import type { DmaOps } from './dma-ops.ts'
import type { OpsName } from './profile.ts'
import { __GFP_COMP, __GFP_HIGH, __GFP_NOWARN } from './gfp.ts'
import { plainMapping } from './mappings.ts'
import type { Rooms } from './rooms.ts'

const POINTER_BYTES = 4

class ArmIommuOps2012 extends ArmOps {
  override readonly name = 'iommu'
  readonly #page: Bytes

  constructor(
    rooms: Rooms,
    dma: ArmDma,
    poolBase: Bytes,
    private readonly iova: ArmIovaMapping,
  ) {
    super(rooms, dma, poolBase)
    this.#page = rooms.profile.page.sizeBytes
  }

  /** arm_iommu_alloc_attrs; no mask is looked at. */
  override alloc(device: Device, bytes: Bytes, gfp: number, attrs: number): DmaBuffer | null {
    const size = alignUp(bytes, this.#page)
    const source = this.dma.profile.source((gfp & __GFP_HIGH) !== 0, true)
    if (source === 'pool') return this.#fromPool(device, bytes, size, attrs)
    if (size === 0) return null
    const list = this.#listBytes(size)
    this.rooms.kmalloc.alloc(list)
    const runs = this.#pages(size / this.#page, gfp & ~__GFP_COMP)
    if (!runs) {
      this.rooms.kmalloc.free(list)
      return null
    }
    const iova = this.#iova(device, size)
    const unmapped = this.dma.profile.iommu!.sparesMapping && (attrs & DMA_ATTR_NO_KERNEL_MAPPING) !== 0
    const remap = iova === null || unmapped ? null : this.dma.mapRange(source === 'window' ? 'window' : 'vmalloc', size)
    if (iova === null || (remap === null && !unmapped)) {
      if (iova !== null) this.iova.free(iova, size)
      this.#freeRuns(runs)
      this.rooms.kmalloc.free(list)
      return null
    }
    const virt = source === 'window' ? 'window' : 'vmalloc'
    const memory = { phys: runs[0]![0], sizeBytes: size, source: virt, virt, remap } as const
    const buffer = this.buffer(device, bytes, memory, iova, attrs)
    return { ...buffer, virt: unmapped ? 'none' : virt, runs }
  }

  override free(buffer: DmaBuffer): void {
    this.iova.free(buffer.dma, buffer.allocBytes)
    if (buffer.backing === 'pool') return this.dma.free(buffer.device, memoryOf(buffer))
    this.dma.unmapRange(buffer.virt === 'window' ? 'window' : 'vmalloc', buffer.remap)
    this.#freeRuns(buffer.runs!)
    this.rooms.kmalloc.free(this.#listBytes(buffer.allocBytes))
  }

  /** arm_iommu_map_page: a range of its own for each mapping. */
  override mapPage(
    device: Device,
    page: Bytes,
    offset: Bytes,
    bytes: Bytes,
    direction: DmaDirection,
    attrs: number,
  ): DmaMapping | null {
    const iova = this.#iova(device, offset + bytes)
    if (iova === null) return null
    if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC)) syncForDevice(this.rooms.tracer, device, page + offset, bytes, direction)
    return plainMapping(device, 'page', iova + offset, page + offset, bytes, direction, attrs)
  }

  override unmapPage(mapping: DmaMapping): void {
    super.unmapPage(mapping)
    const offset = mapping.dma % this.#page
    this.iova.free(mapping.dma - offset, mapping.bytes + offset)
  }

  /** struct page *pages[]. Beyond a page it is vmalloc()'s, which is left out. */
  #listBytes(size: Bytes): Bytes {
    return Math.min(this.#page, (size / this.#page) * POINTER_BYTES)
  }

  /** __iommu_alloc_atomic */
  #fromPool(device: Device, bytes: Bytes, size: Bytes, attrs: number): DmaBuffer | null {
    const memory = this.dma.fromPool(size)
    const iova = memory && this.#iova(device, size)
    if (memory && iova === null) this.dma.free(device, memory)
    if (!memory || iova === null) return null
    const translated = this.dma.profile.iommu!.mapsFirstAtomicPageOnly ? 1 : size / this.#page
    return { ...this.buffer(device, bytes, memory, iova, attrs), runs: [[memory.phys, translated]] }
  }

  /** __alloc_iova */
  #iova(device: Device, bytes: Bytes): Bytes | null {
    const iova = this.iova.alloc(bytes)
    const { tracer } = this.rooms
    if (iova === null && tracer.enabled)
      tracer.emit('__alloc_iova', { device: device.name, size: bytes, used: this.iova.usedBytes(), ok: false })
    return iova
  }

  /** __iommu_alloc_buffer: the largest power of two that is left to get, or the next smaller that is to be had. */
  #pages(count: Pages, gfp: number): PageRun[] | null {
    const { pages } = this.rooms
    const runs: PageRun[] = []
    for (let left = count; left > 0;) {
      let order = Math.floor(Math.log2(left))
      let start: Pfn = pages.alloc(gfp | __GFP_NOWARN, order)
      while (start < 0 && order > 0) start = pages.alloc(gfp | __GFP_NOWARN, --order)
      if (start < 0) {
        this.#freeRuns(runs)
        return null
      }
      runs.push([start * this.#page, 2 ** order])
      left -= 2 ** order
    }
    return joined(runs, this.#page)
  }

  #freeRuns(runs: readonly PageRun[]): void {
    for (const [phys, count] of runs) this.rooms.pages.freeRange(phys / this.#page, count)
  }
}

/** The tables of a kernel of 2012, by what devices ask for. */
export function armOps2012(rooms: Rooms, arm: ArmRooms): [OpsName, DmaOps][] {
  const dma = new ArmDma(rooms, arm)
  const poolBase = arm.pool?.base ?? 0
  const plain = new ArmOps(rooms, dma, poolBase)
  const translated = arm.iova && new ArmIommuOps2012(rooms, dma, poolBase, arm.iova)
  return [
    ['arm', plain],
    ['arm-coherent', plain],
    ['dmabounce', new DmabounceOps(rooms, dma, poolBase)],
    ['arm-iommu', translated ?? plain],
    ['arm-iommu-coherent', translated ?? plain],
  ]
}

function joined(runs: readonly PageRun[], page: Bytes): PageRun[] {
  const out: PageRun[] = []
  for (const [phys, count] of runs) {
    const last = out.at(-1)
    if (last && last[0] + last[1] * page === phys) last[1] += count
    else out.push([phys, count])
  }
  return out
}
