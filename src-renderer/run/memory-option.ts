import { formatBytes, type Bytes } from '@shared/units.ts'
import { chartFrame, stepLine } from '../charts/chart-frame.ts'
import type { ChartOption } from '../charts/echarts.ts'
import { themes, type ThemeName } from '../theme/tokens.ts'

/** Free memory of one zone along an axis: time in a run, calls in a tour. */
export interface MemoryLines {
  x: ArrayLike<number>
  xMax: number
  xText: (value: number) => string
  free: ArrayLike<Bytes>
  freeCma: ArrayLike<Bytes>
  minBytes: Bytes
}

/**
 * What is free, how much of it lies in CMA areas, what that leaves for requests that cannot use areas, and the watermark: such requests
 * fail once the third is below the last, whatever the first says.
 */
export function memoryOption({ x, xMax, xText, free, freeCma, minBytes }: MemoryLines, theme: ThemeName): ChartOption {
  const c = themes[theme]
  const pairs = (of: (index: number) => number): [number, number][] =>
    Array.from({ length: x.length }, (_, index) => [x[index]!, of(index)])
  const most = Array.from(free).reduce((top, each) => Math.max(top, each), minBytes * 2)
  const step = 2 ** Math.max(20, Math.round(Math.log2(most / 4)))
  return {
    ...chartFrame({
      theme,
      xMax,
      xText,
      yMax: Math.ceil((most * 1.05) / step) * step,
      yStep: step,
      yText: formatBytes,
      valueText: formatBytes,
    }),
    series: [
      stepLine(
        'free',
        pairs((at) => free[at]!),
        c.textMuted,
        { areaStyle: { color: c.textMuted, opacity: 0.1 } },
      ),
      stepLine(
        'free in areas',
        pairs((at) => freeCma[at]!),
        c.cma,
        {
          areaStyle: { color: c.cma, opacity: 0.22 },
          lineStyle: { color: c.cma, width: 1.5, type: 'dashed' },
        },
      ),
      stepLine(
        'free outside areas',
        pairs((at) => free[at]! - freeCma[at]!),
        c.declared,
        {
          lineStyle: { color: c.declared, width: 2 },
          markLine: {
            silent: true,
            symbol: 'none',
            lineStyle: { color: c.danger, type: 'dashed', width: 1 },
            label: {
              formatter: `watermark ${formatBytes(minBytes)}`,
              position: 'insideEndTop',
              color: c.danger,
              fontSize: 10.5,
              backgroundColor: c.panel,
              padding: [1, 3],
            },
            data: [{ yAxis: minBytes }],
          },
        },
      ),
    ],
  }
}
