import type { RunResult } from '@shared/run.ts'
import type { KnobResult, SizingResult } from '@shared/sizing.ts'
import { formatBytes } from '@shared/units.ts'
import { changed, evidenceLine, evidenceLines, percent } from './evidence.ts'
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
  const title = `Memory sizes for ${result.inputs.board}`
  return `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">\n<title>${escape(title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n${body.filter(Boolean).join('\n')}\n</body>\n</html>\n`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
export const escape = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]!)

const row = (cells: string[], tag = 'td'): string =>
  `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
const table = (head: string[], rows: string[][]): string =>
  `<table><thead>${row(head, 'th')}</thead><tbody>${rows.map((cells) => row(cells)).join('\n')}</tbody></table>`

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

function runSection(title: string, run: RunResult): string {
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
    run.incidents.length > 20 ? `<p>… and ${run.incidents.length - 20} more.</p>` : '',
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

const STYLE = `
:root{color-scheme:light dark;--text:#1c2128;--soft:#57606a;--rule:#d0d7de;--paper:#fff;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--used:#0969da;--run:#8250df}
@media(prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9198a1;--rule:#3d444d;--paper:#0d1117;--good:#3fb950;--bad:#f85149;--warn:#d29922;--used:#4493f8;--run:#ab7df8}}
body{font:14px/1.5 Inter,"Segoe UI",system-ui,sans-serif;color:var(--text);background:var(--paper);max-width:62rem;margin:2rem auto;padding:0 1rem;font-variant-numeric:tabular-nums}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem;border-top:1px solid var(--rule);padding-top:1rem}
code,pre{font-family:"JetBrains Mono",ui-monospace,monospace;font-size:.92em}pre{overflow:auto;border:1px solid var(--rule);padding:.75rem}
table{border-collapse:collapse;margin:.5rem 0}th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--rule);vertical-align:top}td:not(:last-child){white-space:nowrap}th{color:var(--soft);font-weight:500}
.verdict{font-size:1.1rem;padding:.5rem .75rem;border-left:4px solid var(--warn)}.verdict.holds{border-color:var(--good)}.verdict.fails{border-color:var(--bad)}
svg{display:block;max-width:100%;margin:.5rem 0}svg text{font:11px Inter,system-ui,sans-serif;fill:var(--soft)}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}svg,table{break-inside:avoid}}
`
