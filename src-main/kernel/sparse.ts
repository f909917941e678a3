/**
 * The memory map of early boot: mm/sparse.c and mm/sparse-vmemmap.c as far as they take memory, and the hash tables and per-CPU areas
 * of start_kernel() behind them. Left out: memory map per NUMA node.
 */
import { alignDown, alignUp, KiB, MiB, orderOf, type Bytes } from '@shared/units.ts'
import type { EarlyBoot } from './early-boot.ts'
import type { EarlyBootStep, SparseProfile } from './profile.ts'

/** sparse_init(): section table, usage maps, and a struct page for every page of every section that holds RAM. */
export const sparseInit: EarlyBootStep = (boot) => {
  const { sparse, sizes } = boot.profile.earlyBoot
  if (!sparse) return
  const line = sizes.cacheLineBytes
  const sections = presentSections(boot, sparse)
  const perRoot = boot.profile.page.sizeBytes / sizes.memSectionBytes
  boot.memblock.alloc({ size: sparse.rootBytes, align: line })
  for (let n = new Set([...sections].map((s) => Math.floor(s / perRoot))).size; n > 0; n--)
    boot.memblock.alloc({ size: boot.profile.page.sizeBytes, align: line })
  boot.memblock.alloc({ size: sections.size * sparse.usageBytes, align: line })
  populateMemmap(boot, sparse, sections)
}

/** Numbers of the sections that hold at least one page of RAM. */
function presentSections({ memblock }: EarlyBoot, { sectionBytes }: SparseProfile): Set<number> {
  const sections = new Set<number>()
  for (const { base, size } of memblock.memory.regions)
    for (let at = alignDown(base, sectionBytes); at < base + size; at += sectionBytes) sections.add(at / sectionBytes)
  return sections
}

/**
 * sparse_buffer_init() takes room for all sections in one piece, each as large as one block mapping; what is not needed goes back. Where
 * that piece cannot be had, the map is put together from single pages.
 */
function populateMemmap(boot: EarlyBoot, sparse: SparseProfile, sections: Set<number>): void {
  const { memblock } = boot
  const page = boot.profile.page.sizeBytes
  const needed = (sparse.sectionBytes / page) * boot.profile.earlyBoot.sizes.structPageBytes
  const reserved = alignUp(needed, sparse.blockBytes)
  const buffer = memblock.alloc({ size: reserved * sections.size, align: reserved })
  const used = needed * sections.size
  if (buffer && used < reserved * sections.size) memblock.free(buffer + used, reserved * sections.size - used)
  const tables = countVmemmapTables(boot, sparse, sections)
  const pages = buffer ? tables : tables + used / page
  for (let n = 0; n < pages; n++) memblock.alloc({ size: page, align: page })
}

/** Page tables of the virtual memory map: one for each block of entries that it touches, per level below the top. */
function countVmemmapTables(boot: EarlyBoot, sparse: SparseProfile, sections: Set<number>): number {
  const page = boot.profile.page.sizeBytes
  const entries = page / 8
  const mapBytes = (sparse.sectionBytes / page) * boot.profile.earlyBoot.sizes.structPageBytes
  const reach = sparse.hugeMap
    ? [sparse.blockBytes * entries, sparse.blockBytes * entries ** 2]
    : [page * entries, page * entries ** 2]
  if (sparse.sharesTopTable) reach.pop()
  return reach.reduce(
    (sum, bytes) => sum + new Set([...sections].map((s) => Math.floor((s * mapBytes) / bytes))).size,
    0,
  )
}

/** setup_command_line(), setup_per_cpu_areas() and vfs_caches_init_early(): one area a processor, the tables of dentries and inodes. */
export const earlyTables: EarlyBootStep = (boot) => {
  const { sizes } = boot.profile.earlyBoot
  // the command line as it was given, and the copy that parsing cuts up
  const line = { size: boot.loader.cmdline.length + 1, align: sizes.cacheLineBytes }
  boot.memblock.alloc(line)
  boot.memblock.alloc(line)
  takePerCpuAreas(boot)
  for (const scale of [13, 14]) {
    const size = hashTableBytes(boot, scale)
    boot.memblock.alloc({ size, align: sizes.cacheLineBytes })
  }
}

/** PERCPU_DYNAMIC_RESERVE of 64-bit kernels: what is kept free for per-CPU data to come. */
const PER_CPU_DYNAMIC_BYTES = 28 * KiB
/** A per-CPU area is given out in such pieces; each has a bit in its chunk's two maps. */
const PER_CPU_MIN_ALLOC_BYTES = 4

/**
 * pcpu_embed_first_chunk() and pcpu_setup_first_chunk(): the areas of all processors in one piece, and what describes them. The two
 * tables that only setting up needs go back, and leave holes for what follows.
 */
function takePerCpuAreas({ memblock, profile, loader }: EarlyBoot): void {
  const { perCpuStaticBytes, perCpuAtomBytes, pointerBytes, cacheLineBytes: align } = profile.earlyBoot.sizes
  const page = profile.page.sizeBytes
  if (!perCpuStaticBytes) return
  const area = alignUp(perCpuStaticBytes + PER_CPU_DYNAMIC_BYTES, page)
  const used = area * loader.cpus
  const taken = alignUp(used, perCpuAtomBytes)
  const info = memblock.alloc({ size: page, align: page })
  const groups = memblock.alloc({ size: page, align })
  const base = memblock.alloc({ size: taken, align: perCpuAtomBytes })
  if (base && taken > used) memblock.free(base + used, taken - used)
  const unit = Math.floor(taken / loader.cpus)
  for (const size of [pointerBytes, pointerBytes, 4 * loader.cpus, pointerBytes * loader.cpus])
    memblock.alloc({ size, align })
  memblock.alloc({ size: chunkLists(unit) * 2 * pointerBytes, align })
  const room = area - alignDown(perCpuStaticBytes, page)
  const mapBytes = room / PER_CPU_MIN_ALLOC_BYTES / 8
  for (const size of [17 * pointerBytes, mapBytes, mapBytes + pointerBytes, (room / page) * 32])
    memblock.alloc({ size, align })
  memblock.free(groups, page)
  memblock.free(info, page)
}

/** pcpu_nr_slots: chunks are listed by the size of their largest gap, a list a power of two; four more for the rest. */
const chunkLists = (unit: Bytes): number => Math.max(Math.floor(Math.log2(unit)) + 1 - 5 + 2, 1) + 4

/** alloc_large_system_hash(): a bucket for every 2^scale bytes of kernel memory, a power of two, at most a sixteenth of all. */
function hashTableBytes(boot: EarlyBoot, scale: number): Bytes {
  const bucket = boot.profile.earlyBoot.sizes.pointerBytes
  const bytes = alignUp(boot.kernelPages * boot.profile.page.sizeBytes, MiB)
  const buckets = Math.max(bytes / 2 ** scale, boot.profile.page.sizeBytes / bucket)
  return 2 ** orderOf(buckets) * bucket
}

/** request_standard_resources(): a struct resource for each block of RAM. */
export const requestStandardResources: EarlyBootStep = (boot) => {
  const { cacheLineBytes, resourceBytes } = boot.profile.earlyBoot.sizes
  boot.memblock.alloc({ size: boot.memblock.memory.regions.length * resourceBytes, align: cacheLineBytes })
}
