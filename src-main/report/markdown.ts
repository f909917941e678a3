import type { SizingResult } from '@shared/sizing.ts'
import { formatBytes } from '@shared/units.ts'
import { evidenceLine, evidenceLines, percent } from './evidence.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|')
const row = (cells: string[]): string => `| ${cells.map(cell).join(' | ')} |`
/** A Markdown table; bars inside cells are escaped. */
export const table = (head: string[], rows: string[][]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')

/** The recommendation as Markdown, for a merge request or a wiki. */
export function markdownOf(result: SizingResult): string {
  const sizes = result.knobs.map(({ knob, recommended, state, reason }) => [
    `\`${knob.id}\``,
    formatBytes(knob.current),
    recommended === null ? '–' : formatBytes(recommended),
    state,
    `\`${knob.nodePath ?? `${knob.parameter}=`}\``,
    reason,
  ])
  const curves = result.knobs
    .filter(({ state }) => state !== 'unused')
    .map((each) => {
      const points = each.curve.map((point) => [
        formatBytes(point.bytes),
        String(point.runs),
        String(point.bad),
        `${percent(point.low)} … ${percent(point.high)}`,
      ])
      return `## \`${each.knob.id}\`\n\n${evidenceLine(each)}.\n\n${table(['size', 'runs', 'went wrong', `${percent(result.inputs.confidence)} interval`], points)}`
    })
  const parts = [
    `# Memory sizes for ${result.inputs.board}`,
    `**${result.summary}**`,
    table(['what', 'today', 'recommended', '', 'set by', 'why'], sizes),
    ...curves,
    '## Evidence',
    evidenceLines(result)
      .map((line) => `- ${line}`)
      .join('\n'),
  ]
  return `${parts.join('\n\n')}\n`
}
