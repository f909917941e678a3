/**
 * Early boot of arm64: arch/arm64/mm/init.c and mmu.c, as far as they decide where memory goes. Left out: KASLR, kdump, KVM's reservations,
 * ACPI, 52-bit addresses on hardware without them.
 */
import { alignDown, alignUp, GiB, KiB, MiB, type AddressRange, type Bytes } from '@shared/units.ts'
import { dmaContiguousReserve } from './contiguous-reserve.ts'
import type { EarlyBoot } from './early-boot.ts'
import type { EarlyParamHandler } from './early-params.ts'
import { memparse } from './memparse.ts'
import { scanFdtReservedMem } from './of-fdt.ts'
import type { EarlyBootStep } from './profile.ts'
import { printSwiotlbInfo, swiotlbInit } from './swiotlb-init.ts'
import { freeAreaInit } from './zones.ts'

/** arm64_memblock_init(): limits of the linear mapping and of `mem=`, image and initrd, /reserved-memory. */
export const arm64MemblockInit: EarlyBootStep = (boot) => {
  const { memblock, loader } = boot
  const page = boot.profile.page.sizeBytes
  const limit = memoryLimit(boot)
  if (limit !== null) {
    memblock.limitMapped(limit)
    memblock.add(loader.kernelImage.start, sizeOf(loader.kernelImage))
  }
  if (loader.initrd) {
    const base = alignDown(loader.initrd.start, page)
    const size = alignUp(loader.initrd.end, page) - base
    memblock.add(base, size)
    memblock.clearNomap(base, size)
    memblock.reserve(base, size)
  }
  memblock.reserve(loader.kernelImage.start, sizeOf(loader.kernelImage))
  // high_memory is not set yet: to CMA all of RAM is low memory.
  boot.highmemStart = memblock.endOfDram
  scanFdtReservedMem(boot)
  boot.highMemory = memblock.endOfDram
}

/** early_mem() */
export const arm64Mem: EarlyParamHandler = (boot, value) => {
  if (value === null) return false
  boot.log.print('notice', `Memory limited to ${Math.floor((memoryLimit(boot) ?? 0) / MiB)}MB`)
  return true
}

/** `mem=` cut to whole pages; null: not given. */
function memoryLimit({ params, profile }: EarlyBoot): Bytes | null {
  const asked = params.filter((p) => p.name === 'mem' && p.value !== null).at(-1)
  return asked ? alignDown(memparse(asked.value!).value, profile.page.sizeBytes) : null
}

const sizeOf = (range: AddressRange): Bytes => range.end - range.start

/** paging_init(): page tables of the linear mapping. The image's text is mapped apart from the RAM around it. */
export const arm64PagingInit: EarlyBootStep = (boot) => {
  const page = boot.profile.page.sizeBytes
  for (let n = countLinearTables(boot); n > 0; n--) boot.memblock.alloc({ size: page, align: page })
  boot.memblock.linearMapMade = true
}

/**
 * Tables below the top level: one of last entries for each block that RAM covers in part, one of blocks for each span of blocks that is not
 * covered by a still larger block (4 KiB pages only), one above where there is a further level.
 */
function countLinearTables({ memblock, profile, loader }: EarlyBoot): number {
  const page = profile.page.sizeBytes
  const entries = page / 8
  const block = page * entries
  const text = { start: loader.kernelImage.start, end: textEnd(loader.kernelImage) }
  const ranges = memblock.memory.regions
    .filter((r) => !r.flags)
    .flatMap((r) => around({ start: r.base, end: r.base + r.size }, text))
  const partial = touched(ranges, block).filter((n) => !covered(ranges, n * block, block))
  const span = block * entries
  const spans = touched(ranges, span).filter((n) => page !== 4096 || !covered(ranges, n * span, span))
  const top = page === 4096 ? touched(ranges, span * entries) : []
  return partial.length + spans.length + top.length
}

/**
 * __init_begin, where text and read-only data end: what follows them, init sections and data, is of much the same size in small kernels.
 * To the nearest 128 KiB.
 */
function textEnd({ start, end }: AddressRange): Bytes {
  return Math.max(start, Math.round((end - INIT_AND_DATA_BYTES) / (128 * KiB)) * 128 * KiB)
}

const INIT_AND_DATA_BYTES = 2912 * KiB

/** The range, cut at both ends of `hole`. */
function around(range: AddressRange, hole: AddressRange): AddressRange[] {
  const cuts = [range.start, hole.start, hole.end, range.end].filter((at) => at >= range.start && at <= range.end)
  return cuts.slice(1).map((end, n) => ({ start: cuts[n]!, end }))
}

function touched(ranges: AddressRange[], bytes: Bytes): number[] {
  const indices = new Set<number>()
  for (const { start, end } of ranges) for (let n = Math.floor(start / bytes); n * bytes < end; n++) indices.add(n)
  return [...indices]
}

const covered = (ranges: AddressRange[], start: Bytes, bytes: Bytes): boolean =>
  ranges.some((r) => r.start <= start && r.end >= start + bytes)

/** zone_sizes_init() and, after it, the default CMA area. */
export const arm64BootmemInit: EarlyBootStep = (boot) => {
  const { memblock, config } = boot
  const end = memblock.endOfDram
  const dma32 = Math.min(4 * GiB, end)
  boot.zoneDmaLimit = boot.board.maxDmaCpuAddr ?? memblock.maxAddress
  if (memblock.startOfDram < 4 * GiB - 1) boot.zoneDmaLimit = Math.min(boot.zoneDmaLimit, 4 * GiB - 1)
  const dma = config.on('ZONE_DMA') ? Math.min(boot.zoneDmaLimit, end - 1) + 1 : 0
  boot.dmaPhysLimit = dma || (config.on('ZONE_DMA32') ? dma32 : memblock.maxAddress + 1)
  freeAreaInit(boot, [
    ...(config.on('ZONE_DMA') ? [{ name: 'DMA', end: dma } as const] : []),
    ...(config.on('ZONE_DMA32') ? [{ name: 'DMA32', end: dma32 } as const] : []),
    { name: 'Normal', end },
  ])
  dmaContiguousReserve(boot, boot.dmaPhysLimit)
}

/** mem_init(): the bounce buffer, small where only unaligned kmalloc() buffers bounce. */
export const arm64MemInit: EarlyBootStep = (boot) => {
  if (!boot.profile.swiotlb) return
  let needed = boot.memblock.endOfDram > boot.dmaPhysLimit
  if (!needed && boot.profile.direct.bounceUnalignedKmalloc) {
    const size = Math.ceil(boot.memblock.physMemBytes / 1024)
    boot.swiotlbPlan.adjustSize(Math.min(boot.swiotlbPlan.bytes, size))
    needed = true
  }
  swiotlbInit(boot, needed, boot.dmaPhysLimit - 1)
  if (boot.swiotlb) printSwiotlbInfo(boot)
}
