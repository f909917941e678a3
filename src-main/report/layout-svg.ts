import type { Layout, LayoutRegion } from '@shared/layout.ts'
import { kindColors, regionKinds } from '@shared/region-kinds.ts'
import { bytesIn, formatAddress, formatBytes, type Bytes } from '@shared/units.ts'

/**
 * The memory of a board as a picture of its own: banks from low to high addresses, one row a region, so that names never collide. Colours
 * are the lab's and safe for the colour-blind; kinds are named too, for print without colour.
 */
const WIDTH = 960
const ROW = 20
const TOP = 56
const BAR = 120
const GAP = 12

interface Row {
  start: Bytes
  end: Bytes
  name: string
  text: string
  colour: string
}

export function layoutSvg(layout: Layout): string {
  const rows = rowsOf(layout)
  const height = TOP + rows.length * ROW + GAP
  const head = [
    text(
      16,
      22,
      `${layout.model || 'board'} on Linux ${layout.kernel}, ${layout.arch}`,
      'font-size="15" font-weight="600"',
    ),
    text(
      16,
      42,
      `${formatBytes(ram(layout))} of RAM in ${layout.banks.length} bank(s), ${formatBytes(layout.pageSize)} pages; ${layout.cmdline || 'no command line'}`,
      'fill="#555"',
    ),
  ]
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escape(layout.model)}</title><rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...head,
    ...rows.map((row, n) => rowSvg(row, TOP + n * ROW, layout)),
    '</svg>',
  ].join('\n')
}

const ram = ({ banks }: Layout): Bytes => bytesIn(banks)

/** Regions by address with what is free between them, bank by bank. */
function rowsOf({ banks, regions }: Layout): Row[] {
  return banks.flatMap((bank) => {
    const rows: Row[] = []
    let at = bank.start
    for (const region of regions.filter((candidate) => candidate.start < bank.end && candidate.end > bank.start)) {
      if (region.start > at) rows.push(free(at, region.start))
      rows.push(regionRow(region))
      at = Math.max(at, region.end)
    }
    if (at < bank.end) rows.push(free(at, bank.end))
    return rows
  })
}

const free = (start: Bytes, end: Bytes): Row => ({ start, end, name: 'free', text: '', colour: '#eef2f6' })

const regionRow = ({ start, end, name, kind, dynamic, devices }: LayoutRegion): Row => ({
  start,
  end,
  name,
  colour: kindColors.light[regionKinds[kind].color],
  text: [
    regionKinds[kind].label,
    ...(dynamic ? ['placed by the kernel'] : []),
    ...(devices.length ? [`for ${devices.join(', ')}`] : []),
  ].join(', '),
})

function rowSvg(row: Row, y: number, layout: Layout): string {
  const share = (row.end - row.start) / ram(layout)
  const bar = Math.max(2, Math.round(share * BAR))
  const range = `${formatAddress(row.start)} … ${formatAddress(row.end - 1)}`
  return [
    `<rect x="16" y="${y + 3}" width="${bar}" height="${ROW - 6}" fill="${row.colour}"/>`,
    text(16 + BAR + GAP, y + 15, range, 'font-family="monospace" font-size="11"'),
    text(430, y + 15, formatBytes(row.end - row.start), 'text-anchor="end"'),
    text(446, y + 15, row.name, 'font-weight="600"'),
    text(610, y + 15, row.text, 'fill="#555"'),
  ].join('')
}

const text = (x: number, y: number, content: string, more: string): string =>
  `<text x="${x}" y="${y}" ${more}>${escape(content)}</text>`
const escape = (content: string): string => content.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
