/**
 * Early boot of 32-bit ARM since devicetrees: arch/arm/kernel/setup.c, mm/init.c, mm/mmu.c and the remapping of CMA areas in
 * mm/dma-mapping.c. Left out: LPAE, XIP, aliasing caches, machines with a DMA zone, page tables for unaligned ends of banks.
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
/** PMD_SIZE: a pair of 1 MiB section entries. */
const PMD_BYTES: Bytes = 2 * MiB
/** swapper_pg_dir lies this far below the start of the image. */
const PAGE_TABLE_BYTES: Bytes = 0x4000

/** PHYS_OFFSET: where the image runs, without the lowest 21 bits. */
const physOffset = ({ loader }: EarlyBoot): Bytes => alignDown(loader.kernelImage.start, PMD_BYTES)

/** early_mem(): the first `mem=` drops what the loader said; each adds a bank. */
export const armMem: EarlyParamHandler = (boot, value) => {
  if (boot.params.find((p) => p.name === 'mem')?.value === value)
    boot.memblock.remove(boot.memblock.startOfDram, boot.memblock.endOfDram - boot.memblock.startOfDram)
  const size = memparse(value ?? '')
  const start = size.rest.startsWith('@') ? memparse(size.rest.slice(1)).value : physOffset(boot)
  const page = boot.profile.page.sizeBytes
  const base = alignUp(start, page)
  boot.memblock.add(base, alignDown(start + size.value, page) - base)
  return true
}

/** early_vmalloc() */
export const armVmalloc: EarlyParamHandler = (boot, value) => {
  const asked = memparse(value ?? '').value
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
  const unaligned = low.find((r) => r.base % PMD_BYTES !== 0 || (r.base + r.size) % PMD_BYTES !== 0)
  const reach = alignDown(unaligned && unaligned.base % PMD_BYTES !== 0 ? unaligned.base : limit, PMD_BYTES)
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

/** The first RAM must begin with a pair of sections, or its start is not mapped. */
function skipUnalignedStart({ memblock }: EarlyBoot): void {
  const first = memblock.memory.regions.find((r) => !r.flags)
  if (first && first.base % PMD_BYTES !== 0) memblock.markNomap(first.base, alignUp(first.base, PMD_BYTES) - first.base)
}

const hex = (address: Bytes): string => address.toString(16).padStart(8, '0')

/** arm_memblock_init(): image, initrd, page table; /reserved-memory; the default CMA area anywhere. */
export const armMemblockInit: EarlyBootStep = (boot) => {
  const { memblock, loader } = boot
  const page = boot.profile.page.sizeBytes
  memblock.reserve(loader.kernelImage.start, loader.kernelImage.end - loader.kernelImage.start)
  if (loader.initrd) {
    const base = alignDown(loader.initrd.start, page)
    memblock.reserve(base, alignUp(loader.initrd.end, page) - base)
  }
  memblock.reserve(loader.kernelImage.start - PAGE_TABLE_BYTES, PAGE_TABLE_BYTES)
  scanFdtReservedMem(boot)
  dmaContiguousReserve(boot, memblock.maxAddress)
}

/** paging_init(): low memory is mapped in sections, CMA areas in it anew in pages; vectors, highmem's tables and the zero page. */
export const armPagingInit: EarlyBootStep = (boot) => {
  const page = boot.profile.page.sizeBytes
  boot.memblock.currentLimit = boot.numbers.lowmem_limit!
  stopBeyondRam(boot)
  remapContiguous(boot)
  for (const pages of [2, 1, 1, 1]) boot.memblock.alloc({ size: pages * page, align: pages * page })
  boot.memblock.linearMapMade = true
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
 * when two areas overlap (BUG_ON in vm_area_add_early), or when the sections hold the kernel that is running (prefetch abort).
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
    const page = boot.profile.page.sizeBytes
    for (let n = 0; n < pairs; n++) boot.memblock.alloc({ size: page, align: page })
  }
}

/** bootmem_init(): zones Normal and HighMem, and the flat memory map, which begins and ends on a block of the largest order. */
export const armBootmemInit: EarlyBootStep = (boot) => {
  const { memblock, profile } = boot
  const { page, earlyBoot } = profile
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
