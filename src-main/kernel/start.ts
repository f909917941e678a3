/** From early boot to a working kernel: makes the rooms, in the order of start_kernel() and the initcalls. */
import { formatBytes, type Bytes, type Pages } from '@shared/units.ts'
import { ArmAtomicPool } from './arm-atomic-pool.ts'
import { ArmDmaAlloc } from './arm-dma-alloc.ts'
import { ArmIommuOps } from './arm-iommu-ops.ts'
import { armOps2012 } from './arm-iommu-2012.ts'
import { ArmPoolView, ArmRooms } from './arm-rooms.ts'
import { Bounce } from './bounce.ts'
import { CarveoutOwners } from './carveout-owners.ts'
import { Cma } from './cma.ts'
import { Compaction } from './compaction.ts'
import { dropUnusableAreas } from './cma-activate.ts'
import { ContigRange } from './contig-range.ts'
import { Contiguous } from './contiguous.ts'
import type { Device } from './device.ts'
import { Direct } from './direct.ts'
import type { DmaOps } from './dma-ops.ts'
import { BootPanic, type EarlyBoot } from './early-boot.ts'
import { Cma as CmaType } from './frames.ts'
import { DmaIommu } from './iommu.ts'
import { Kmalloc } from './kmalloc.ts'
import { GFP_KERNEL, __GFP_RECLAIMABLE } from './gfp.ts'
import type { Log } from './log.ts'
import { Mapping } from './mapping.ts'
import { memparse } from './memparse.ts'
import { MovablePages } from './movable.ts'
import { OomKiller } from './oom.ts'
import { takeEarlyPages, takeLatePages } from './own-pages.ts'
import { PageAllocator } from './page-alloc.ts'
import { kernelBatch } from './pageset.ts'
import { AtomicPools } from './pool.ts'
import type { OpsName, Profile } from './profile.ts'
import { zonePages } from './report.ts'
import type { ArchDma, AtomicPool, Rooms } from './rooms.ts'
import { SwiotlbPool } from './swiotlb.ts'
import type { Tracer } from './tracer.ts'
import { Vmalloc } from './vmalloc.ts'
import { Vmscan } from './vmscan.ts'

export class RunningRooms implements Rooms {
  readonly profile: Profile
  readonly log: Log
  readonly pages: PageAllocator
  readonly movable: MovablePages
  readonly kmalloc: Kmalloc
  readonly contig: ContigRange
  readonly cma: Cma
  readonly contiguous: Contiguous
  readonly pools: AtomicPool | null
  readonly arm: ArmRooms | null
  readonly oom: OomKiller | null
  readonly vmscan: Vmscan | null
  readonly bounce: Bounce
  readonly vmalloc: Vmalloc
  readonly archDma: ArchDma | null
  readonly carveouts: CarveoutOwners
  readonly mapping: Mapping
  readonly ops: ReadonlyMap<OpsName, DmaOps>
  readonly sizeMax: Bytes
  readonly lastPageAddress: Bytes
  readonly batchAtBoot: Pages

  constructor(
    readonly early: EarlyBoot,
    readonly tracer: Tracer,
  ) {
    const { profile, log } = early
    const pageBytes = profile.page.sizeBytes
    this.profile = profile
    this.log = log
    this.sizeMax = 2 ** profile.page.wordBits - 1
    this.lastPageAddress = early.memblock.endOfDram - pageBytes
    this.pages = startPages(early, tracer)
    this.batchAtBoot = kernelBatch(this.pages.zones, pageBytes)
    this.movable = new MovablePages(this.pages)
    this.kmalloc = new Kmalloc(this.pages, profile.pageAlloc.kmalloc)
    this.contig = new ContigRange(this.pages, this.movable, profile.pageAlloc.contig, tracer, log)
    this.cma = new Cma(this.pages, this.contig, profile.cma, tracer, log)
    for (const { start, end } of dropUnusableAreas(early)) this.pages.releaseBootMemory(start, end)
    for (const { name, base, size, orderPerBit } of early.cma) this.cma.activate(name, base, size, orderPerBit)
    const defaultArea = this.cma.areas[early.defaultCma] ?? null
    this.contiguous = new Contiguous(this.cma, this.pages, tracer, defaultArea, profile.contiguous?.alignmentOrder ?? 0)
    takeEarlyPages(this)
    this.arm = profile.armDma && new ArmRooms(this, profile.armDma)
    const own = profile.vmalloc.own ?? { before: [], after: [], memory: [] }
    this.vmalloc = new Vmalloc(vmallocRange(early), pageBytes, tracer, log, early.loader.cpus)
    for (const bytes of own.before) this.vmalloc.ioremap(bytes)
    this.pools = this.arm?.pool ? new ArmPoolView(this.arm.pool) : startPool(early, this)
    for (const bytes of own.after) this.vmalloc.ioremap(bytes)
    for (const bytes of own.memory) this.vmalloc.map(bytes)
    takeLatePages(this)
    this.pages.setWatermarks(this.contig.used)
    this.pages.startPerCpu(early.loader.cpus)
    this.vmscan = startVmscan(this)
    const { oom } = profile.pageAlloc
    this.oom = oom && new OomKiller(oom, this.pages, this.movable, log, profile.pageAlloc.userTableSpan)
    this.bounce = new Bounce(tracer, log, pageBytes, profile.direct, defaultBouncePool(early))
    this.archDma = profile.direct.archAlloc ? new ArmDmaAlloc(this) : null
    this.carveouts = new CarveoutOwners(this)
    this.mapping = new Mapping(this)
    const direct = new Direct(this)
    this.ops = new Map<OpsName, DmaOps>([
      ['direct', direct],
      ['identity', direct],
      ['iommu', new DmaIommu(this)],
      ['arm-iommu', new ArmIommuOps(this)],
      ...(this.arm ? armOps2012(this, this.arm) : []),
    ])
  }

  sourceOf(device: Device | null, phys: Bytes): { from: string; offset: Bytes | null } {
    const pool = device && this.bounce.poolOf(device, phys)
    if (pool) return { from: 'swiotlb', offset: phys - pool.start }
    const { frames, pageBytes } = this.pages
    const pfn = Math.floor(phys / pageBytes)
    if (frames.blockType[frames.indexOf(pfn) >> frames.pageblockOrder] === CmaType) {
      const area = this.cma.areas.find((each) => each.contains(pfn))
      if (area) return { from: `cma:${area.name}`, offset: phys - area.basePfn * pageBytes }
    }
    return { from: this.pages.zoneOf(pfn).source, offset: null }
  }
}

/** 256 GiB of pages of 4 KiB, whose columns take half a gigabyte: more is refused before it takes the memory of the machine that simulates. */
const MOST_FRAMES: Pages = 2 ** 26

/** mm_core_init: every page that early boot left free goes to its zone, and then what only early boot needed. */
function startPages(early: EarlyBoot, tracer: Tracer): PageAllocator {
  const { profile, log, memblock } = early
  const toPfn = (address: Bytes): number => Math.floor(address / profile.page.sizeBytes)
  const zones = profile.zones.names.map((name) => {
    const zone = early.zones.find((each) => each.name === name)
    const presentPages = zone ? zonePages(profile, zone).present : 0
    return {
      name,
      start: toPfn(zone?.start ?? 0),
      end: toPfn(zone?.end ?? 0),
      present: zone?.present ?? [],
      presentPages,
    }
  })
  const frames = zones.reduce((sum, { presentPages }) => sum + presentPages, 0)
  if (frames > MOST_FRAMES)
    throw new BootPanic(
      `it has ${formatBytes(frames * profile.page.sizeBytes)} of RAM, and Carveout simulates at most ${formatBytes(MOST_FRAMES * profile.page.sizeBytes)}`,
    )
  const pages = new PageAllocator({ page: profile.page, policy: profile.pageAlloc, zones }, tracer, log)
  for (const { start, end } of memblock.freeRanges()) pages.releaseBootMemory(start, end)
  return pages
}

/** The daemons that help when memory runs out. */
function startVmscan({ pages, movable, profile }: RunningRooms): Vmscan | null {
  const { pressure } = profile.pageAlloc
  if (!pressure) return null
  const compaction = pressure.compacts ? new Compaction(pages, movable) : null
  const slab = Array.from({ length: pressure.slabPages }, () => pages.alloc(GFP_KERNEL | __GFP_RECLAIMABLE, 0)).filter(
    (pfn) => pfn >= 0,
  )
  const vmscan = new Vmscan(pages, compaction, slab)
  pages.helpers = {
    wake: (order, highest, gfp) => vmscan.wake(order, highest, gfp),
    run: () => vmscan.run(),
    compact: (order, type, highest, async) => compaction?.direct(order, type, highest, async) ?? 'skipped',
    compacted: (zone, order) => compaction?.allocated(zone, order),
  }
  return vmscan
}

function defaultBouncePool(early: EarlyBoot): SwiotlbPool | null {
  if (!early.swiotlb) return null
  const { start, slots, areas, force } = early.swiotlb
  const pageBytes = early.profile.page.sizeBytes
  return new SwiotlbPool({ name: 'default', start, slots, areas, pageBytes, forceBounce: force, forAlloc: false })
}

function vmallocRange({ numbers }: EarlyBoot): { start: Bytes; end: Bytes } | null {
  const { vmalloc_start: start, vmalloc_end: end } = numbers
  return start === undefined || end === undefined ? null : { start, end }
}

/** The postcore initcall of whichever pool this kernel has. */
function startPool(early: EarlyBoot, rooms: RunningRooms): AtomicPool | null {
  const { profile, log, params } = early
  if (!profile.atomicPool) return null
  const asked = params.findLast(({ name }) => name === 'coherent_pool')?.value
  const askedBytes = asked ? memparse(asked).value % (rooms.sizeMax + 1) : 0
  if (profile.atomicPool.kind === 'remap')
    return startArmPool(rooms, asked === undefined ? profile.atomicPool.defaultBytes(0) : askedBytes)
  const pools = new AtomicPools({
    pages: rooms.pages,
    contiguous: rooms.contiguous,
    tracer: rooms.tracer,
    log,
    sizeBytes: askedBytes || profile.atomicPool.defaultBytes(rooms.pages.managedPages() * rooms.pages.pageBytes),
    hasDmaZone: profile.zones.names.includes('DMA'),
    hasDma32Zone: profile.zones.names.includes('DMA32'),
    zoneDmaLimit: early.zoneDmaLimit,
  })
  pools.init()
  return pools
}

/** `coherent_pool=` counts even when it is no number. */
function startArmPool(rooms: RunningRooms, sizeBytes: Bytes): ArmAtomicPool {
  const { pages, contiguous, vmalloc, tracer, log } = rooms
  const pool = new ArmAtomicPool({ pages, contiguous, vmalloc, tracer, log, sizeBytes })
  pool.init()
  return pool
}
