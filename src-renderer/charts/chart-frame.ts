import { themes, type ThemeName } from '../theme/tokens.ts'
import type { ChartOption } from './echarts.ts'

/** Where the plot begins and ends inside a chart, so that what lies below it can line up. */
export const plotInset = { left: 56, right: 16 }

export interface Frame {
  theme: ThemeName
  /** From 0 to here; how a place on the axis is written. */
  xMax: number
  xText: (value: number) => string
  yMax: number
  yStep?: number
  yText: (value: number) => string
  /** How a value is written where there is room; as on the axis unless said. */
  valueText?: (value: number) => string
  /** Room for names at the right, in pixels. */
  right?: number
}

/** Axes, grid and tooltip as every chart of the lab has them. */
export function chartFrame({
  theme,
  xMax,
  xText,
  yMax,
  yStep,
  yText,
  valueText = yText,
  right = plotInset.right,
}: Frame): ChartOption {
  const c = themes[theme]
  const label = { color: c.textFaint, fontSize: 10.5 }
  return {
    animation: false,
    grid: { left: plotInset.left, right, top: 14, bottom: 22 },
    tooltip: {
      trigger: 'axis',
      backgroundColor: c.raised,
      borderColor: c.ruleStrong,
      textStyle: { color: c.text, fontSize: 12, fontFamily: 'Inter Variable' },
      axisPointer: { lineStyle: { color: c.textFaint } },
      valueFormatter: (value) => valueText(Number(value)),
    },
    xAxis: {
      type: 'value',
      min: 0,
      max: xMax,
      axisLine: { lineStyle: { color: c.ruleStrong } },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: { ...label, formatter: (value: number) => xText(value), showMaxLabel: false },
      axisPointer: { label: { formatter: ({ value }) => xText(Number(value)) } },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: yMax,
      ...(yStep === undefined ? {} : { interval: yStep }),
      axisLabel: { ...label, formatter: (value: number) => yText(value) },
      splitLine: { lineStyle: { color: c.rule } },
    },
  }
}

/** A step line; `values` are pairs of x and y. */
export const stepLine = (name: string, data: [number, number][], color: string, more: object = {}) => ({
  type: 'line' as const,
  name,
  step: 'end' as const,
  symbol: 'none',
  data,
  lineStyle: { color, width: 1.5 },
  itemStyle: { color },
  emphasis: { disabled: true },
  ...more,
})
