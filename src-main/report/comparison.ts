import { comparisonRows, fallbackWarnings, outcomeText, valueText, type Comparison } from '@shared/comparison.ts'
import { wrongSoFar } from '@shared/incidents.ts'
import type { AreaSeries, RunResult } from '@shared/run.ts'
import { formatBytes, KiB } from '@shared/units.ts'
import { verdictOf } from '@shared/verdict.ts'
import { areaLabel, formatTime } from '@shared/words.ts'
import { csvText } from './csv.ts'
import { escape, htmlPage, htmlTable } from './html-page.ts'
import { table } from './markdown.ts'
import { linesChart, seriesChart } from './svg.ts'

/** A comparison as text for a merge request or a wiki. */
export function comparisonMarkdown(comparison: Comparison): string {
  const parts = [
    `# ${titleOf(comparison)}`,
    table(
      ['variant', 'verdict'],
      comparison.variants.map(({ label, run }) => [label, fateOf(run)]),
    ),
    '## First difference',
    ...firstLines(comparison),
    '## Side by side',
    table(['', ...labelsOf(comparison)], rowsOf(comparison)),
    ...warningLines(comparison),
    '## Inputs',
    comparison.variants.map((variant) => `- ${inputLine(variant)}`).join('\n'),
  ]
  return `${parts.join('\n\n')}\n`
}

/** The same as one HTML file, with the areas of every variant over time. */
export function comparisonHtml(comparison: Comparison): string {
  const rows = (cells: string[][]) => cells.map((row) => row.map(escape))
  const fates = comparison.variants.map(({ label, run }) => [label, fateOf(run)])
  return htmlPage(titleOf(comparison), [
    `<h1>${escape(titleOf(comparison))}</h1>`,
    htmlTable(['variant', 'verdict'], rows(fates)),
    '<h2>First difference</h2>',
    ...firstLines(comparison).map((line) => `<p>${escape(line)}</p>`),
    '<h2>Side by side</h2>',
    htmlTable(['', ...labelsOf(comparison).map(escape)], rows(rowsOf(comparison))),
    ...warningLines(comparison).map((each) => `<p>${escape(each)}</p>`),
    '<h2>On one axis</h2>',
    ...sharedCharts(comparison).map(({ chart }) => chart),
    ...usedAreas(comparison).flatMap((name) => [`<h2>${escape(areaLabel(name))}</h2>`, ...chartsOf(comparison, name)]),
    '<h2>Inputs</h2>',
    `<ul>${comparison.variants.map((variant) => `<li>${escape(inputLine(variant))}</li>`).join('')}</ul>`,
  ])
}

/** A row a figure, a column a variant; bytes as numbers, empty where a variant has no such thing or did not boot. */
export const comparisonCsv = (comparison: Comparison): string =>
  csvText([
    ['figure', 'unit', ...labelsOf(comparison)],
    ...comparisonRows(comparison).map(({ name, unit, values }) => [name, unit, ...values]),
  ])

/** All variants on one axis: what went wrong so far, and the use of each area that more than one of them has. */
export function sharedCharts({ variants }: Comparison): { name: string; chart: string }[] {
  const booted = variants.filter(({ run }) => run.booted)
  const duration = booted.reduce((longest, { run }) => Math.max(longest, run.duration), 0)
  const wrong = booted.map(({ label, run }) => ({ name: label, ...wrongSoFar(run) }))
  const charts = [
    { name: 'failures and fall-backs', chart: linesChart('Failures and fall-backs so far', wrong, duration, String) },
  ]
  for (const name of usedAreas({ variants })) {
    const lines = booted.flatMap(({ label, run }) => {
      const area = run.areas.find((each) => each.name === name)
      return area ? [{ name: label, time: area.time, value: area.used }] : []
    })
    if (lines.length < 2) continue
    const title = `${areaLabel(name)}: in use`
    charts.push({ name: title, chart: linesChart(title, lines, duration, formatBytes) })
  }
  return charts
}

/** What each variant warns of where a switch to CMA or to the carve-out API falls back. */
export function warningLines({ variants }: Comparison): string[] {
  return variants.flatMap(({ label, run }) =>
    fallbackWarnings(run).map(
      ({ device, count, bytes, text }) =>
        `${label} warns ${count === 1 ? 'once' : `${count} times`} for ${device}, ${formatBytes(bytes)} in all: ${text}`,
    ),
  )
}

/** The areas that any variant uses, each variant's chart as a file. */
export const comparisonCharts = ({ variants }: Comparison): { name: string; chart: string }[] =>
  sharedCharts({ variants }).concat(
    variants.flatMap(({ label, run }) =>
      run.areas
        .filter(isDrawn)
        .map((area) => ({ name: `${label} ${areaLabel(area.name)}`, chart: chartOf(area, run) })),
    ),
  )

export const chartOf = (area: AreaSeries, run: RunResult, title?: string): string =>
  seriesChart(
    area,
    run.duration,
    run.incidents.filter((incident) => incident.area === area.name),
    title,
  )

/** Areas that something happened in. */
export const isDrawn = (area: AreaSeries): boolean =>
  area.kind !== 'zone' && area.time.length > 0 && (area.peakUsed > 0 || area.failures > 0)

const labelsOf = ({ variants }: Comparison): string[] => variants.map(({ label }) => label)
const titleOf = (comparison: Comparison): string => `Comparison: ${labelsOf(comparison).join(', ')}`
const fateOf = (run: RunResult): string => (run.panic ? `does not boot: ${run.panic}` : verdictOf(run).verdict)
const rowsOf = (comparison: Comparison): string[][] =>
  comparisonRows(comparison).map(({ name, unit, values }) => [name, ...values.map((value) => valueText(value, unit))])

function firstLines({ variants, first, differing = 0 }: Comparison): string[] {
  if (first === undefined) return ['Not looked for: the comparison was made by an older version.']
  if (first === null) return ['The same requests fail and fall back in every variant.']
  const { verb, bytes, device, stream, time, outcomes } = first
  const sides = outcomes.map((outcome, at) => {
    const why = outcome?.reason ? `: ${outcome.reason}` : ''
    return `${variants[at]?.label}: ${outcomeText(outcome)}${why}`
  })
  const more = differing > 1 ? [`${(differing - 1).toLocaleString('en')} more requests differ.`] : []
  return [`${verb} of ${formatBytes(bytes)} by ${device}, ${stream}, at ${formatTime(time)}`, ...sides, ...more]
}

const usedAreas = ({ variants }: Comparison): string[] => [
  ...new Set(variants.flatMap(({ run }) => run.areas.filter(isDrawn).map(({ name }) => name))),
]
const chartsOf = ({ variants }: Comparison, name: string): string[] =>
  variants.flatMap(({ label, run }) =>
    run.areas.filter((area) => area.name === name && isDrawn(area)).map((area) => chartOf(area, run, label)),
  )

function inputLine({ label, run }: Comparison['variants'][number]): string {
  const { board, workloads, seed, kernel, arch, pageSize, digest } = run.inputs
  return `${label}: ${board} with ${workloads.join(', ')}, seed ${seed}; Linux ${kernel}, ${arch}, ${pageSize / KiB} KiB pages; inputs ${digest}`
}
