/**
 * dmabounce_ops of arch/arm/common/dmabounce.c: a registered device's mappings, copied through its safe buffers where it cannot reach
 * them. Coherent memory is the plain table's. Left out: dmabounce_set_mask.
 */
import type { LabDmabounce } from '@shared/board.ts'
import type { Bytes } from '@shared/units.ts'
import { ArmOps } from './arm-ops-2012.ts'
import type { DmaDirection } from './attrs.ts'
import { DMA_ATTR_SKIP_CPU_SYNC } from './attrs.ts'
import type { DmaBuffer, DmaMapping } from './buffer.ts'
import { dmaToPhys, physToDma } from './bus.ts'
import type { Device } from './device.ts'
import { Dmabounce, type BouncePlace } from './dmabounce.ts'
import { GFP_ATOMIC } from './gfp.ts'
import { plainMapping } from './mappings.ts'
import type { Rooms } from './rooms.ts'

/** dmabounce_register_dev */
export function registerDmabounce(rooms: Rooms, device: Device, registered: LabDmabounce): void {
  const { tracer, log, profile } = rooms
  const defaults = profile.dmabounce!
  const { limit } = registered
  const rules = {
    smallBytes: registered.smallBytes ?? defaults.smallBytes,
    largeBytes: registered.largeBytes ?? defaults.largeBytes,
    needsBounce: (dma: Bytes, bytes: Bytes): boolean => limit !== null && dma + bytes > limit,
  }
  const buffers = new Map<Bytes, DmaBuffer>()
  const source = (bytes: Bytes): Bytes | null => {
    const buffer = device.ops.alloc(device, bytes, GFP_ATOMIC, 0)
    if (!buffer) return null
    buffers.set(buffer.dma, buffer)
    if (tracer.enabled)
      tracer.emit('dmabounce_alloc', {
        device: device.name,
        phys: buffer.phys,
        size: buffer.allocBytes,
        from: buffer.from,
      })
    return buffer.dma
  }
  const release = (dma: Bytes): void => {
    const buffer = buffers.get(dma)!
    buffers.delete(dma)
    if (tracer.enabled) tracer.emit('dmabounce_free', { device: device.name, phys: buffer.phys, from: buffer.from })
    device.ops.free(buffer)
  }
  device.dmabounce = new Dmabounce(rules, device.dmaMask, profile.page.sizeBytes, source, release)
  log.print('info', `platform ${device.name}: dmabounce: registered device`)
}

export class DmabounceOps extends ArmOps {
  override readonly name = 'dmabounce'

  /** dmabounce_map_page */
  override mapPage(
    device: Device,
    page: Bytes,
    offset: Bytes,
    bytes: Bytes,
    direction: DmaDirection,
    attrs: number,
  ): DmaMapping | null {
    const phys = page + offset
    const bounce = device.dmabounce!
    const answer = bounce.map(physToDma(device, phys), bytes, direction)
    switch (answer.kind) {
      case 'direct':
        return super.mapPage(device, page, offset, bytes, direction, attrs)
      case 'too-big': {
        const asked = `requested 0x${bytes.toString(16)} mask 0x${device.dmaMask.toString(16)}`
        return this.#refused(device, bytes, 'the mask covers no buffer of that size', `DMA mapping too big (${asked})`)
      }
      case 'no-memory':
        this.rooms.log.print(
          'warn',
          `platform ${device.name}: alloc_safe_buffer: could not alloc dma memory (size=${bytes})`,
        )
        return this.#refused(device, bytes, this.#shortage(device, bytes), 'map_single: unable to map unsafe buffer!')
      case 'bounced':
        this.#took(device, answer.safe, bytes, answer.place)
        if (direction !== 'from-device') this.#copied(device, bytes)
        return {
          ...plainMapping(device, 'page', answer.safe, phys, bytes, direction, attrs),
          phys: dmaToPhys(device, answer.safe),
          bounced: true,
          through: `dmabounce:${answer.place.pool ?? 'coherent'}`,
        }
    }
  }

  override unmapPage(mapping: DmaMapping): void {
    const { device, direction, bytes, dma } = mapping
    if (!mapping.bounced) return super.unmapPage(mapping)
    device.dmabounce!.unmap(dma, direction)
    if (direction !== 'to-device') this.#copied(device, bytes)
    if (this.rooms.tracer.enabled) this.rooms.tracer.emit('dmabounce_unmap', { device: device.name, safe: dma })
  }

  override syncForDevice(mapping: DmaMapping, bytes: Bytes): void {
    if (!this.#sync(mapping, bytes, 'device')) super.syncForDevice(mapping, bytes)
  }

  override syncForCpu(mapping: DmaMapping, bytes: Bytes): void {
    if (!this.#sync(mapping, bytes, 'cpu')) super.syncForCpu(mapping, bytes)
  }

  /** True: the buffer is a safe one, and nothing is left to be done. */
  #sync({ device, dma, direction, attrs, bounced }: DmaMapping, bytes: Bytes, to: 'device' | 'cpu'): boolean {
    if (!bounced) return false
    if (attrs & DMA_ATTR_SKIP_CPU_SYNC) return true
    if (device.dmabounce!.sync(dma, bytes, direction, to)) this.#copied(device, bytes)
    return true
  }

  #took(device: Device, safe: Bytes, size: Bytes, { pool, offset, blockBytes, poolBytes }: BouncePlace): void {
    const { tracer } = this.rooms
    if (tracer.enabled)
      tracer.emit('dmabounce_map', {
        device: device.name,
        safe,
        size,
        pool,
        offset,
        block: blockBytes,
        total: poolBytes,
      })
  }

  #copied(device: Device, size: Bytes): void {
    if (this.rooms.tracer.enabled) this.rooms.tracer.emit('dmabounce_copy', { device: device.name, size })
  }

  #shortage(device: Device, bytes: Bytes): string {
    const pool = device.dmabounce!.poolFor(bytes)
    if (pool === null) return 'it is larger than the blocks of both pools, and there is no coherent memory for it'
    return `its ${pool} pool has no block free and cannot grow: there is no coherent memory for another page`
  }

  #refused(device: Device, size: Bytes, reason: string, text: string): null {
    const { log, tracer } = this.rooms
    log.print('err', `platform ${device.name}: ${text}`)
    const pool = device.dmabounce!.poolFor(size)
    if (tracer.enabled) tracer.emit('dmabounce_refused', { device: device.name, pool, size, reason, ok: false })
    return null
  }
}
