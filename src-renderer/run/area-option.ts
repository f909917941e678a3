import type { AreaSeries } from '@shared/run.ts'
import { formatBytes } from '@shared/units.ts'
import { formatTime } from '@shared/words.ts'
import { chartFrame, stepLine } from '../charts/chart-frame.ts'
import type { ChartOption } from '../charts/echarts.ts'
import { themes, type ThemeName } from '../theme/tokens.ts'
import { thin } from './series.ts'

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
  const line = (name: string, values: Float64Array, color: string, more: object = {}) =>
    stepLine(name, thin(area.time, values, 0, duration, buckets), color, more)
  const wanted = area.largestRequest
  return {
    ...chartFrame({
      theme,
      xMax: duration,
      xText: formatTime,
      yMax: area.bytes,
      yStep: niceStep(area.bytes, size.height),
      yText: formatBytes,
      valueText: formatBytes,
    }),
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
                  backgroundColor: c.panel,
                  padding: [1, 3],
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
