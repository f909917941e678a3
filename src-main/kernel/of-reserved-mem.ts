/**
 * /reserved-memory, drivers/of/of_reserved_mem.c of 6.12: first the regions with `reg` are taken, then those with `size` find a place and
 * are set up at once; once the tree is unflattened, the ones with `reg` are set up too. Handlers stand in reserved-mem-handlers.ts.
 */
import type { ReservedNode } from '@shared/board.ts'
import { KiB, MiB, type Bytes } from '@shared/units.ts'
import type { EarlyBoot, ReservedRegion } from './early-boot.ts'
import { initNode } from './reserved-mem-handlers.ts'
import { phys } from './phys.ts'

/** MAX_RESERVED_REGIONS */
const MAX_REGIONS = 64
const PREFIX = 'OF: reserved mem: '

/** fdt_scan_reserved_mem(); how many regions the second pass has room for is noted in `boot`. */
export function scanReservedMem(boot: EarlyBoot): void {
  const root = boot.board.reservedMemory
  if (!root) return
  if (!isKnownFormat(boot)) return boot.log.print('err', `${PREFIX}Reserved memory: unsupported node format, ignoring`)
  const dynamic: ReservedNode[] = []
  let count = 0
  for (const node of root.nodes.filter((n) => n.enabled)) {
    if (node.reg) {
      if (reserveReg(boot, node)) count++
    } else if (node.size) {
      if (dynamic.length === MAX_REGIONS)
        boot.log.print('err', `${PREFIX}too many defined dynamic regions, skip '${node.name}'`)
      else dynamic.push(node)
    }
  }
  for (const node of dynamic) if (allocSize(boot, node)) count++
  boot.reservedMemLimit = count
}

/** fdt_scan_reserved_mem_reg_nodes(): the table moves to memory of its own, the regions with `reg` join it and are set up. */
export function scanReservedMemRegNodes(boot: EarlyBoot): void {
  const root = boot.board.reservedMemory
  if (!root) return boot.log.print('info', `${PREFIX}Reserved memory: No reserved-memory node in the DT`)
  if (!moveTable(boot)) return
  if (!isKnownFormat(boot)) return boot.log.print('err', `${PREFIX}Reserved memory: unsupported node format, ignoring`)
  for (const node of root.nodes) if (node.reg && node.enabled) saveRegNode(boot, node, node.reg)
  reportOverlaps(boot)
}

function moveTable(boot: EarlyBoot): boolean {
  if (boot.reservedMemLimit === 0) return true
  const size = boot.reservedMemLimit * boot.profile.earlyBoot.sizes.reservedMemBytes
  if (boot.memblock.alloc({ size, align: boot.profile.earlyBoot.sizes.cacheLineBytes })) return true
  boot.log.print('err', `${PREFIX}Failed to allocate memory for reserved_mem array with err: -12`)
  boot.reservedMem = []
  return false
}

function saveRegNode(boot: EarlyBoot, node: ReservedNode, reg: number[]): void {
  const stride = strideOf(boot)
  if (reg.length % stride !== 0)
    return boot.log.print('err', `${PREFIX}Reserved memory: invalid reg property in '${node.name}', skipping node.`)
  const more = reg.length / stride - 1
  if (more > 0)
    boot.log.print('warn', `${PREFIX}fdt_scan_reserved_mem_reg_nodes() ignores ${more} regions in node '${node.name}'`)
  const { base, size } = rangeAt(boot, reg, 0)
  if (size) save(boot, node, base, size)
}

/** __reserved_mem_reserve_reg(): takes every range of `reg`; false when the property cannot be read. */
function reserveReg(boot: EarlyBoot, node: ReservedNode): boolean {
  const stride = strideOf(boot)
  const reg = node.reg ?? []
  if (reg.length % stride !== 0) {
    boot.log.print('err', `${PREFIX}Reserved memory: invalid reg property in '${node.name}', skipping node.`)
    return false
  }
  for (let at = 0; at < reg.length; at += stride) {
    const { base, size } = rangeAt(boot, reg, at)
    if (size && reserveRange(boot, base, size, node.noMap)) noteContiguous(boot, node, base, size)
    else
      boot.log.print(
        'err',
        `${PREFIX}Reserved memory: failed to reserve memory for node '${node.name}': base ${phys(boot, base)}, size ${mib(size)} MiB`,
      )
  }
  return true
}

/** early_init_dt_reserve_memory(): what another region took cannot be unmapped. */
function reserveRange({ memblock }: EarlyBoot, base: Bytes, size: Bytes, noMap: boolean): boolean {
  if (!noMap) memblock.reserve(base, size)
  else if (memblock.memory.overlaps(base, size) && memblock.isRegionReserved(base, size)) return false
  else memblock.markNomap(base, size)
  return true
}

/** dma_contiguous_early_fixup() is told of every region that may become a CMA area. */
function noteContiguous(boot: EarlyBoot, node: ReservedNode, base: Bytes, size: Bytes): void {
  if (node.compatible.includes('shared-dma-pool') && node.reusable) boot.contiguousFixups.push({ base, size })
}

/** __reserved_mem_alloc_size(): a place for a region that only has a size; false when there is none. */
function allocSize(boot: EarlyBoot, node: ReservedNode): boolean {
  const wanted = wantedSpace(boot, node)
  if (!wanted) return false
  const base = node.allocRanges
    ? allocInRanges(boot, node, node.allocRanges, wanted)
    : allocAnywhere(boot, node, wanted)
  if (base === null) return false
  if (base === 0) {
    boot.log.print('err', `${PREFIX}failed to allocate memory for node '${node.name}': size ${mib(wanted.size)} MiB`)
    return false
  }
  noteContiguous(boot, node, base, wanted.size)
  save(boot, node, base, wanted.size)
  return true
}

interface Space {
  size: Bytes
  align: Bytes
}

function wantedSpace(boot: EarlyBoot, node: ReservedNode): Space | null {
  const { addressCells, sizeCells } = boot.board
  if (node.size?.length !== sizeCells) return invalid(boot, 'size', node)
  if (node.alignment && node.alignment.length !== addressCells) return invalid(boot, 'alignment', node)
  const align = node.alignment ? number(boot, node.alignment) : 0
  const { cma, page } = boot.profile
  const isCma = cma && node.compatible.includes('shared-dma-pool') && node.reusable && !node.noMap
  return {
    size: number(boot, node.size),
    align: isCma
      ? Math.max(align, cma.minAlignPages * page.sizeBytes)
      : align || boot.profile.earlyBoot.sizes.cacheLineBytes,
  }
}

function invalid(boot: EarlyBoot, property: string, node: ReservedNode): null {
  boot.log.print('err', `${PREFIX}invalid ${property} property in '${node.name}' node.`)
  return null
}

const allocAnywhere = (boot: EarlyBoot, node: ReservedNode, space: Space): Bytes =>
  allocReserved(boot, node, space, 0, boot.memblock.maxAddress)

/** The first of `alloc-ranges` with room; null when the property cannot be read, 0 when none has room. */
function allocInRanges(boot: EarlyBoot, node: ReservedNode, ranges: number[], space: Space): Bytes | null {
  const stride = strideOf(boot)
  if (ranges.length % stride !== 0) {
    boot.log.print('err', `${PREFIX}invalid alloc-ranges property in '${node.name}', skipping node.`)
    return null
  }
  for (let at = 0; at < ranges.length; at += stride) {
    const { base: start, size } = rangeAt(boot, ranges, at)
    const base = allocInRange(boot, node, space, start, (start + size) % (boot.memblock.maxAddress + 1))
    if (base) return base
  }
  return 0
}

/**
 * __reserved_mem_alloc_in_range(): beside a region that is there already, the new one is put right next to it.
 *
 *     |....RRRR................RRRRRRRR..............|
 *            |bottom up|   |top down|
 */
function allocInRange(boot: EarlyBoot, node: ReservedNode, space: Space, start: Bytes, end: Bytes): Bytes {
  const { memblock } = boot
  const touches = (address: Bytes) =>
    boot.reservedMem.some((r) => r.size > 0 && address >= r.base && address <= r.base + r.size)
  const bottomUp = touches(start)
  const previous = memblock.bottomUp
  if (bottomUp !== touches(end)) memblock.bottomUp = bottomUp
  const base = allocReserved(boot, node, space, start, end)
  memblock.bottomUp = previous
  return base
}

function allocReserved({ memblock }: EarlyBoot, node: ReservedNode, space: Space, start: Bytes, end: Bytes): Bytes {
  const base = memblock.alloc({ ...space, start, end: end || memblock.maxAddress })
  if (base && node.noMap) memblock.markNomap(base, space.size)
  return base
}

/** fdt_reserved_mem_save_node() and fdt_init_reserved_mem_node(): an entry of the table, set up by its handler or given back. */
function save(boot: EarlyBoot, node: ReservedNode, base: Bytes, size: Bytes): void {
  if (boot.reservedMem.length === boot.reservedMemLimit)
    return boot.log.print('err', `${PREFIX}not enough space for all defined regions.`)
  const { name, noMap, reusable } = node
  const plain = { handler: null, refused: false, kind: 'plain', cmaIndex: -1 } as const
  const region: ReservedRegion = { name, base, size, noMap, reusable, ...plain }
  boot.reservedMem.push(region)
  region.refused = initNode(boot, node, region) === 'refused'
  if (region.refused) {
    boot.log.print('info', `${PREFIX}node ${name} compatible matching fail`)
    if (noMap) boot.memblock.clearNomap(base, size)
    else boot.memblock.free(base, size)
    return
  }
  const how = `${noMap ? 'nomap' : 'map'} ${reusable ? 'reusable' : 'non-reusable'}`
  const end = phys(boot, base + size - 1)
  boot.log.print('info', `${PREFIX}${phys(boot, base)}..${end} (${Math.floor(size / KiB)} KiB) ${how} ${name}`)
}

/** __rmem_check_for_overlap(): sorts the table by address and tells of neighbours that overlap. */
function reportOverlaps(boot: EarlyBoot): void {
  boot.reservedMem.sort((a, b) => a.base - b.base || a.size - b.size)
  for (const [n, region] of boot.reservedMem.slice(0, -1).entries()) {
    const next = boot.reservedMem[n + 1]!
    if (region.base + region.size <= next.base) continue
    const range = (r: ReservedRegion) => `${r.name} (${phys(boot, r.base)}--${phys(boot, r.base + r.size)})`
    boot.log.print('err', `${PREFIX}OVERLAP DETECTED!\n${range(region)} overlaps with ${range(next)}`)
  }
}

/** __reserved_mem_check_root(): the node's cells must be those of the root, and it must have `ranges`. */
function isKnownFormat({ board }: EarlyBoot): boolean {
  const root = board.reservedMemory
  return !!root?.hasRanges && root.sizeCells === board.sizeCells && root.addressCells === board.addressCells
}

const strideOf = ({ board }: EarlyBoot): number => board.addressCells + board.sizeCells

function rangeAt(boot: EarlyBoot, cells: number[], at: number): { base: Bytes; size: Bytes } {
  const sizeAt = at + boot.board.addressCells
  return { base: number(boot, cells.slice(at, sizeAt)), size: number(boot, cells.slice(sizeAt, at + strideOf(boot))) }
}

/** Cells as one phys_addr_t: what does not fit is cut off. */
const number = (boot: EarlyBoot, cells: number[]): Bytes =>
  cells.slice(-2).reduce((sum, cell) => sum * 2 ** 32 + cell, 0) % (boot.memblock.maxAddress + 1)

const mib = (size: Bytes): number => Math.floor(size / MiB)
