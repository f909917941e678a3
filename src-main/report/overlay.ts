import type { Board, ReservedNode } from '@shared/board.ts'
import type { SizingResult } from '@shared/sizing.ts'
import { formatBytes, type Bytes } from '@shared/units.ts'
import { sizeCells, splitCells } from '../sizing/settings.ts'
import { recommendedCmdline } from './bootargs.ts'
import { changed, evidenceLine, evidenceLines, knobLine } from './evidence.ts'

/**
 * The recommendation as a devicetree overlay. Fragments name their targets by path, so that it applies to a blob without `__symbols__`
 * as well; `dtc`, our compiler and `fdtoverlay` take it.
 */
export function overlayOf(board: Board, result: SizingResult): string {
  const changes = changed(result)
  const comment = [
    ...evidenceLines(result),
    '',
    ...changes.flatMap((each) => [knobLine(each), `  ${evidenceLine(each)}`]),
  ]
  const nodes = changes.flatMap(({ knob, recommended }) =>
    knob.nodePath ? [fragment(board, knob.nodePath, recommended)] : [],
  )
  const parameters = changes.some(({ knob }) => knob.parameter) ? [bootargsFragment(board, result)] : []
  const body = [...nodes, ...parameters]
  const nothing = '/* The sizes of the board are right; there is nothing to change. */\n\n&{/} {\n};\n'
  return `${header(comment)}/dts-v1/;\n/plugin/;\n\n${body.length ? body.join('\n') : nothing}`
}

const header = (lines: string[]): string =>
  `/*\n${lines.map((line) => ` * ${line.replaceAll('*/', '* /')}`.trimEnd()).join('\n')}\n */\n`

function fragment(board: Board, path: string, bytes: Bytes): string {
  const node = board.reservedMemory?.nodes.find((each) => each.path === path)
  if (node) return `&{${path}} {\n\t${resized(board, node, bytes)} /* ${formatBytes(bytes)} */\n};\n`
  return board.reservedMemory
    ? `&{/reserved-memory} {\n${newNode(board, path, bytes, '\t')}};\n`
    : newReservedMemory(board, path, bytes)
}

/** The property that gives a node its size. */
export function resized(board: Board, node: ReservedNode, bytes: Bytes): string {
  const { addressCells, sizeCells: count } = board.reservedMemory!
  const [[name, cells]] = Object.entries(sizeCells(node, addressCells ?? 2, count ?? 2, bytes)) as [[string, number[]]]
  return `${name} = ${cellText(cells)};`
}

export const cellText = (cells: readonly number[]): string =>
  `<${cells.map((cell) => `0x${cell.toString(16)}`).join(' ')}>`

/** A shared area for every device without one of its own. */
export function newNode(board: Board, path: string, bytes: Bytes, indent: string): string {
  const count = board.reservedMemory?.sizeCells ?? board.sizeCells
  const lines = [
    `${path.slice(path.lastIndexOf('/') + 1)} {`,
    '\tcompatible = "shared-dma-pool";',
    '\treusable;',
    `\tsize = ${cellText(splitCells(bytes, count))}; /* ${formatBytes(bytes)} */`,
    '\tlinux,cma-default;',
    '};',
  ]
  return lines.map((line) => `${indent}${line}\n`).join('')
}

const newReservedMemory = (board: Board, path: string, bytes: Bytes): string => `&{/} {
\treserved-memory {
\t\t#address-cells = <${board.addressCells}>;
\t\t#size-cells = <${board.sizeCells}>;
\t\tranges;

${newNode(board, path, bytes, '\t\t')}\t};
};
`

/** A boot loader that sets bootargs itself has the last word; the command line is exported by itself as well. */
function bootargsFragment(board: Board, result: SizingResult): string {
  const value = JSON.stringify(recommendedCmdline(board.bootargs, result))
  return `/* Only where the boot loader leaves bootargs alone. */\n&{/} {\n\tchosen {\n\t\tbootargs = ${value};\n\t};\n};\n`
}
