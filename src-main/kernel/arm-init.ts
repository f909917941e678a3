/**
 * Early boot of 32-bit ARM since devicetrees: arch/arm/kernel/setup.c, mm/init.c, mm/mmu.c and the remapping of CMA areas in
 * mm/dma-mapping.c. Left out: LPAE, XIP, aliasing caches, machines with a DMA zone.
 */
import { alignDown, alignUp, MiB, type Bytes } from '@shared/units.ts'
import { dmaContiguousReserve } from './contiguous-reserve.ts'
import { BootPanic, type EarlyBoot } from './early-boot.ts'
import type { EarlyParamHandler } from './early-params.ts'
import { memparse } from './memparse.ts'
import { scanFdtReservedMem } from './of-fdt.ts'
import type { EarlyBootStep } from './profile.ts'
import { freeAreaInit } from './zones.ts'

const VMALLOC_END: Bytes = 0xff80_0000
const VMALLOC_OFFSET: Bytes = 8 * MiB
const VMALLOC_DEFAULT: Bytes = 240 * MiB
const SECTION_BYTES: Bytes = MiB
/** PMD_SIZE: a pair of section entries. */
const PMD_BYTES: Bytes = 2 * MiB
/** swapper_pg_dir lies this far below the start of the image. */
const PAGE_TABLE_BYTES: Bytes = 0x4000

/** PHYS_OFFSET: where the image runs, without the lowest 21 bits. */
const physOffset = ({ loader }: EarlyBoot): Bytes => alignDown(loader.kernelImage.start, PMD_BYTES)

/** early_mem(): the first `mem=` drops what the loader said; each adds a bank. */
export const armMem: EarlyParamHandler = (boot, value) => {
  const { memblock, numbers } = boot
  if (numbers.usermem === undefined) memblock.remove(memblock.startOfDram, memblock.endOfDram - memblock.startOfDram)
  numbers.usermem = 1
  const size = memparse(value ?? '')
  const start = size.rest.startsWith('@') ? memparse(size.rest.slice(1)).value : physOffset(boot)
  addMemory(boot, start, start + size.value)
  return true
}

/** arm_add_memory(): whole pages of [start, end) from PHYS_OFFSET on and below the last page of 32 bits. */
function addMemory(boot: EarlyBoot, start: Bytes, end: Bytes): void {
  const page = boot.profile.page.sizeBytes
  const base = Math.max(alignUp(start, page), physOffset(boot))
  const size = alignDown(Math.min(end, boot.memblock.maxAddress) - base, page)
  if (size > 0) boot.memblock.add(base, size)
}

/** early_vmalloc() */
export const armVmalloc: EarlyParamHandler = (boot, value) => {
  const asked = memparse(value ?? '').value % (boot.memblock.maxAddress + 1)
  const most = VMALLOC_END - (pageOffset(boot) + 32 * MiB + VMALLOC_OFFSET)
  const bytes = Math.min(Math.max(asked, 16 * MiB), most)
  if (asked < bytes) boot.log.print('warn', 'vmalloc area is too small, limiting to 16MiB')
  if (asked > bytes) boot.log.print('warn', `vmalloc area is too big, limiting to ${most / MiB}MiB`)
  boot.numbers.vmalloc_size = bytes
  return true
}

const pageOffset = ({ config }: EarlyBoot): Bytes => config.number('PAGE_OFFSET', 0xc000_0000)

/** adjust_lowmem_bounds(): where low memory ends. RAM beyond is dropped in kernels without high memory. */
export const adjustLowmemBounds: EarlyBootStep = (boot) => {
  const { memblock, numbers } = boot
  const vmallocBytes = numbers.vmalloc_size ?? VMALLOC_DEFAULT
  const most = VMALLOC_END - vmallocBytes - VMALLOC_OFFSET - pageOffset(boot) + physOffset(boot)
  skipUnalignedStart(boot)
  const mapped = memblock.memory.regions.filter((r) => !r.flags)
  const low = mapped.filter((r) => r.base < most)
  const limit = low.reduce((end, r) => Math.max(end, Math.min(most, r.base + r.size)), 0)
  const reach = alignDown(Math.min(limit, firstUnaligned(low)), PMD_BYTES)
  if (!boot.config.on('HIGHMEM') && memblock.endOfDram > limit) {
    boot.log.print('notice', `Ignoring RAM at 0x${hex(reach)}-0x${hex(memblock.endOfDram)}`)
    boot.log.print('notice', 'Consider using a HIGHMEM enabled kernel.')
    memblock.remove(reach, memblock.endOfDram - reach)
  }
  memblock.currentLimit = reach
  boot.highMemory = limit
  boot.highmemStart = limit
  numbers.lowmem_limit = limit
  numbers.vmalloc_start = alignDown(pageOffset(boot) + limit - physOffset(boot) + VMALLOC_OFFSET, VMALLOC_OFFSET)
  numbers.vmalloc_end = VMALLOC_END
}

/** The first start or end of a bank that is no whole pair of sections: page tables for it come out of the memory below. */
function firstUnaligned(banks: readonly { base: Bytes; size: Bytes }[]): Bytes {
  const edges = banks.flatMap(({ base, size }) => [base, base + size])
  return edges.find((edge) => edge % PMD_BYTES !== 0) ?? Infinity
}

/** The first RAM must begin with a pair of sections, or its start is not mapped. */
function skipUnalignedStart({ memblock }: EarlyBoot): void {
  const first = memblock.memory.regions.find((r) => !r.flags)
  if (first && first.base % PMD_BYTES !== 0) memblock.markNomap(first.base, alignUp(first.base, PMD_BYTES) - first.base)
}

const hex = (address: Bytes): string => address.toString(16).padStart(8, '0')

/** arm_memblock_init(): image, initrd, page table; /reserved-memory; the default CMA area anywhere. */
export const armMemblockInit: EarlyBootStep = (boot) => {
  const { memblock, loader } = boot
  memblock.reserve(loader.kernelImage.start, loader.kernelImage.end - loader.kernelImage.start)
  reserveInitrd(boot)
  memblock.reserve(loader.kernelImage.start - PAGE_TABLE_BYTES, PAGE_TABLE_BYTES)
  scanFdtReservedMem(boot)
  dmaContiguousReserve(boot, memblock.maxAddress)
}

/**
 * reserve_initrd_mem(): an initrd outside of RAM or on the image or the blob is not used, and where the command line names no other root the
 * kernel stops at the end of its boot. One in high memory is read through the linear map (setup_boot_config()), which ends before it.
 */
function reserveInitrd({ memblock, loader, params, numbers, profile }: EarlyBoot): void {
  if (!loader.initrd) return
  const base = alignDown(loader.initrd.start, profile.page.sizeBytes)
  const size = alignUp(loader.initrd.end, profile.page.sizeBytes) - base
  if (!memblock.isRegionMemory(base, size) || memblock.isRegionReserved(base, size)) {
    if (params.some(({ name }) => name === 'root')) return
    throw new BootPanic('VFS: Unable to mount root fs: the initrd lies outside of RAM, or on what is taken')
  }
  if (loader.initrd.end > numbers.lowmem_limit!)
    throw new BootPanic('Unable to handle kernel paging request: the initrd lies in high memory')
  memblock.reserve(base, size)
}

/** paging_init(): low memory is mapped in sections, CMA areas in it anew in pages; vectors, highmem's tables and the zero page. */
export const armPagingInit: EarlyBootStep = (boot) => {
  const page = boot.profile.page.sizeBytes
  mapLowmem(boot)
  boot.memblock.currentLimit = boot.numbers.lowmem_limit!
  stopBeyondRam(boot)
  remapContiguous(boot)
  for (const pages of [2, 1, 1, 1]) boot.memblock.alloc({ size: pages * page, align: pages * page })
  boot.memblock.linearMapMade = true
}

/**
 * map_lowmem(): banks in sections, and in pages where a bank begins or ends inside one. The page table of a pair cannot follow on a section of
 * a bank before (BUG_ON(pmd_bad)); nothing is printed, since the vectors are not there yet.
 */
function mapLowmem({ memblock, numbers, profile }: EarlyBoot): void {
  const pairs = new Map<Bytes, 'section' | 'table'>()
  for (const { base, size, flags } of [...memblock.memory.regions]) {
    const end = Math.min(base + size, numbers.lowmem_limit!)
    for (let at = base; !flags && at < end; at = alignDown(at, PMD_BYTES) + PMD_BYTES) {
      const pair = alignDown(at, PMD_BYTES)
      const next = Math.min(pair + PMD_BYTES, end)
      if (at % SECTION_BYTES === 0 && next % SECTION_BYTES === 0) {
        if (at === pair) pairs.set(pair, 'section')
        continue
      }
      const entry = pairs.get(pair)
      if (entry === 'section')
        throw new BootPanic(
          'kernel BUG in arch/arm/mm/mmu.c: a bank begins where another ends, inside a pair of sections',
        )
      if (!entry) memblock.alloc({ size: profile.page.sizeBytes, align: profile.page.sizeBytes })
      pairs.set(pair, 'table')
    }
  }
}

/**
 * `mem=` may name more than there is: memory is handed out from the top, low memory's to the first page table, high memory's to the first user
 * of it, and the first write where nothing answers is an external abort.
 */
export function stopBeyondRam({ memblock, loader, board }: EarlyBoot): void {
  const banks = loader.memory.length > 0 ? loader.memory : board.memory
  if (banks.length === 0) return
  const end = Math.max(...banks.map((bank) => bank.end))
  if (memblock.endOfDram > end)
    throw new BootPanic(`external abort: mem= names RAM up to 0x${hex(memblock.endOfDram)}, RAM ends at 0x${hex(end)}`)
}

/**
 * dma_contiguous_remap(): page tables replace the sections of every area in low memory. The sections are dropped in steps of a pair from the
 * area's start, so that an area which starts inside a pair keeps its last section and the kernel stops (BUG_ON(pmd_bad)); so it does
 * when two areas overlap (BUG_ON in vm_area_add_early), or when the sections hold the kernel that is running (prefetch abort). What else
 * lies in the pairs has no mapping any more.
 */
function remapContiguous(boot: EarlyBoot): void {
  const done: { start: Bytes; end: Bytes }[] = []
  for (const { base, size } of boot.contiguousFixups) {
    const area = { start: base, end: Math.min(base + size, boot.numbers.lowmem_limit!) }
    if (area.start >= area.end) continue
    const pairs = Math.ceil(area.end / PMD_BYTES) - Math.floor(area.start / PMD_BYTES)
    if (pairs > Math.ceil((area.end - area.start) / PMD_BYTES))
      throw new BootPanic(
        'kernel BUG in arch/arm/mm/mmu.c: a CMA area in low memory does not start on a 2 MiB boundary',
      )
    const { kernelImage } = boot.loader
    if (area.start < kernelImage.end && kernelImage.start < area.start + pairs * PMD_BYTES)
      throw new BootPanic('prefetch abort: a CMA area lies on the kernel image, whose mapping is dropped')
    if (done.some((other) => other.start < area.end && area.start < other.end))
      throw new BootPanic('kernel BUG in mm/vmalloc.c: two CMA areas in low memory overlap')
    done.push(area)
    boot.memblock.unmap(alignDown(area.start, PMD_BYTES), area.start)
    boot.memblock.unmap(area.end, alignUp(area.end, PMD_BYTES))
    const page = boot.profile.page.sizeBytes
    for (let n = 0; n < pairs; n++) boot.memblock.alloc({ size: page, align: page })
  }
}

/** bootmem_init(): zones Normal and HighMem, and the flat memory map, which begins and ends on a block of the largest order. */
export const armBootmemInit: EarlyBootStep = (boot) => {
  const { memblock, profile } = boot
  const { page, earlyBoot } = profile
  if (memblock.memory.regions.some(({ base }) => base + page.sizeBytes > 2 ** 32))
    throw new BootPanic(
      'Unable to handle kernel NULL pointer dereference: RAM begins in the last page of 32 bits, PFN_UP() is 0',
    )
  // the last page of 32 bits is none: no address lies behind it
  const end = alignDown(memblock.endOfDram, page.sizeBytes)
  freeAreaInit(boot, [
    { name: 'Normal', end: boot.numbers.lowmem_limit! },
    ...(boot.config.on('HIGHMEM') ? [{ name: 'HighMem', end } as const] : []),
  ])
  const block = page.sizeBytes * 2 ** page.maxOrder
  const span = alignUp(memblock.endOfDram, block) - alignDown(memblock.startOfDram, block)
  const size = (span / page.sizeBytes) * earlyBoot.sizes.structPageBytes
  memblock.alloc({ size, align: earlyBoot.sizes.cacheLineBytes })
  boot.zoneDmaLimit = ZONE_DMA_LIMIT
  boot.dmaPhysLimit = memblock.maxAddress + 1
}

/** What zone_dma_limit is where no architecture sets it: 24 bits. */
const ZONE_DMA_LIMIT = 2 ** 24 - 1
