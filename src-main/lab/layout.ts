import type { Board } from '@shared/board.ts'
import type { Diagnostic, Span } from '@shared/diagnostics.ts'
import type { Layout, LayoutDevice, LayoutRegion, RegionKind, ResizePlace } from '@shared/layout.ts'
import type { BootReport } from '@shared/run.ts'
import { formatBytes, MiB, type AddressRange, type Bytes } from '@shared/units.ts'
import { findProperty, type DtNode, type DtTree } from '../devicetree/index.ts'
import { bootKernel } from '../kernel/index.ts'
import { releasesFor } from '../kernel/profiles/index.ts'
import type { Examination } from './examine.ts'

/** Everything that one boot of a board left behind, to be drawn. */
export interface BootPicture {
  board: Board
  /** The board as the kernel met it, with what the user switched. */
  booted: Board
  tree: DtTree
  report: BootReport
  kernel: string
  arch: string
  cmdline: string
  image: AddressRange
  blob: AddressRange | null
  initrd: AddressRange | null
}

/** The layout of a board that was examined; null where early boot did not come to its end. */
export function layoutFrom({ prepared, report, tree, board, findings }: Examination): Layout | null {
  if (!prepared || !report) return null
  const { kernelImage: image, dtb: blob, initrd, cmdline } = prepared.input.loader
  const { kernel, arch } = prepared.machine
  const booted = bootKernel(prepared.input, null)
  // what early boot placed can be shown even where the kernel stops later on
  const whole = booted.ok ? booted.kernel.report() : report
  const layout = layoutOf({
    board,
    booted: prepared.input.board,
    tree,
    report: whole,
    kernel,
    arch,
    cmdline,
    image,
    blob,
    initrd,
  })
  return { ...layout, regions: withProblems(layout.regions, tree, findings) }
}

const weight = { error: 2, warning: 1, info: 0 }

/** What the checks found wrong with a region stands on the map too: by the lines of its node, or the word of the command line. */
function withProblems(regions: LayoutRegion[], tree: DtTree, findings: Diagnostic[]): LayoutRegion[] {
  const told = findings.filter((d) => d.severity !== 'info').sort((a, b) => weight[b.severity] - weight[a.severity])
  return regions.map((region) => {
    const spans = (region.nodePath && nodeAt(tree.root, region.nodePath)?.spans) || (region.span ? [region.span] : [])
    const about = told.find((d) =>
      spans.some((span) => span.file === d.file && span.line <= d.line && d.line <= span.endLine),
    )
    return { ...region, problem: about ? { severity: about.severity, message: about.message } : null }
  })
}

/** The map beside the source (U1): what early boot placed, joined with the lines that asked for it. */
export function layoutOf(picture: BootPicture): Layout {
  const { board, report } = picture
  const regions = regionsOf(picture).sort((a, b) => a.start - b.start || a.end - b.end)
  const pageSize = report.kernel['page_size'] ?? 4096
  return {
    model: board.model,
    kernel: picture.kernel,
    arch: picture.arch,
    kernels: releasesFor(picture.arch),
    pageSize,
    cmdline: picture.cmdline,
    cmdlineSpan: picture.cmdline === board.bootargs ? bootargsValue(picture.tree) : null,
    banks: banksOf(board, report),
    zones: report.zones.map((zone) => ({
      name: zone.name,
      start: zone.start,
      end: zone.end,
      managedBytes: (zone.managed ?? zone.present) * pageSize,
    })),
    regions,
    devices: devicesOf(picture.booted, regions),
    defaultCma: report.default_cma,
    boot: report,
  }
}

/** RAM as memblock knows it, adjacent ranges as one; `no-map` regions that were taken out of it come back as regions. */
function banksOf(board: Board, report: BootReport): Layout['banks'] {
  const banks: Layout['banks'] = []
  for (const { base, size } of [...report.memory].sort((a, b) => a.base - b.base)) {
    const last = banks.at(-1)
    if (last && last.end === base) last.end += size
    else
      banks.push({
        start: base,
        end: base + size,
        span: board.memory.find((m) => m.start <= base && base < m.end)?.span ?? null,
      })
  }
  const kept = (report.carveouts ?? []).filter(({ removed }) => removed)
  return joined([...banks, ...kept.map(({ base, size }) => ({ start: base, end: base + size, span: null }))])
}

/** Ascending, adjacent banks as one. */
function joined(banks: Layout['banks']): Layout['banks'] {
  const out: Layout['banks'] = []
  for (const bank of [...banks].sort((a, b) => a.start - b.start)) {
    const last = out.at(-1)
    if (last && last.end === bank.start) last.end = bank.end
    else out.push({ ...bank })
  }
  return out
}

function regionsOf(picture: BootPicture): LayoutRegion[] {
  const { report, image, blob, initrd } = picture
  const fromNodes = report.reserved.filter((entry) => entry.size > 0).map((entry) => nodeRegion(picture, entry))
  const named: LayoutRegion[] = [
    ...fromNodes,
    ...report.cma
      .filter((area) => !fromNodes.some((r) => r.kind === 'cma' && r.start === area.base))
      .map((area) => cmaRegion(picture, area)),
    ...(report.carveouts ?? []).filter(({ removed }) => removed).map((each) => carveoutRegion(picture, each)),
    ...report.swiotlb.map((pool) =>
      plain(
        `swiotlb:${pool.name}`,
        'swiotlb',
        'swiotlb',
        { start: pool.start, end: pool.end },
        `bounce buffer of ${pool.nslabs} slots`,
        bootargsSpan(picture, 'swiotlb'),
      ),
    ),
    ...report.pools.flatMap((pool) =>
      (pool.chunks ?? []).map((chunk, index) =>
        plain(
          `pool:${pool.name}:${index}`,
          `${pool.name} pool`,
          'pool',
          { start: chunk.base, end: chunk.base + chunk.size },
          'atomic pool: what interrupt handlers allocate from',
          bootargsSpan(picture, 'coherent_pool'),
        ),
      ),
    ),
    plain('image', 'kernel', 'image', image, 'kernel image'),
    ...(blob ? [plain('blob', 'dtb', 'blob', blob, 'the compiled devicetree')] : []),
    ...(initrd ? [plain('initrd', 'initrd', 'initrd', initrd, 'initial RAM disk')] : []),
  ]
  return [...named, ...unnamedRegions(report, named)]
}

function nodeRegion(picture: BootPicture, entry: BootReport['reserved'][number]): LayoutRegion {
  const { board, report } = picture
  const node =
    board.reservedMemory?.nodes.find(
      (candidate) => candidate.name === entry.node && isPlacedAt(candidate.reg, board, entry.base),
    ) ?? board.reservedMemory?.nodes.find((candidate) => candidate.name === entry.node)
  const path = node?.path ?? `/reserved-memory/${entry.node}`
  const cma = report.cma.find((area) => area.base === entry.base && area.size === entry.size)
  const kind: RegionKind = cma
    ? 'cma'
    : entry.handler === 'restricted-dma-pool'
      ? 'swiotlb'
      : entry.handler
        ? 'declared'
        : entry.no_map
          ? 'removed'
          : 'reserved'
  const dynamic = !node?.reg
  return {
    id: `node:${path}`,
    name: entry.node,
    kind,
    start: entry.base,
    end: entry.base + entry.size,
    dynamic,
    span: node?.span ?? null,
    resize: resizePlace(picture, path),
    nodePath: path,
    zone: zoneOf(report, entry.base),
    devices: picture.booted.devices
      .filter((device) => device.memoryRegions.some((r) => r.path === path))
      .map((device) => device.name),
    problem: null,
    note: `${kindNotes[kind]}${dynamic ? ', placed by the kernel' : ''}${cma?.default ? ', default of every device' : ''}`,
  }
}

/** Memory that the kernel never saw, and whose it is. */
function carveoutRegion({ board }: BootPicture, each: NonNullable<BootReport['carveouts']>[number]): LayoutRegion {
  const { name, base, size, owner, devices, allocator } = each
  const known = [...board.lab.carveouts, ...board.lab.declared].find((each) => each.name === name)
  const place = { start: base, end: base + size }
  const note = `kept from the kernel for ${owner}, which sub-allocates alone (${allocator}): lost to the system`
  const region = plain(`node:${known?.path ?? name}`, name, 'removed', place, note, known?.span ?? null)
  return { ...region, dynamic: known?.base === null, nodePath: known?.path ?? null, devices }
}

const kindNotes: Partial<Record<RegionKind, string>> = {
  cma: 'CMA area: lent to movable pages until a device claims it',
  declared: 'declared coherent memory of its devices alone',
  swiotlb: 'restricted bounce buffer of its devices',
  removed: 'no-map: lost to the system, its driver owns it',
  reserved: 'reserved: mapped, but nobody else’s',
}

const isPlacedAt = (reg: number[] | null, board: Board, base: Bytes): boolean => {
  const cells = board.reservedMemory?.addressCells ?? board.addressCells
  return reg !== null && reg.slice(0, cells).reduce((value, cell) => value * 2 ** 32 + cell, 0) === base
}

function cmaRegion(picture: BootPicture, area: BootReport['cma'][number]): LayoutRegion {
  const span = bootargsSpan(picture, 'cma')
  const where = span ? 'from the command line' : 'from the kernel’s configuration'
  const region = plain(
    `cma:${area.name}`,
    area.name,
    'cma',
    { start: area.base, end: area.base + area.size },
    `CMA area ${where}${area.default ? ', default of every device' : ''}`,
    span,
  )
  const declared = picture.booted.lab.contiguous.find(({ name }) => name === area.name)
  return { ...region, dynamic: true, zone: area.zone, devices: declared?.devices ?? [] }
}

function plain(
  id: string,
  name: string,
  kind: RegionKind,
  { start, end }: AddressRange,
  note: string,
  span: Span | null = null,
): LayoutRegion {
  return {
    id,
    name,
    kind,
    start,
    end,
    dynamic: true,
    span,
    resize: null,
    nodePath: null,
    zone: null,
    devices: [],
    problem: null,
    note,
  }
}

/** What memblock has reserved and nothing above names: page tables, the memory map, early allocations. Small ones are not worth a mark. */
function unnamedRegions(report: BootReport, named: LayoutRegion[]): LayoutRegion[] {
  const taken = [...named].sort((a, b) => a.start - b.start)
  return report.reserved_memblock.flatMap(({ base, size }) => {
    let at = base
    const rests: AddressRange[] = []
    for (const { start, end } of taken) {
      if (end <= at || start >= base + size) continue
      if (start > at) rests.push({ start: at, end: start })
      at = Math.max(at, end)
    }
    if (at < base + size) rests.push({ start: at, end: base + size })
    return rests
      .filter(({ start, end }) => end - start >= MiB)
      .map((rest) =>
        plain(
          `memmap:${rest.start}`,
          'kernel data',
          'memmap',
          rest,
          `${formatBytes(rest.end - rest.start)} that the kernel keeps for itself: page tables, memory map, early allocations`,
        ),
      )
  })
}

/** Where the value stands that says how large a region is. */
function resizePlace({ board, tree }: BootPicture, path: string): ResizePlace | null {
  const node = nodeAt(tree.root, path)
  const reserved = board.reservedMemory
  const cells = reserved?.sizeCells ?? board.sizeCells
  const size = node && findProperty(node, 'size')?.valueSpan
  if (size) return { property: 'size', span: size, before: '', cells }
  const reg = reserved?.nodes.find((candidate) => candidate.path === path)?.reg
  const span = node && findProperty(node, 'reg')?.valueSpan
  const addressCells = reserved?.addressCells ?? board.addressCells
  if (!reg || !span || reg.length !== addressCells + cells) return null
  const before = reg.slice(0, addressCells).map((cell) => `0x${cell.toString(16)} `)
  return { property: 'reg', span, before: before.join(''), cells }
}

function nodeAt(root: DtNode, path: string): DtNode | null {
  const names = path.split('/').filter(Boolean)
  return names.reduce<DtNode | null>((node, name) => node?.children.find((child) => child.name === name) ?? null, root)
}

const bootargsValue = (tree: DtTree): Span | null => {
  const chosen = nodeAt(tree.root, '/chosen')
  return (chosen && findProperty(chosen, 'bootargs')?.valueSpan) ?? null
}

const bootargsSpan = ({ board, cmdline }: BootPicture, parameter: string): Span | null =>
  cmdline.split(/\s+/).some((word) => word.startsWith(`${parameter}=`)) ? board.bootargsSpan : null

const zoneOf = (report: BootReport, address: Bytes): string | null =>
  report.zones.find((zone) => address >= zone.start && address < zone.end)?.name ?? null

/** Devices that can do DMA; those with memory or an IOMMU of their own first. */
function devicesOf(board: Board, regions: LayoutRegion[]): LayoutDevice[] {
  const known = new Set(regions.map((region) => region.id))
  return board.devices
    .filter((device) => device.enabled && !device.compatible.includes('simple-bus'))
    .map((device) => ({
      name: device.name,
      path: device.path,
      dmaBits: device.dmaBits,
      coherent: device.coherent,
      iommu: device.iommu?.path ?? null,
      regions: [
        ...device.memoryRegions.map(({ path }) => `node:${path}`),
        ...board.lab.carveouts.filter(({ devices }) => devices.includes(device.name)).map(({ path }) => `node:${path}`),
        ...board.lab.declared.filter((each) => each.device === device.name).map(({ path }) => `node:${path}`),
        ...board.lab.contiguous.filter(({ devices }) => devices.includes(device.name)).map(({ name }) => `cma:${name}`),
      ].filter((id) => known.has(id)),
      span: device.span,
    }))
    .sort(
      (a, b) =>
        Number(b.regions.length > 0) - Number(a.regions.length > 0) ||
        Number(b.iommu !== null) - Number(a.iommu !== null),
    )
}
