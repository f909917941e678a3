import type { AreaSeries, Incident } from '@shared/run.ts'
import type { KnobResult } from '@shared/sizing.ts'
import { formatBytes } from '@shared/units.ts'

/** Charts as inline SVG, in the colours of the page around them. Pixel positions are rounded to tenths to keep files small. */
const WIDTH = 720
const HEIGHT = 220
const LEFT = 64
const RIGHT = 16
const TOP = 18
const BOTTOM = 30

const tenth = (value: number): number => Math.round(value * 10) / 10

/** Maps a value of the axis to a pixel. */
type Scale = (value: number) => number

const linear = (from: number, to: number, start: number, end: number): Scale => {
  const span = to - from || 1
  return (value) => tenth(start + ((value - from) / span) * (end - start))
}

function frame(title: string, description: string, body: string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" role="img" aria-label="${attribute(description)}"><text x="${LEFT}" y="12">${attribute(title)}</text>${body.join('')}</svg>`
}

const attribute = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
const line = (x1: number, y1: number, x2: number, y2: number, colour: string, more = ''): string =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="var(--${colour})"${more}/>`
const label = (x: number, y: number, text: string, anchor = 'middle'): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}">${attribute(text)}</text>`

/** Share of bad runs over size, with its interval, the accepted risk and the recommended size. */
export function riskChart({ knob, curve, recommended }: KnobResult, risk: number): string {
  if (!curve.length) return ''
  const sizes = curve.map((point) => point.bytes)
  const x = linear(Math.min(...sizes), Math.max(...sizes), LEFT + 20, WIDTH - RIGHT - 20)
  const y = linear(0, 1, HEIGHT - BOTTOM, TOP + 6)
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    line(LEFT, y(share), WIDTH - RIGHT, y(share), 'rule'),
    label(LEFT - 6, y(share) + 4, `${share * 100} %`, 'end'),
  ])
  const points = curve.map((point) => {
    const colour = point.bytes === recommended ? 'good' : 'used'
    const at = x(point.bytes)
    const share = point.runs ? point.bad / point.runs : 0
    return `${line(at, y(point.low), at, y(point.high), colour, ' stroke-width="2"')}<circle cx="${at}" cy="${y(share)}" r="4" fill="var(--${colour})"><title>${formatBytes(point.bytes)}: ${point.bad} of ${point.runs}</title></circle>`
  })
  const ends = [...new Set([sizes[0]!, ...(recommended === null ? [] : [recommended]), sizes.at(-1)!])].map((bytes) =>
    label(x(bytes), HEIGHT - 12, formatBytes(bytes)),
  )
  const accepted = line(LEFT, y(risk), WIDTH - RIGHT, y(risk), 'bad', ' stroke-dasharray="4 3"')
  return frame(`Runs that go wrong, over the size of ${knob.id}`, `Risk over size of ${knob.id}`, [
    ...grid,
    accepted,
    ...points,
    ...ends,
  ])
}

/** Use and largest free run of an area over time, with the moments of its incidents. */
export function seriesChart(
  area: AreaSeries,
  duration: number,
  incidents: readonly Incident[],
  name = area.name,
): string {
  const x = linear(0, duration, LEFT, WIDTH - RIGHT)
  const y = linear(0, area.bytes, HEIGHT - BOTTOM, TOP + 6)
  const grid = [0, 0.5, 1].flatMap((share) => [
    line(LEFT, y(share * area.bytes), WIDTH - RIGHT, y(share * area.bytes), 'rule'),
    label(LEFT - 6, y(share * area.bytes) + 4, formatBytes(share * area.bytes), 'end'),
  ])
  const marks = incidents
    .slice(0, 500)
    .map((each) =>
      line(
        x(each.time),
        TOP + 6,
        x(each.time),
        HEIGHT - BOTTOM,
        each.kind === 'failure' ? 'bad' : 'warn',
        ' stroke-opacity="0.6"',
      ),
    )
  const times = [0, 0.5, 1].map((share) => label(x(share * duration), HEIGHT - 12, `${(share * duration) / 1e6} s`))
  const path = (column: Float64Array, colour: string): string =>
    `<path d="${steps(area.time, column, x, y)}" fill="none" stroke="var(--${colour})" stroke-width="1.5"/>`
  const title = `${name}: used (blue), largest free run (violet), incidents (red, yellow)`
  return frame(title, `Use of ${area.name} over time`, [
    ...grid,
    ...marks,
    path(area.used, 'used'),
    path(area.largestFree, 'run'),
    ...times,
  ])
}

/** One of the lines of a chart, and what it is called. */
export interface ChartLine {
  name: string
  time: Float64Array
  value: Float64Array
}

/** Several lines on one pair of axes, each with its colour, its dashes and its name at the right. */
export function linesChart(
  title: string,
  lines: readonly ChartLine[],
  duration: number,
  text: (value: number) => string,
): string {
  const most = lines.reduce((top, { value }) => value.reduce((high, each) => Math.max(high, each), top), 0)
  const right = WIDTH - LINE_NAMES
  const x = linear(0, duration, LEFT, right)
  const y = linear(0, most || 1, HEIGHT - BOTTOM, TOP + 6)
  const grid = [0, 0.5, 1].flatMap((share) => [
    line(LEFT, y(share * most), right, y(share * most), 'rule'),
    label(LEFT - 6, y(share * most) + 4, text(share * most), 'end'),
  ])
  const times = [0, 0.5, 1].map((share) => label(x(share * duration), HEIGHT - 12, `${(share * duration) / 1e6} s`))
  const drawn = lines.map(({ time, value }, n) => {
    const dash = n === 0 ? '' : ` stroke-dasharray="${DASHES[n % DASHES.length]}"`
    return `<path d="${steps(time, value, x, y)}" fill="none" stroke="var(--s${n % 8})" stroke-width="1.75"${dash}/>`
  })
  const names = lines.map(({ name }, n) => {
    const at = TOP + 12 + n * 16
    return `${line(right + 10, at - 4, right + 26, at - 4, `s${n % 8}`, ' stroke-width="2"')}${label(right + 32, at, name, 'start')}`
  })
  return frame(title, `${title}: ${lines.map(({ name }) => name).join(', ')}`, [...grid, ...drawn, ...times, ...names])
}

/** Room for the names of lines, in pixels. */
const LINE_NAMES = 160
const DASHES = ['none', '6 3', '2 3', '8 3 2 3']

/** A step line, thinned to what pixels can show: of the samples in one pixel column only the last stays. */
function steps(time: Float64Array, column: Float64Array, x: Scale, y: Scale): string {
  const parts: string[] = []
  time.forEach((moment, i) => {
    const next = time[i + 1]
    if (next !== undefined && Math.round(x(next)) === Math.round(x(moment))) return
    parts.push(parts.length ? `H${x(moment)}V${y(column[i]!)}` : `M${x(moment)} ${y(column[i]!)}`)
  })
  return parts.join('')
}
