import type { AreaSeries } from '@shared/run.ts'
import { formatBytes, MiB } from '@shared/units.ts'
import { formatTime } from '@shared/words.ts'
import type { ChartOption } from '../charts/echarts.ts'
import { themes, type ThemeName } from '../theme/tokens.ts'
import { thin } from './series.ts'

/** Where the plot begins and ends inside the chart, so that the strips below line up with it. */
export const plotInset = { left: 56, right: 16 }

/**
 * The chart of one area: what is in use (filled), what is free, the largest free run, what is free but too scattered to serve the largest
 * request, and that request as the line that the run must stay above.
 */
export function areaOption(
  area: AreaSeries,
  duration: number,
  theme: ThemeName,
  size: { width: number; height: number },
): ChartOption {
  const c = themes[theme]
  const buckets = Math.max(50, Math.floor(size.width / 2))
  const line = (name: string, values: Float64Array, color: string, more: object = {}) => ({
    type: 'line' as const,
    name,
    step: 'end' as const,
    symbol: 'none',
    data: thin(area.time, values, 0, duration, buckets),
    lineStyle: { color, width: 1.5 },
    itemStyle: { color },
    emphasis: { disabled: true },
    ...more,
  })
  const wanted = area.largestRequest
  return {
    animation: false,
    grid: { left: plotInset.left, right: plotInset.right, top: 14, bottom: 22 },
    tooltip: {
      trigger: 'axis',
      backgroundColor: c.raised,
      borderColor: c.ruleStrong,
      textStyle: { color: c.text, fontSize: 12, fontFamily: 'Inter Variable' },
      axisPointer: { lineStyle: { color: c.textFaint } },
      valueFormatter: (value) => formatBytes(Number(value)),
    },
    xAxis: {
      type: 'value',
      min: 0,
      max: duration,
      axisLine: { lineStyle: { color: c.ruleStrong } },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: {
        color: c.textFaint,
        fontSize: 10.5,
        formatter: (value: number) => formatTime(value),
        showMaxLabel: false,
      },
      axisPointer: { label: { formatter: ({ value }) => formatTime(Number(value)) } },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: area.bytes,
      interval: niceStep(area.bytes, size.height),
      axisLabel: { color: c.textFaint, fontSize: 10.5, formatter: (value: number) => `${Math.round(value / MiB)} MiB` },
      splitLine: { lineStyle: { color: c.rule } },
    },
    series: [
      line('in use', area.used, c.cma, { areaStyle: { color: c.cma, opacity: 0.22 } }),
      line('free, too scattered', area.unusable, c.warn, { areaStyle: { color: c.warn, opacity: 0.16 } }),
      line('largest free run', area.largestFree, c.declared, {
        lineStyle: { color: c.declared, width: 2 },
        markLine:
          wanted > 0
            ? {
                silent: true,
                symbol: 'none',
                lineStyle: { color: c.danger, type: 'dashed', width: 1 },
                label: {
                  formatter: `largest request ${formatBytes(wanted)}`,
                  position: 'insideEndTop',
                  color: c.danger,
                  fontSize: 10.5,
                },
                data: [{ yAxis: wanted }],
              }
            : undefined,
      }),
      line('free', area.free, c.textFaint, { lineStyle: { color: c.textFaint, width: 1, type: 'dotted' } }),
    ],
  }
}

/** About four lines across, at a power of two: sizes are read in powers of two. */
const niceStep = (bytes: number, height: number): number =>
  2 ** Math.max(12, Math.round(Math.log2(bytes / (height < 130 ? 2 : 4))))
