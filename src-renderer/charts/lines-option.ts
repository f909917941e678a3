import { themes, ownerColors, type ThemeName } from '../theme/tokens.ts'
import { chartFrame, stepLine, type Frame } from './chart-frame.ts'
import type { ChartOption } from './echarts.ts'

export interface NamedLine {
  name: string
  points: [number, number][]
}

const DASHES = ['solid', 'dashed', 'dotted', [8, 3, 2, 3]] as const

/** Several lines on one pair of axes; colours and dashes in their order, so that the same name looks the same beside the chart. */
export function linesOption(lines: readonly NamedLine[], frame: Omit<Frame, 'yMax'>): ChartOption {
  const most = lines.reduce((top, { points }) => points.reduce((high, [, y]) => Math.max(high, y), top), 0)
  const { text } = themes[frame.theme]
  const step = niceStep(most)
  return {
    ...chartFrame({ ...frame, yMax: Math.max(1, Math.ceil((most * 1.02) / step)) * step, yStep: step }),
    series: lines.map(({ name, points }, index) => {
      const color = colorOf(frame.theme, index)
      const type = DASHES[index % DASHES.length] as 'solid'
      return stepLine(name, points, color, { lineStyle: { color, width: 1.75, type }, endLabel: { color: text } })
    }),
  }
}

/** How the key of a line looks. */
export interface LineKey {
  name: string
  color: string
  look: 'solid' | 'dashed' | 'dotted' | 'double'
}

const LOOKS = ['solid', 'dashed', 'dotted', 'double'] as const

/** The keys of `linesOption`'s lines, in their order. */
export const lineKeys = (lines: readonly { name: string }[], theme: ThemeName): LineKey[] =>
  lines.map(({ name }, index) => ({ name, color: colorOf(theme, index), look: LOOKS[index % LOOKS.length]! }))

const colorOf = (theme: ThemeName, index: number): string => {
  const colors = ownerColors[theme]
  return colors[index % colors.length]!
}

/** About four lines across: in powers of two where the values are large, as sizes are, else in ones. */
const niceStep = (most: number): number =>
  most <= 4 ? 1 : most > 1e5 ? 2 ** Math.round(Math.log2(most / 4)) : Math.ceil(most / 4)
