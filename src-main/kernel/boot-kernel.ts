/** Boots a kernel and offers it to its callers: the DMA API and what else the command language asks of a running system. */
import type { BootReport, EventSink } from '@shared/run.ts'
import type { Bytes, Microseconds, Order, Pages } from '@shared/units.ts'
import type { DmaDirection } from './attrs.ts'
import { runEarlyBoot, type BootInput } from './boot.ts'
import type { DmaBuffer, DmaMapping, SgEntry, SgMapping } from './buffer.ts'
import type { CmaArea } from './cma.ts'
import { DeviceProbe } from './device-add.ts'
import type { Device, DeviceDescription } from './device.ts'
import { BootPanic, type EarlyBoot } from './early-boot.ts'
import { EIO, ENOMEM } from './errno.ts'
import type { CmaPages, DeviceInfo, HogResult, Kernel, KernelState, MovableRun, PageBlock, Result } from './kernel.ts'
import { bootReport, kernelState } from './kernel-state.ts'
import { Log } from './log.ts'
import type { Profile } from './profile.ts'
import { KernelPanic } from './oom.ts'
import { RunningRooms } from './start.ts'
import { Tracer } from './tracer.ts'
import { UserSpace } from './user-space.ts'

export type Booted = { ok: true; kernel: Kernel } | { ok: false; panic: string; log: Log['lines'] }

/** Early boot and the initcalls. Everything that happens goes to `sink`, single pages only if asked for; with null nothing is told. */
export function bootKernel(input: BootInput, sink: EventSink | null, tellsPages = sink !== null): Booted {
  const tracer = new Tracer(sink, tellsPages)
  const log = new Log(tracer, input.config.on('BUG'))
  try {
    return { ok: true, kernel: new BootedKernel(runEarlyBoot(input, log), tracer, log) }
  } catch (error) {
    if (!(error instanceof BootPanic || error instanceof KernelPanic)) throw error
    return { ok: false, panic: error.message, log: log.lines }
  }
}

const found = <T>(value: T | null, errno = ENOMEM): Result<T> =>
  value === null ? { ok: false, errno } : { ok: true, value }

class BootedKernel implements Kernel {
  readonly profile: Profile
  readonly devices = new Map<string, Device>()
  private readonly rooms: RunningRooms
  private readonly probe: DeviceProbe
  private readonly user: UserSpace

  constructor(
    readonly early: EarlyBoot,
    readonly tracer: Tracer,
    readonly log: Log,
  ) {
    this.profile = early.profile
    this.rooms = new RunningRooms(early, tracer)
    this.probe = new DeviceProbe(this.rooms)
    this.user = new UserSpace(this.rooms)
    log.stopKeeping()
  }

  report(): BootReport {
    return bootReport(this.rooms, this.probe)
  }

  state(): KernelState {
    return kernelState(this.rooms, this.probe)
  }

  freeMemory(): ReturnType<Kernel['freeMemory']> {
    return this.rooms.pages.zones
      .filter(({ managed }) => managed > 0)
      .map(({ name, lists, watermarks }) => ({
        zone: name,
        free: lists.nrFree,
        freeCma: lists.nrFreeCma,
        min: watermarks.min,
      }))
  }

  setTime(time: Microseconds): void {
    this.tracer.time = time
  }

  sleep(milliseconds: number): void {
    this.runWork()
    this.tracer.time += milliseconds * 1000
    // depots of freed IOVA ranges give one magazine back every 100 ms
    for (let waited = 100; waited <= milliseconds; waited += 100)
      for (const domain of this.probe.allDomains()) domain.iova.idle()
    for (let waited = 1000; waited <= milliseconds; waited += 1000)
      for (const zone of this.rooms.pages.zones) zone.pcp?.decay()
    this.runWork()
  }

  runWork(): void {
    this.rooms.vmscan?.run()
    this.rooms.pools?.runWork()
  }

  addDevice(description: DeviceDescription): Device | null {
    const device = this.probe.add(description)
    if (device) this.devices.set(device.name, device)
    return device
  }

  deviceInfo(device: Device): DeviceInfo {
    const { contiguous } = this.rooms
    return {
      coherent: device.coherent,
      mask: device.dmaMask,
      coherentMask: device.coherentMask,
      busLimit: device.busLimit,
      maxMapping: device.ops.maxMappingBytes(device),
      requiredMask: device.ops.requiredMask(device),
      ops: device.ops.name,
      cmaArea: device.cmaArea && contiguous.areaOf(device)!.name,
      declaredPages: device.declared?.bitmap.sizeBits ?? 0,
      swiotlb: device.ioTlb && (device.ioTlb === this.rooms.bounce.defaultPool ? 'default' : 'restricted'),
    }
  }

  dmaAllocAttrs(device: Device, bytes: Bytes, gfp: number, attrs: number): Result<DmaBuffer> {
    return found(this.rooms.mapping.allocAttrs(device, bytes, gfp, attrs))
  }

  dmaAllocPages(device: Device, bytes: Bytes, gfp: number): Result<DmaBuffer> {
    return found(this.rooms.mapping.allocPages(device, bytes, gfp))
  }

  dmaAllocNoncontiguous(device: Device, bytes: Bytes, gfp: number, attrs: number): Result<DmaBuffer> {
    return found(this.rooms.mapping.allocNoncontiguous(device, bytes, gfp, attrs))
  }

  dmaFree(buffer: DmaBuffer): void {
    this.rooms.mapping.free(buffer)
  }

  dmaMapPageAttrs(
    device: Device,
    page: Bytes,
    offset: Bytes,
    bytes: Bytes,
    direction: DmaDirection,
    attrs: number,
  ): Result<DmaMapping> {
    return found(this.rooms.mapping.mapPage(device, page, offset, bytes, direction, attrs))
  }

  dmaMapResource(device: Device, phys: Bytes, bytes: Bytes, direction: DmaDirection): Result<DmaMapping> {
    return found(this.rooms.mapping.mapResource(device, phys, bytes, direction, 0), EIO)
  }

  dmaUnmap(mapping: DmaMapping): void {
    this.rooms.mapping.unmap(mapping)
  }

  dmaMapSgtable(device: Device, entries: SgEntry[], direction: DmaDirection): Result<SgMapping> {
    const mapping = this.rooms.mapping.mapSgtable(device, entries, direction, 0)
    return typeof mapping === 'number' ? { ok: false, errno: mapping } : { ok: true, value: mapping }
  }

  dmaUnmapSgtable(mapping: SgMapping): void {
    this.rooms.mapping.unmapSgtable(mapping)
  }

  syncForCpu(mapping: DmaMapping): void {
    this.rooms.mapping.sync(mapping, 'cpu', mapping.bytes)
  }

  syncForDevice(mapping: DmaMapping): void {
    this.rooms.mapping.sync(mapping, 'device', mapping.bytes)
  }

  cmaAlloc(name: string, pages: Pages, alignOrder: Order, noWarn: boolean): Result<CmaPages> {
    const area = this.area(name)
    const { cma, contiguous } = this.profile
    const order = cma?.capsAlignment ? Math.min(alignOrder, contiguous?.alignmentOrder ?? 0) : alignOrder
    const pfn = this.rooms.cma.alloc(area, pages, order, noWarn)
    if (pfn < 0) return { ok: false, errno: ENOMEM }
    const pageBytes = this.profile.page.sizeBytes
    return { ok: true, value: { area: name, phys: pfn * pageBytes, pages, offset: (pfn - area.basePfn) * pageBytes } }
  }

  cmaRelease({ area, phys, pages }: CmaPages): void {
    this.rooms.cma.release(this.area(area), phys / this.profile.page.sizeBytes, pages)
  }

  kmalloc(bytes: Bytes): void {
    this.rooms.kmalloc.alloc(bytes)
  }

  kfree(bytes: Bytes): void {
    this.rooms.kmalloc.free(bytes)
  }

  allocPages(gfp: number, order: Order): Result<PageBlock> {
    const pfn = this.rooms.pages.alloc(gfp, order)
    if (pfn < 0) return { ok: false, errno: ENOMEM }
    const phys = pfn * this.profile.page.sizeBytes
    return { ok: true, value: { phys, order, from: this.rooms.sourceOf(null, phys).from } }
  }

  freePages({ phys, order }: PageBlock): void {
    this.rooms.pages.free(phys / this.profile.page.sizeBytes, order)
  }

  movableRuns(name: string): MovableRun[] {
    return this.user.movableRuns(this.area(name))
  }

  areaMap(name: string): ReturnType<Kernel['areaMap']> {
    const area = this.rooms.cma.areas.find((each) => each.name === name)
    return area ? this.user.areaMap(area) : null
  }

  touchAnon(pages: Pages, locked = false): Pages {
    return this.user.touchAnon(pages, locked)
  }

  punchAnon(stride: number): void {
    this.user.punchAnon(stride)
  }

  freeAnon(): void {
    this.user.freeAnon()
  }

  writeTmpfs(name: string, pages: Pages): Pages {
    return this.user.writeTmpfs(name, pages)
  }

  removeTmpfs(name: string): void {
    this.user.removeTmpfs(name)
  }

  pinPages(area: string, count: number, stride: number): Pages[] {
    return this.user.pinPages(this.area(area), count, stride)
  }

  pinAt(area: string, offsets: Pages[]): void {
    this.user.pinAt(this.area(area), offsets)
  }

  startProcess(name: string, pages: Pages): void {
    this.rooms.oom?.start(name, pages)
  }

  processesAlive(name: string): number {
    return this.rooms.oom?.alive(name) ?? 0
  }

  unpin(): number {
    return this.rooms.movable.unpinAll()
  }

  hog(order: Order, count: number, gfp: number): HogResult {
    return this.user.hog(order, count, gfp)
  }

  unhog(count?: number): number {
    return this.user.unhog(count)
  }

  /** @throws when no area has the name: callers check `early.cma` first */
  private area(name: string): CmaArea {
    const area = this.rooms.cma.areas.find((each) => each.name === name)
    if (!area) throw new Error(`no CMA area is named ${name}`)
    return area
  }
}
