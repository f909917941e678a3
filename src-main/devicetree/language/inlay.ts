import type { Span } from '@shared/diagnostics.ts'
import type { InlayHint } from '@shared/language.ts'
import { formatAddress, formatBytes } from '@shared/units.ts'
import { type DtNode, type DtProperty, findChild, findProperty } from '../tree.ts'
import { cellsOf, join, rangesOf, rangeText, textOf } from './decode.ts'
import type { Snapshot } from './snapshot.ts'

/** Sizes and landing addresses at the end of the lines that ask for them. */
export function inlayHintsOf(snapshot: Snapshot, file: string): InlayHint[] {
  const { root } = snapshot.tree
  const regions = findChild(root, 'reserved-memory')?.children ?? []
  const banks = root.children.filter((node) => textOf(findProperty(node, 'device_type')) === 'memory')
  const chosen = findChild(root, 'chosen')
  return [
    ...regions.flatMap((node) => regionHints(snapshot, node)),
    ...banks.flatMap((node) => rangeHints(node, 'reg')),
    ...(chosen ? argumentHints(snapshot, chosen) : []),
  ].filter((hint) => hint.file === file)
}

function regionHints(snapshot: Snapshot, node: DtNode): InlayHint[] {
  const size = findProperty(node, 'size')
  const landing = snapshot.landing(node.path)
  const where = !landing || landing.start === landing.end ? (landing?.note ?? '') : `→ ${formatAddress(landing.start)}`
  return [
    ...(size && !findProperty(node, 'reg')
      ? hintAfter(size, `${formatBytes(join(cellsOf(size)))} ${where}`.trim(), landing?.note ?? '')
      : []),
    ...rangeHints(node, 'reg', landing?.note),
    ...rangeHints(node, 'alloc-ranges'),
  ]
}

function rangeHints(node: DtNode, name: string, note = ''): InlayHint[] {
  const property = findProperty(node, name)
  const ranges = property ? rangesOf(node, name).filter((range) => range.size > 0) : []
  if (!property || ranges.length === 0 || ranges.length > 4) return []
  const text = ranges.map((range) => formatBytes(range.size)).join(', ')
  return hintAfter(property, text, [note, ...ranges.map(rangeText)].filter(Boolean).join('\n\n'))
}

const hintAfter = ({ valueSpan }: DtProperty, label: string, tooltip: string): InlayHint[] =>
  valueSpan ? [{ file: valueSpan.file, line: valueSpan.endLine, column: valueSpan.endColumn, label, tooltip }] : []

/** Behind words of the command line whose effect has a size and a place. */
function argumentHints(snapshot: Snapshot, chosen: DtNode): InlayHint[] {
  const bootargs = findProperty(chosen, 'bootargs')
  const value = bootargs?.valueSpan
  if (!bootargs || !value || value.line !== value.endLine) return []
  const text = snapshot
    .text(value.file)
    .slice(
      snapshot.offset(value.file, value.line, value.column),
      snapshot.offset(value.file, value.line, value.endColumn),
    )
  return [...text.matchAll(/\b(cma|swiotlb)=([^\s"]+)/g)].flatMap((match) => {
    const landing = snapshot.argumentLanding(match[1]!)
    if (!landing) return []
    const column = value.column + match.index + match[0].length
    return [
      {
        ...place(value, column),
        label: `${formatBytes(landing.end - landing.start)} → ${formatAddress(landing.start)}`,
        tooltip: landing.note,
      },
    ]
  })
}

const place = ({ file, line }: Span, column: number) => ({ file, line, column })
