/**
 * Early boot of 32-bit ARM in 2012: arch/arm/kernel/setup.c (early_mem), arch/arm/mm/mmu.c (early_vmalloc, sanity_check_meminfo)
 * and arch/arm/mm/init.c (arm_memblock_init, arm_bootmem_free). Banks become low and high memory, and what the image occupies is
 * taken. Left out: aliasing caches, page tables.
 */
import { alignDown, alignUp, KiB, MiB, type AddressRange, type Bytes, type Pages } from '@shared/units.ts'
import { stopBeyondRam } from './arm-init.ts'
import { BootPanic, type EarlyBoot } from './early-boot.ts'
import type { EarlyBootStep } from './profile.ts'
import { memparse } from './memparse.ts'
import { zonePages } from './report.ts'

/** An unsigned long of these kernels. */
const LONG = 0x1_0000_0000
const VMALLOC_END: Bytes = 0xff00_0000
/** Hole between the linear mapping and the vmalloc space. */
const VMALLOC_OFFSET: Bytes = 8 * MiB
/** What is left for vmalloc when nothing is asked for. */
const VMALLOC_DEFAULT: Bytes = 240 * MiB
/** swapper_pg_dir lies this far below the start of the image. */
const PAGE_TABLE_BYTES: Bytes = 0x4000

/** early_alloc() of paging_init(): vectors, zero page, page tables of vectors, of the board's two mappings and of high memory's. */
const PAGING_PAGES = 6

/** setup_per_cpu_areas() of one processor (PCPU_MIN_UNIT_SIZE). */
const PER_CPU_BYTES: Bytes = 32 * KiB

/**
 * Command lines, resources and the like: bootmem packs them with the tables. Counted: "available" of the recordings' boot logs is what is
 * left.
 */
const SMALL_BYTES: Bytes = 29 * KiB

/** What the linear mapping is made of. */
interface LinearMapping {
  pageOffset: Bytes
  physOffset: Bytes
}

function linearMapping(boot: EarlyBoot): LinearMapping {
  return {
    pageOffset: boot.config.number('PAGE_OFFSET', 0xc000_0000),
    // The image finds out where it runs: PHYS_OFFSET is its address without the lowest 27 bits (ARM_PATCH_PHYS_VIRT).
    physOffset: alignDown(boot.loader.kernelImage.start, 128 * MiB),
  }
}

/** Banks from the loader, or from `mem=`, whose first use drops the loader's; then split where the linear mapping ends. */
export const sanityCheckMeminfo: EarlyBootStep = (boot) => {
  const { pageOffset, physOffset } = linearMapping(boot)
  const lowmemEnd = physOffset + vmallocMin(boot, pageOffset) - pageOffset
  const banks = memoryBanks(boot, physOffset).flatMap((bank) => splitBank(boot, bank, lowmemEnd))
  if (banks.length === 0) throw new BootPanic('the machine has no RAM')
  for (const bank of banks) boot.memblock.add(bank.start, bank.end - bank.start)
  if (!holds(boot, boot.loader.kernelImage)) throw new BootPanic('the kernel image lies outside RAM')
  // Boot takes from the top of low memory, and the first user page from that of high memory.
  stopBeyondRam(boot)
  const low = banks.filter((bank) => bank.end <= lowmemEnd)
  const limit = Math.max(physOffset, ...low.map((bank) => bank.end))
  boot.highMemory = pageOffset + limit - physOffset
  boot.memblock.currentLimit = limit
  boot.numbers.lowmem_limit = limit
  boot.numbers.vmalloc_start = alignDown(boot.highMemory + VMALLOC_OFFSET, VMALLOC_OFFSET)
  boot.numbers.vmalloc_end = VMALLOC_END
  boot.zoneDmaLimit = dmaLimit(boot, physOffset)
}

/** memblock_is_region_memory */
function holds({ memblock: { memory } }: EarlyBoot, range: AddressRange): boolean {
  return memory.regions.some(({ base, size }) => range.start >= base && range.end <= base + size)
}

/** setup_dma_zone: `dma_zone_size` of the machine, which the board's lab node says; inclusive. */
function dmaLimit({ config, board }: EarlyBoot, physOffset: Bytes): Bytes {
  const size = Number(board.lab.properties['dma-zone-size']?.[0] ?? 0)
  return config.on('ZONE_DMA') && size > 0 ? physOffset + size - 1 : 0xffff_ffff
}

/** arm_memblock_init: image, ramdisk, page table, blob. */
export const armMemblockInit: EarlyBootStep = (boot) => {
  const { kernelImage, initrd, dtb } = boot.loader
  // "is not a memory region - disabling initrd", and nothing else to start from
  if (initrd && !holds(boot, initrd)) throw new BootPanic('VFS: Unable to mount root fs on unknown-block(0,0)')
  const pageTable = alignDown(kernelImage.start, 2 * PAGE_TABLE_BYTES) + PAGE_TABLE_BYTES
  const taken = [kernelImage, initrd, dtb, { start: pageTable, end: pageTable + PAGE_TABLE_BYTES }]
  for (const range of taken) if (range) boot.memblock.reserve(range.start, range.end - range.start)
}

/** arm_bootmem_free: zones DMA where the machine has one, Normal, up to the end of low memory, and HighMem. */
export const armBootmemFree: EarlyBootStep = (boot) => {
  const { startOfDram, endOfDram, memory } = boot.memblock
  const limit = boot.numbers.lowmem_limit!
  const dmaEnd = boot.config.on('ZONE_DMA') ? Math.min(limit, boot.zoneDmaLimit + 1) : startOfDram
  const spans = [
    { name: 'DMA', start: startOfDram, end: dmaEnd },
    { name: 'Normal', start: dmaEnd, end: limit },
    { name: 'HighMem', start: limit, end: endOfDram },
  ] as const
  boot.zones = spans
    .filter((span) => span.end > span.start)
    .map((span) => ({ ...span, present: memory.regions.flatMap((region) => intersect(region, span)) }))
  takeBootMemory(boot)
}

/** What is taken before the page allocator is up: memory map, hash tables of inodes and names, page tables of the areas. */
function takeBootMemory(boot: EarlyBoot): void {
  const page = boot.profile.page.sizeBytes
  const low = boot.zones.reduce(
    (sum, zone) => sum + (zone.name === 'HighMem' ? 0 : zonePages(boot.profile, zone).present),
    0,
  )
  const hash = (share: number): Bytes => 4 * 2 ** Math.ceil(Math.log2(low / share))
  // An area is mapped by pages instead of sections.
  const tables = boot.cma.reduce((sum, { size }) => sum + Math.ceil(size / (2 * MiB)), 0)
  // A bank that ends inside a section has a page table, too.
  const ends = boot.memblock.memory.regions.flatMap(({ base, size }) => [base, base + size])
  const partial = ends.filter((end) => end <= boot.numbers.lowmem_limit! && end % MiB !== 0).length
  for (let n = PAGING_PAGES + tables + partial; n > 0; n--) boot.memblock.alloc({ size: page, align: page })
  boot.memblock.bottomUp = true
  takeMemoryMap(boot)
  // Names, inodes, processes: a pointer for each bucket; and each zone's table of those who wait for its pages.
  const waits = boot.zones.reduce((sum, zone) => sum + waitTableBytes((zone.end - zone.start) / page), 0)
  const hashes = hash(2) + hash(4) + hash(64) + waits
  for (const size of [PER_CPU_BYTES, hashes + SMALL_BYTES]) boot.memblock.alloc({ size, align: page })
  boot.memblock.bottomUp = false
}

/** alloc_node_mem_map: whole blocks of the largest order; free_unused_memmap gives back what stands for holes between banks. */
function takeMemoryMap({ memblock, profile }: EarlyBoot): void {
  const { page, earlyBoot } = profile
  const block = page.sizeBytes * 2 ** page.maxOrder
  const bytesFor = (bytes: Bytes): Bytes => (bytes / page.sizeBytes) * earlyBoot.sizes.structPageBytes
  const start = alignDown(memblock.startOfDram, block)
  const size = bytesFor(alignUp(memblock.endOfDram, block) - start)
  const map = memblock.alloc({ size, align: page.sizeBytes })
  memblock.memory.regions.slice(1).forEach(({ base }, n) => {
    const before = memblock.memory.regions[n]!
    const from = alignUp(map + bytesFor(alignUp(before.base + before.size, block) - start), page.sizeBytes)
    const to = alignDown(map + bytesFor(base - start), page.sizeBytes)
    if (map > 0 && to > from) memblock.free(from, to - from)
  })
}

/** zone_wait_table_init: a list head for every 256 pages, a power of two of them from 4 to 4096. */
const waitTableBytes = (pages: Pages): Bytes => 8 * Math.min(4096, Math.max(4, 2 ** Math.ceil(Math.log2(pages / 256))))

/** early_vmalloc: where the linear mapping must end. */
function vmallocMin(boot: EarlyBoot, pageOffset: Bytes): Bytes {
  const asked = valuesOf(boot, 'vmalloc').at(-1)
  if (asked === undefined) return VMALLOC_END - VMALLOC_DEFAULT - VMALLOC_OFFSET
  let bytes = memparse(asked).value % LONG
  const most = VMALLOC_END - (pageOffset + 32 * MiB)
  if (bytes < 16 * MiB) {
    bytes = 16 * MiB
    boot.log.print('warn', 'vmalloc area too small, limiting to 16MB')
  } else if (bytes > most) {
    bytes = most
    boot.log.print('warn', `vmalloc area is too big, limiting to ${most / MiB}MB`)
  }
  return VMALLOC_END - bytes
}

/** Whole pages of each bank, ascending. */
function memoryBanks(boot: EarlyBoot, physOffset: Bytes): AddressRange[] {
  const page = boot.profile.page.sizeBytes
  const user = valuesOf(boot, 'mem').map((value) => bankOf(value, physOffset))
  const told = user.length > 0 ? user : boot.loader.memory.length > 0 ? boot.loader.memory : boot.board.memory
  return told
    .map((bank) => ({ start: alignUp(bank.start, page), end: alignDown(bank.end, page) }))
    .filter((bank) => bank.end > bank.start)
    .sort((a, b) => a.start - b.start)
}

/** `300M`, `256M@0x80000000`: of 32 bits, and no further than they reach. */
function bankOf(text: string, physOffset: Bytes): AddressRange {
  const size = memparse(text)
  const start = size.rest.startsWith('@') ? memparse(size.rest.slice(1)).value % LONG : physOffset
  return { start, end: Math.min(start + (size.value % LONG), LONG - 1) }
}

/** Of an early parameter; without a value it is a null string to its parser, which kills the kernel before it can say so. */
function valuesOf({ params }: EarlyBoot, name: string): string[] {
  return params.flatMap(({ name: each, value }) => {
    if (each === name && value === null) throw new BootPanic(`${name} without a value`)
    return each === name && value !== null ? [value] : []
  })
}

function splitBank(boot: EarlyBoot, bank: AddressRange, lowmemEnd: Bytes): AddressRange[] {
  if (bank.end <= lowmemEnd) return [bank]
  if (boot.config.on('HIGHMEM'))
    return bank.start < lowmemEnd
      ? [
          { ...bank, end: lowmemEnd },
          { start: lowmemEnd, end: bank.end },
        ]
      : [bank]
  const hex = (address: Bytes): string => address.toString(16).padStart(8, '0')
  const cut = bank.start < lowmemEnd ? 'Truncating' : 'Ignoring'
  const to = bank.start < lowmemEnd ? ` to -${hex(lowmemEnd - 1)}` : ''
  boot.log.print('notice', `${cut} RAM at ${hex(bank.start)}-${hex(bank.end - 1)}${to} (vmalloc region overlap).`)
  return bank.start < lowmemEnd ? [{ ...bank, end: lowmemEnd }] : []
}

function intersect(region: { base: Bytes; size: Bytes }, span: AddressRange): AddressRange[] {
  const start = Math.max(region.base, span.start)
  const end = Math.min(region.base + region.size, span.end)
  return end > start ? [{ start, end }] : []
}
