/**
 * Early boot of x86_64: arch/x86/kernel/{setup,e820,pci-dma}.c and mm/init.c as far as they decide where memory goes. Firmware tells where RAM
 * is; a devicetree has no say in it. Left out: memory encryption, Xen, GART, page tables, ACPI's reservations.
 */
import { alignDown, alignUp, GiB, KiB, MiB, type Bytes } from '@shared/units.ts'
import { dmaContiguousReserve } from './contiguous-reserve.ts'
import type { EarlyBoot } from './early-boot.ts'
import type { EarlyParamHandler } from './early-params.ts'
import { memparse } from './memparse.ts'
import type { EarlyBootStep } from './profile.ts'
import { printSwiotlbInfo, swiotlbInit } from './swiotlb-init.ts'
import { freeAreaInit } from './zones.ts'

/** MAX_DMA_PFN and MAX_DMA32_PFN as addresses. */
const MAX_DMA: Bytes = 16 * MiB
const MAX_DMA32: Bytes = 4 * GiB
/** What zone_dma_limit is where no architecture sets it: 24 bits. */
const ZONE_DMA_LIMIT = 2 ** 24 - 1
/** The hole of the BIOS, where no RAM counts (trim_bios_range()). */
const BIOS_BEGIN: Bytes = 640 * KiB
const BIOS_END: Bytes = MiB

/** parse_memopt(): `mem=` forgets RAM beyond that address; without a size it means nothing. */
export const x86Mem: EarlyParamHandler = (boot, value) => {
  const limit = memparse(value ?? '').value
  if (limit) boot.numbers.mem_limit = Math.min(limit, boot.numbers.mem_limit ?? Infinity)
  return limit !== 0
}

/** early_reserve_memory() and e820__memblock_setup(): what is usable, without the first page and the BIOS's hole, in whole pages. */
export const e820MemblockSetup: EarlyBootStep = (boot) => {
  const { memblock, loader, profile } = boot
  const page = profile.page.sizeBytes
  memblock.reserve(loader.kernelImage.start, loader.kernelImage.end - loader.kernelImage.start)
  if (loader.initrd) memblock.reserve(loader.initrd.start, alignUp(loader.initrd.end, page) - loader.initrd.start)
  const usable = loader.memory.length > 0 ? loader.memory : boot.board.memory
  for (const { start, end } of usable) memblock.add(start, end - start)
  if (boot.numbers.mem_limit) memblock.remove(boot.numbers.mem_limit, memblock.maxAddress)
  memblock.remove(0, page)
  memblock.remove(BIOS_BEGIN, BIOS_END - BIOS_BEGIN)
  for (const { base, size } of [...memblock.memory.regions]) {
    memblock.remove(base, alignUp(base, page) - base)
    memblock.remove(alignDown(base + size, page), base + size - alignDown(base + size, page))
  }
  // Firmware is known to scribble over the first MiB: nobody gets it.
  memblock.reserve(0, MiB)
  boot.highMemory = memblock.endOfDram
  boot.highmemStart = memblock.endOfDram
}

/** relocate_initrd(): an initrd in memory that `mem=` took away is copied to the top of what is left. */
export const relocateInitrd: EarlyBootStep = ({ memblock, loader, profile }) => {
  if (!loader.initrd || loader.initrd.end <= memblock.endOfDram) return
  const page = profile.page.sizeBytes
  memblock.alloc({ size: alignUp(loader.initrd.end - loader.initrd.start, page), align: page })
  memblock.free(loader.initrd.start, loader.initrd.end - loader.initrd.start)
}

/** The default CMA area: all that is mapped will do, and that is all RAM. */
export const x86ContiguousReserve: EarlyBootStep = (boot) => {
  takeLinearTable(boot)
  dmaContiguousReserve(boot, boot.memblock.endOfDram)
}

/**
 * init_mem_mapping() maps RAM from the top in steps of 2 MiB, 64 MiB, 2 GiB and the rest, and takes tables from the image's own buffer; not
 * in the last step, which maps that buffer. With an end beyond 2 GiB it needs one there, for the second GiB: the highest page mapped so far.
 * Beyond 4 GiB areas lie elsewhere, and the page makes no difference.
 */
function takeLinearTable({ memblock, profile }: EarlyBoot): void {
  const end = memblock.endOfDram
  if (end <= 2 * GiB || end > 4 * GiB) return
  const page = profile.page.sizeBytes
  memblock.alloc({ size: page, align: page, start: 2 * GiB, end: alignDown(end, 2 * MiB) })
}

/** zone_sizes_init() */
export const x86ZoneSizesInit: EarlyBootStep = (boot) => {
  const { config, memblock } = boot
  const end = memblock.endOfDram
  boot.zoneDmaLimit = ZONE_DMA_LIMIT
  boot.dmaPhysLimit = memblock.maxAddress + 1
  freeAreaInit(boot, [
    ...(config.on('ZONE_DMA') ? [{ name: 'DMA', end: Math.min(MAX_DMA, end) } as const] : []),
    ...(config.on('ZONE_DMA32') ? [{ name: 'DMA32', end: Math.min(MAX_DMA32, end) } as const] : []),
    { name: 'Normal', end },
  ])
}

/** pci_iommu_alloc(): a bounce buffer where RAM reaches beyond 4 GiB. */
export const pciIommuAlloc: EarlyBootStep = (boot) => {
  if (boot.profile.swiotlb) swiotlbInit(boot, isBounceNeeded(boot), MAX_DMA32 - 1)
}

/** pci_iommu_init(): tells of the bounce buffer, also where `swiotlb=noforce` kept it from being made. */
export const pciIommuInit: EarlyBootStep = (boot) => {
  if (!boot.profile.swiotlb || !isBounceNeeded(boot)) return
  boot.log.print('info', 'PCI-DMA: Using software bounce buffering for IO (SWIOTLB)')
  printSwiotlbInfo(boot)
}

/** x86_swiotlb_enable; `iommu=off` forbids it. */
function isBounceNeeded({ memblock, params }: EarlyBoot): boolean {
  const isOff = params.some(({ name, value }) => name === 'iommu' && value?.split(',').includes('off'))
  return !isOff && memblock.endOfDram > MAX_DMA32
}
