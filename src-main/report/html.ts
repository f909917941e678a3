import type { RunResult } from '@shared/run.ts'
import type { KnobResult, SizingResult } from '@shared/sizing.ts'
import { formatBytes, KiB } from '@shared/units.ts'
import { changed, evidenceLine, evidenceLines, percent } from './evidence.ts'
import { escape, htmlPage, htmlTable as table } from './html-page.ts'
import { riskChart, seriesChart } from './svg.ts'

/** What the report shows beside the sizing itself. */
export interface ReportParts {
  result: SizingResult
  /** The same workloads with the board as it is, and with the recommended sizes: drawn side by side. Null: not drawn. */
  before: RunResult | null
  after: RunResult | null
  /** Ready-made exports, shown to be copied. */
  files: { name: string; text: string }[]
}

/** A report as one HTML file: no scripts, nothing fetched, charts as inline SVG; prints on paper as it stands. */
export function htmlOf({ result, before, after, files }: ReportParts): string {
  const body = [
    `<h1>Memory sizes for ${escape(result.inputs.board)}</h1>`,
    `<p class="verdict ${result.verdict}">${escape(result.summary)}</p>`,
    sizesTable(result),
    ...result.knobs.filter(({ state }) => state !== 'unused').map((knob) => knobSection(knob, result)),
    before ? runSection('The board as it is', before) : '',
    after ? runSection('With the recommended sizes', after) : '',
    method(result),
    ...files.map(({ name, text }) => `<h2>${escape(name)}</h2><pre>${escape(text)}</pre>`),
  ]
  return htmlPage(`Memory sizes for ${result.inputs.board}`, body)
}

function sizesTable(result: SizingResult): string {
  const rows = result.knobs.map(({ knob, recommended, state, reason }) => [
    `<code>${escape(knob.id)}</code>`,
    formatBytes(knob.current),
    recommended === null ? '–' : `<b>${formatBytes(recommended)}</b>`,
    state,
    escape(knob.nodePath ?? `${knob.parameter}=`),
    escape(reason),
  ])
  return table(['what', 'today', 'recommended', '', 'set by', 'why'], rows)
}

function knobSection(each: KnobResult, result: SizingResult): string {
  const rows = each.curve.map((point) => [
    formatBytes(point.bytes) + (point.bytes === each.recommended ? ' ◂' : ''),
    String(point.runs),
    String(point.bad),
    point.runs ? percent(point.bad / point.runs) : '–',
    `${percent(point.low)} … ${percent(point.high)}`,
    point.tooLarge ? 'too large: the rest of the system starves or the board does not boot' : '',
  ])
  return [
    `<h2><code>${escape(each.knob.id)}</code></h2>`,
    `<p>${escape(evidenceLine(each))}.</p>`,
    riskChart(each, result.inputs.risk),
    table(['size', 'runs', 'went wrong', 'share', `${percent(result.inputs.confidence)} interval`, ''], rows),
  ].join('\n')
}

/** One run as a page. */
export function runHtml(run: RunResult): string {
  const { board, workloads, seed, kernel, arch, pageSize, digest } = run.inputs
  const inputs = `${workloads.join(', ')}, seed ${seed}; Linux ${kernel}, ${arch}, ${pageSize / KiB} KiB pages; inputs ${digest}`
  const title = `Run of ${board}`
  return htmlPage(title, [`<h1>${escape(title)}</h1>`, `<p>${escape(inputs)}</p>`, runSection('What happened', run)])
}

/** A run as a part of a report: its totals, its areas over time, its first incidents. */
export function runSection(title: string, run: RunResult): string {
  const { calls, failures, fallbacks } = run.totals
  const incidents = run.incidents
    .slice(0, 20)
    .map((each) => [
      `${(each.time / 1e6).toFixed(3)} s`,
      escape(each.device),
      escape(each.stream),
      formatBytes(each.bytes),
      each.kind,
      escape(each.reason),
    ])
  const areas = run.areas.filter((area) => area.time.length && (area.peakUsed > 0 || area.failures > 0))
  return [
    `<h2>${escape(title)}</h2>`,
    `<p>Seed ${run.inputs.seed}: ${calls} calls, ${failures} failures, ${fallbacks} fall-backs.</p>`,
    ...areas.map((area) =>
      seriesChart(
        area,
        run.duration,
        run.incidents.filter((each) => each.area === area.name),
      ),
    ),
    incidents.length ? table(['time', 'device', 'stream', 'size', '', 'why'], incidents) : '',
    failures + fallbacks > 20 ? `<p>… and ${failures + fallbacks - 20} more.</p>` : '',
  ].join('\n')
}

function method(result: SizingResult): string {
  const lines = evidenceLines(result).map((line) => `<li>${escape(line)}</li>`)
  const kept = changed(result).length ? '' : '<p>The board has these sizes already.</p>'
  return `<h2>How this was computed</h2>${kept}
<p>Every candidate size was run with the same seeds on a simulated kernel, so that two sizes differ by nothing but the size. A run counts as gone wrong
when a call fails in an area or falls back from it. Intervals are exact (Clopper–Pearson). The recommended sizes were then run together on seeds that the search had not seen.</p>
<ul>${lines.join('')}</ul>`
}
