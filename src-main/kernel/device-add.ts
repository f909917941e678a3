/**
 * What a device gets when it is probed: of_dma_configure (drivers/of/device.c), the masks that its driver sets, the reserved
 * regions that it initialises, its IOMMU group's domain, and its ops table. Left out: ACPI, NUMA distances, hot removal.
 */
import { alignDown, alignUp, type Bytes } from '@shared/units.ts'
import { physToDma } from './bus.ts'
import type { CmaArea } from './cma.ts'
import { DeclaredMemory } from './coherent.ts'
import { registerDmabounce } from './dmabounce-ops.ts'
import { DMA_BIT_MASK_32, type Device, type DeviceDescription, type DmaRange, type IommuDescription } from './device.ts'
import type { ReservedRegion } from './early-boot.ts'
import { phys } from './phys.ts'
import { IommuDomain, type IovaSpace } from './iommu-domain.ts'
import { TreeIovaSpace } from './iova-space.ts'
import type { Rooms } from './rooms.ts'
import { SLOT_BYTES, SwiotlbPool } from './swiotlb.ts'
import { vmapFailure } from './vmap-area.ts'

export class DeviceProbe {
  /** What devices share, by the name of its region or group. */
  private readonly declared = new Map<string, DeclaredMemory>()
  private readonly domains = new Map<string, IommuDomain>()
  /** In the order in which devices brought them up. */
  readonly restricted = new Map<string, SwiotlbPool>()

  /** Devices that dmabounce serves. */
  readonly bouncing: Device[] = []

  constructor(private readonly rooms: Rooms) {}

  /** Null: it has no driver that could bind, since its IOMMU group's domain takes no second device. */
  add(description: DeviceDescription): Device | null {
    const { profile, bounce, ops, early } = this.rooms
    const { dmaRanges } = description
    const iommu = this.findsAddresses(description) ? description.iommu : null
    const coherent = description.coherent ?? profile.direct.coherentByDefault
    const identity = iommu !== null && (iommu.identity || this.passesThrough())
    const registered = early.board.lab.dmabounce.find(({ devices }) => devices.includes(description.name))
    const bounces = registered !== undefined && profile.dmabounce !== null
    const name = profile.opsFor({ coherent, translated: iommu !== null, identity, bounces })
    const table = ops.get(name)!
    const translated = table.name === 'iommu'
    if (translated && iommu && profile.iommu?.oneDeviceADomain && this.domains.has(iommu.group)) return null
    const mask = this.maskFor(description, translated)
    const device: Device = {
      name: description.name,
      coherent,
      dmaMask: mask,
      coherentMask: mask,
      busLimit: busLimitOf(dmaRanges, bounces ? null : (registered?.limit ?? null)),
      dmaRanges,
      ops: table,
      numaNode: description.numaNode,
      cmaArea: this.declaredAreaOf(description.name),
      declared: null,
      ioTlb: bounce.defaultPool,
      dmabounce: null,
      domain: translated && iommu ? this.domainOf(iommu, dmaRanges) : null,
      minAlignMask: 0,
    }
    if (bounces) {
      registerDmabounce(this.rooms, device, registered)
      this.bouncing.push(device)
    }
    this.declareMemory(device)
    if (description.iommu === null) this.setRestrictedBuffer(device, description.memoryRegions)
    if (description.driverInits) for (const region of description.memoryRegions) this.initRegion(device, region)
    return device
  }

  /** Whether bus addresses for it can be managed; else it goes on without translation. */
  private findsAddresses(description: DeviceDescription): boolean {
    const { iommu, page } = this.rooms.profile
    return iommu?.space ? iommu.space(description.dmaRanges, page.sizeBytes) !== null : meetsAperture(description)
  }

  /** dev_get_cma_area, where board code declared one for the device. */
  private declaredAreaOf(device: string): CmaArea | null {
    const { early, cma } = this.rooms
    const declared = early.board.lab.contiguous.find(({ devices }) => devices.includes(device))
    return cma.areas.find(({ name }) => name === declared?.name) ?? null
  }

  /** dma_declare_coherent_memory, as board code of 2012 calls it: the memory is mapped first, which takes addresses. */
  private declareMemory(device: Device): void {
    const { early, arm, log, profile } = this.rooms
    const asked = early.board.lab.declared.find((each) => each.device === device.name)
    if (!asked || asked.base === null || !arm || !profile.declaredCoherent) return
    const { name, base, sizeBytes, exclusive } = asked
    if (arm.mapIo(base, sizeBytes) !== null)
      device.declared = new DeclaredMemory(name, base, sizeBytes, profile.page.sizeBytes, exclusive)
    else log.print('warn', vmapFailure(arm.vmap.withGuard(sizeBytes)))
  }

  /** of_dma_set_restricted_buffer: the first restricted pool among its regions, whatever the driver does with them. */
  private setRestrictedBuffer(device: Device, regions: readonly string[]): void {
    const { reservedMem } = this.rooms.early
    const first = regions.find((name) => reservedMem.find((each) => each.name === name)?.kind === 'restricted')
    if (first !== undefined) this.initRegion(device, first)
  }

  /** of_reserved_mem_device_init_by_idx: the region's own device_init. */
  private initRegion(device: Device, name: string): void {
    const { early, cma } = this.rooms
    const region = early.reservedMem.find((each) => each.name === name)
    if (!region || region.kind === 'plain') return
    if (region.kind === 'cma') device.cmaArea = cma.areas[region.cmaIndex] ?? null
    else if (region.kind === 'declared') {
      if (!this.assignDeclared(device, region)) return
    } else device.ioTlb = this.restrictedOf(region)
    this.rooms.log.print('info', `${device.name}: assigned reserved memory node ${region.name}`)
  }

  /** rmem_dma_device_init: a device has one such memory at most, and RAM that the kernel maps itself cannot be mapped once more. */
  private assignDeclared(device: Device, region: ReservedRegion): boolean {
    const { memblock } = this.rooms.early
    if (memblock.memory.find(region.base)?.flags === 0) {
      const place = `${phys(this.rooms, region.base)} size: 0x${region.size.toString(16)}`
      this.rooms.log.print('warn', `memremap attempted on ram ${place}`)
      return false
    }
    const memory = this.declaredOf(region)
    if (!memory) return false
    const last = region.base + region.size - 1
    const limits = [device.coherentMask, device.busLimit].filter((limit) => limit > 0)
    if (last > Math.min(...limits))
      this.rooms.log.print('warn', `${device.name}: reserved memory is beyond device's set DMA address range`)
    if (device.declared) return false
    device.declared = memory
    return true
  }

  /** dma_init_coherent_memory: mapped once for all its devices; null where it begins in a page of RAM or no addresses are left. */
  private declaredOf({ name, base, size }: ReservedRegion): DeclaredMemory | null {
    const known = this.declared.get(name)
    if (known) return known
    const { vmalloc, early, profile } = this.rooms
    const page = profile.page.sizeBytes
    if (early.memblock.memory.find(alignDown(base, page))?.flags === 0) return null
    const mapped = vmalloc.ioremap(alignUp((base % page) + size, page))
    if (mapped !== null && mapped < 0) return null
    const memory = new DeclaredMemory(name, base, size, page)
    this.declared.set(name, memory)
    return memory
  }

  /** rmem_swiotlb_device_init: one area, whatever the number of processors. */
  private restrictedOf({ name, base, size }: ReservedRegion): SwiotlbPool {
    const pageBytes = this.rooms.profile.page.sizeBytes
    const slots = Math.floor(size / SLOT_BYTES)
    const pool =
      this.restricted.get(name) ??
      new SwiotlbPool({ name, start: base, slots, areas: 1, pageBytes, forceBounce: true, forAlloc: true })
    this.restricted.set(name, pool)
    return pool
  }

  private domainOf({ group, pageSizes, iovaBits }: IommuDescription, ranges: readonly DmaRange[]): IommuDomain {
    const known = this.domains.get(group)
    if (known) return known
    const { profile, early, tracer } = this.rooms
    const space: IovaSpace =
      profile.iommu?.space?.(ranges, profile.page.sizeBytes) ?? new TreeIovaSpace(pageSizes[0]!, early.loader.cpus)
    const domain = new IommuDomain(group, pageSizes, 2 ** iovaBits - 1, space, tracer)
    this.domains.set(group, domain)
    return domain
  }

  /**
   * dma_set_mask_and_coherent: a mask that does not reach all memory of the lowest zone is refused; what of_dma_configure left stays,
   * 32 bits, fewer where the bus ends before.
   */
  private maskFor({ dmaBits, dmaRanges }: DeviceDescription, translated: boolean): Bytes {
    const mask = dmaBits >= 64 ? 2 ** 64 : 2 ** dmaBits - 1
    const { early, profile, lastPageAddress } = this.rooms
    if (translated || mask >= DMA_BIT_MASK_32 || !profile.api.checksMasks) return mask
    const least = profile.zones.names.includes('DMA') ? Math.min(lastPageAddress, early.zoneDmaLimit) : lastPageAddress
    return mask >= physToDma({ dmaRanges }, least)
      ? mask
      : Math.min(DMA_BIT_MASK_32, bitMask(busLimitOf(dmaRanges, null)))
  }

  /** `iommu.passthrough=` over the configuration. */
  private passesThrough(): boolean {
    const { early, profile } = this.rooms
    const asked = early.params.findLast(({ name }) => name === 'iommu.passthrough')?.value
    if (asked && /^[1yYt]|^on/.test(asked)) return true
    if (asked && /^[0nNf]|^off/.test(asked)) return false
    return profile.iommu?.passthroughByDefault ?? false
  }

  /** Every domain that has been made, for the state of a kernel. */
  allDomains(): IommuDomain[] {
    return [...this.domains.values()]
  }
}

/**
 * bus_dma_limit: what `dma-ranges` reach, inclusive, and where `limit` is known also what lies below it: board code of 2012 told dmabounce
 * of a bridge that today's trees put into `dma-ranges`. 0: no limit.
 */
function busLimitOf(ranges: readonly DmaRange[], limit: Bytes | null): Bytes {
  const reach = ranges.reduce((most, { dmaAddr, size }) => Math.max(most, dmaAddr + size - 1), 0)
  if (limit === null) return reach
  return reach === 0 ? limit - 1 : Math.min(reach, limit - 1)
}

/**
 * iommu_dma_init_domain(): windows that all lie beyond what the IOMMU translates leave the device without translation. An identity
 * domain is not asked.
 */
function meetsAperture({ iommu, dmaRanges }: DeviceDescription): boolean {
  if (!iommu || iommu.identity || dmaRanges.length === 0) return true
  return Math.min(...dmaRanges.map(({ dmaAddr }) => dmaAddr)) < 2 ** iommu.iovaBits
}

/** The mask of as many bits as `last` has; all for 0. */
const bitMask = (last: Bytes): Bytes => (last > 0 ? 2 ** (Math.floor(Math.log2(last)) + 1) - 1 : Infinity)
