/** CMA areas: alignment to pageblocks, slots, the default area and what overrides it, and how much of RAM they take. */
import { alignDown, alignUp, bytesIn, formatBytes, KiB, MiB, type Bytes } from '@shared/units.ts'
import { findProperty } from '../../devicetree/tree.ts'
import { fix, hex, related, type BoardCheck, type CheckContext, type Finding } from './check.ts'
import { cellsText, placeOf, rangeText, valueSpan, type Region } from './region.ts'

function alignment({ regions, kernel, board }: CheckContext): Finding[] {
  const align = kernel?.cmaAlign
  if (!kernel || !align) return []
  const pages = `a pageblock of this kernel (${formatBytes(kernel.pageSize)} pages)`
  return regions
    .filter((region) => region.wantsCma)
    .flatMap((region): Finding[] => {
      const fixed = region.ranges[0]
      if (region.node.reg) {
        if (!fixed || (fixed.start % align === 0 && fixed.end % align === 0)) return []
        const [start, end] = [alignDown(fixed.start, align), alignUp(fixed.end, align)]
        const wrong = fixed.start % align ? `start ${hex(fixed.start)}` : `size ${formatBytes(fixed.end - fixed.start)}`
        return [
          {
            at: placeOf(region, 'reg'),
            message: `${region.node.name}: ${wrong} is no multiple of ${formatBytes(align)}, ${pages}, so the kernel refuses it as a CMA area; write ${rangeText(board, { start, end })}`,
            fixes:
              region.ranges.length === 1
                ? fix(`Align to ${formatBytes(align)}`, valueSpan(region, 'reg'), rangeText(board, { start, end }))
                : [],
          },
        ]
      }
      if (!region.size || region.size % align === 0) return []
      const size = alignUp(region.size, align)
      return [
        {
          at: placeOf(region, 'size'),
          message: `${region.node.name}: size ${formatBytes(region.size)} is no multiple of ${formatBytes(align)}, ${pages}, so the kernel refuses it as a CMA area; write ${cellsText(size, board.sizeCells)} (${formatBytes(size)})`,
          fixes: fix(`Round up to ${formatBytes(size)}`, valueSpan(region, 'size'), cellsText(size, board.sizeCells)),
        },
      ]
    })
}

function oddAlignment({ regions }: CheckContext): Finding[] {
  return regions
    .filter(({ alignment: align, node }) => !node.reg && align > 0 && !Number.isInteger(Math.log2(align)))
    .map((region) => ({
      at: placeOf(region, 'alignment'),
      message: `${region.node.name}: alignment ${hex(region.alignment)} is no power of two, so the place it leads to is not aligned; write ${hex(2 ** Math.ceil(Math.log2(region.alignment)))}`,
    }))
}

/** Memory of a device alone counts in whole pages. */
function pageAlignment({ regions, kernel }: CheckContext): Finding[] {
  const page = kernel?.pageSize ?? 4 * KiB
  return regions
    .filter((region) => !region.wantsCma)
    .flatMap((region) =>
      region.ranges
        .filter((range) => range.start % page || range.end % page)
        .map((range) => ({
          at: placeOf(region, 'reg'),
          severity: region.isPool ? ('warning' as const) : ('info' as const),
          message: `${region.node.name}: ${hex(range.start)}–${hex(range.end - 1)} does not begin and end with a page of ${formatBytes(page)}; the pages it cuts are lost to the system and only partly the device's; align it to ${formatBytes(page)}`,
        })),
    )
}

/** Areas that were placed, and then found no slot in mm/cma.c. */
function slots({ regions, report, kernel }: CheckContext): Finding[] {
  if (!kernel?.cmaAlign || !report || report.cma.length < kernel.cmaAreas) return []
  return regions
    .filter((region) => region.wantsCma && !report.cma.some((area) => area.from_node === region.node.name))
    .map((region) => ({
      at: region.dt.nameSpan,
      message: `${region.node.name}: the kernel has room for ${kernel.cmaAreas} CMA areas and this is one too many, so it becomes none; raise CONFIG_CMA_AREAS or merge areas`,
    }))
}

function overridden({ regions, args }: CheckContext): Finding[] {
  const argument = args.findLast(({ name, value }) => name === 'cma' && value !== null)
  if (!argument) return []
  return regions
    .filter((region) => region.wantsCma && region.node.linuxCmaDefault)
    .map((region) => ({
      at: placeOf(region, 'linux,cma-default'),
      message: `${region.node.name}: ${argument.text} on the command line replaces this area, with its size and its place (${region.allocRanges ? 'alloc-ranges are' : 'the node is'} ignored); remove it from the command line, or linux,cma-default here`,
      related: related(argument.span, `${argument.text} is here`),
      fixes: argument.isExact ? fix(`Remove ${argument.text} from bootargs`, argument.span, '') : [],
    }))
}

const SCARCE = 64 * MiB

/** What nothing else than movable pages or one device can use, of all RAM. */
function starves({ regions, report, memory, args }: CheckContext): Finding[] {
  const ram = bytesIn(memory)
  const takers = [
    ...regions.flatMap((region) =>
      region.placed ? [{ ...sizeOf(region), at: placeOf(region, region.node.reg ? 'reg' : 'size') }] : [],
    ),
    ...(report?.cma ?? [])
      .filter((area) => area.from_node === null)
      .map((area) => ({
        name: area.name,
        bytes: area.size,
        at: args.find(({ name }) => name === 'cma')?.span ?? null,
      })),
  ].sort((a, b) => b.bytes - a.bytes)
  const left = ram - takers.reduce((sum, taker) => sum + taker.bytes, 0)
  const largest = takers[0]
  if (!largest || ram === 0 || (left >= SCARCE && left >= ram / 4)) return []
  if (largest.bytes < ram / 8) return []
  const others = takers.length > 1 ? ` and ${takers.length - 1} more` : ''
  return [
    {
      at: largest.at,
      severity: left < SCARCE / 4 ? 'error' : 'warning',
      message: `${largest.name} (${formatBytes(largest.bytes)})${others} leave ${formatBytes(Math.max(0, left))} of ${formatBytes(ram)} RAM for what the kernel cannot move: page tables, drivers, slab; it runs out of memory while the area is free; make the area smaller`,
      related: takers
        .slice(1, 4)
        .flatMap((taker) => related(taker.at, `${taker.name} takes ${formatBytes(taker.bytes)}`) ?? []),
    },
  ]
}

const sizeOf = (region: Region): { name: string; bytes: Bytes } => ({
  name: region.node.name,
  bytes: region.ranges.length ? bytesIn(region.ranges) : region.placed!.end - region.placed!.start,
})

function withoutCma({ regions, kernel }: CheckContext): Finding[] {
  if (!kernel || kernel.cmaAlign !== null) return []
  return regions
    .filter((region) => region.wantsCma)
    .map((region) => ({
      at: findProperty(region.dt, 'reusable')?.span ?? region.dt.nameSpan,
      message: `${region.node.name}: this kernel has no CMA (CONFIG_DMA_CMA is off), so the region is reserved and lent to nobody; switch it on, or remove the node`,
    }))
}

// prettier-ignore
export const cmaChecks: readonly BoardCheck[] = [
  { code: 'cma-alignment', severity: 'error', title: 'CMA area not aligned to a pageblock', needs: ['kernel'], run: alignment },
  { code: 'alignment-power', severity: 'warning', title: 'alignment is no power of two', needs: [], run: oddAlignment },
  { code: 'page-alignment', severity: 'warning', title: 'Region not aligned to pages', needs: [], run: pageAlignment },
  { code: 'too-many-areas', severity: 'error', title: 'More CMA areas than the kernel has room for', needs: ['kernel', 'boot'], run: slots },
  { code: 'cma-default-overridden', severity: 'warning', title: 'The command line replaces the default area', needs: [], run: overridden },
  { code: 'starved', severity: 'warning', title: 'Areas starve the system', needs: ['ram', 'boot'], run: starves },
  { code: 'no-cma', severity: 'warning', title: 'CMA area on a kernel without CMA', needs: ['kernel'], run: withoutCma },
]
