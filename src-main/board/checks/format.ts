/** Whether of_reserved_mem.c can read /reserved-memory at all: cells, `ranges`, lengths of properties. */
import type { QuickFix, Span } from '@shared/diagnostics.ts'
import { findChild, findProperty } from '../../devicetree/tree.ts'
import { joinCells } from '../cells.ts'
import { before, fix, type BoardCheck, type CheckContext, type Finding } from './check.ts'
import { cellsText, placeOf, valueSpan } from './region.ts'

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

function rootCells({ board, tree }: CheckContext): Finding[] {
  const reserved = board.reservedMemory
  const node = findChild(tree.root, 'reserved-memory')
  if (!reserved || !node || reserved.nodes.length === 0) return []
  const pairs = [
    ['#address-cells', reserved.addressCells, board.addressCells],
    ['#size-cells', reserved.sizeCells, board.sizeCells],
  ] as const
  return pairs.flatMap(([name, has, wants]) => {
    if (has === wants) return []
    const property = findProperty(node, name)
    const text = `${name} = <${wants}>`
    return [
      {
        at: property?.span ?? node.nameSpan,
        message: `/reserved-memory: ${name} ${has === null ? 'is missing' : `is ${has}`} and the root's is ${wants}, so the kernel does not know the format and ignores every region; write ${text}`,
        fixes: property
          ? fix(`Write ${text}`, property.valueSpan, `<${wants}>`)
          : insertFirst(node.children[0]?.spans[0] ?? null, `Add ${text}`, `${text};`),
      },
    ]
  })
}

function ranges({ board, tree }: CheckContext): Finding[] {
  const node = findChild(tree.root, 'reserved-memory')
  if (!board.reservedMemory || !node || board.reservedMemory.hasRanges || node.children.length === 0) return []
  return [
    {
      at: node.nameSpan,
      message: '/reserved-memory has no `ranges`, so the kernel ignores every region in it; add an empty ranges;',
      fixes: insertFirst(node.children[0]?.spans[0] ?? null, 'Add ranges;', 'ranges;'),
    },
  ]
}

/** Properties go before the first child, at its indentation (a tab a level, as the kernel indents). */
const insertFirst = (child: Span | null, title: string, text: string): QuickFix[] =>
  child ? fix(title, before(child), `${text}\n\n${'\t'.repeat(child.column > 8 ? 2 : child.column - 1)}`) : []

/** `size`, `alignment`: exactly as many cells as the root says. */
function single(context: CheckContext, property: 'size' | 'alignment'): Finding[] {
  const { board, regions } = context
  const [count, cellsName] =
    property === 'size' ? [board.sizeCells, '#size-cells'] : [board.addressCells, '#address-cells']
  return regions.flatMap((region) => {
    const cells = region.node[property]
    if (!cells || cells.length === count || region.node.reg) return []
    return [
      {
        at: placeOf(region, property),
        message: `${region.node.name}: ${property} has ${plural(cells.length, 'cell')} where ${cellsName} of the root is ${count}, so the kernel drops the region; write ${cellsText(joinCells(cells), count)}`,
        fixes: fix(
          `Write ${property} with ${plural(count, 'cell')}`,
          valueSpan(region, property),
          cellsText(joinCells(cells), count),
        ),
      },
    ]
  })
}

/** `reg`, `alloc-ranges`: whole pairs of address and size. */
function pairs(context: CheckContext, property: 'reg' | 'alloc-ranges'): Finding[] {
  const { addressCells, sizeCells } = context.board
  const stride = addressCells + sizeCells
  return context.regions.flatMap((region) => {
    const cells = property === 'reg' ? region.node.reg : region.node.allocRanges
    if (!cells || (cells.length > 0 && cells.length % stride === 0)) return []
    const wants = `an address of ${plural(addressCells, 'cell')} and a size of ${plural(sizeCells, 'cell')}`
    return [
      {
        at: placeOf(region, property),
        message: `${region.node.name}: ${property} has ${plural(cells.length, 'cell')}, which is no multiple of ${stride}, so the kernel drops the region; write ${wants}${oneCellHint(cells, context)}`,
      },
    ]
  })
}

function oneCellHint(cells: number[], { board }: CheckContext): string {
  const isShort = cells.length === 2 && board.addressCells === 2 && board.sizeCells === 2
  return isShort ? `: <0 ${hexCell(cells[0]!)} 0 ${hexCell(cells[1]!)}>` : ''
}
const hexCell = (cell: number): string => '0x' + cell.toString(16)

function nothingAsked({ regions }: CheckContext): Finding[] {
  return regions
    .filter(({ node }) => !node.reg && !node.size)
    .map((region) => ({
      at: region.dt.nameSpan,
      message: `${region.node.name} has neither reg nor size, so nothing is reserved; write reg = <address size> or size = <bytes>`,
    }))
}

function emptySize({ regions }: CheckContext): Finding[] {
  return regions.flatMap((region) => {
    const property = region.node.reg ? 'reg' : 'size'
    const isEmpty = region.node.reg ? region.node.reg.length > 0 && region.ranges.length === 0 : region.size === 0
    if (!isEmpty) return []
    return [
      {
        at: placeOf(region, property),
        message: `${region.node.name}: the size is 0, so nothing is reserved; write how many bytes it needs, or remove the node`,
      },
    ]
  })
}

const withoutEffect = ['size', 'alignment', 'alloc-ranges']

function ignoredBesideReg({ regions }: CheckContext): Finding[] {
  return regions
    .filter(({ node }) => node.reg)
    .flatMap((region) =>
      withoutEffect.flatMap((name) => {
        const property = findProperty(region.dt, name)
        if (!property) return []
        return [
          {
            at: property.span,
            message: `${region.node.name}: reg says where the region is, so ${name} has no effect; remove one of the two`,
            fixes: fix(`Remove ${name}`, property.span, ''),
          },
        ]
      }),
    )
}

// prettier-ignore
export const formatChecks: readonly BoardCheck[] = [
  { code: 'reserved-memory-cells', severity: 'error', title: 'Cells of /reserved-memory differ from the root', needs: [], run: rootCells },
  { code: 'reserved-memory-ranges', severity: 'error', title: '/reserved-memory without ranges', needs: [], run: ranges },
  { code: 'size-cells', severity: 'error', title: 'size with the wrong number of cells', needs: [], run: (context) => single(context, 'size') },
  { code: 'alignment-cells', severity: 'error', title: 'alignment with the wrong number of cells', needs: [], run: (context) => single(context, 'alignment') },
  { code: 'region-reg-cells', severity: 'error', title: 'reg of a region with the wrong number of cells', needs: [], run: (context) => pairs(context, 'reg') },
  { code: 'alloc-ranges-cells', severity: 'error', title: 'alloc-ranges with the wrong number of cells', needs: [], run: (context) => pairs(context, 'alloc-ranges') },
  { code: 'region-without-size', severity: 'warning', title: 'Region with neither reg nor size', needs: [], run: nothingAsked },
  { code: 'region-empty', severity: 'warning', title: 'Region of size 0', needs: [], run: emptySize },
  { code: 'ignored-beside-reg', severity: 'warning', title: 'Property without effect beside reg', needs: [], run: ignoredBesideReg },
]
