import type { KnobResult, SizingResult } from '@shared/sizing.ts'
import { formatBytes, KiB } from '@shared/units.ts'

/** What every export says about where its numbers come from; plain lines, to be made comments of any language. */
export function evidenceLines(result: SizingResult): string[] {
  const { inputs, verification } = result
  const lines = [
    `Carveout sizing of ${inputs.board} with ${inputs.workloads.join(', ')}`,
    `kernel ${inputs.kernel}, ${inputs.arch}, ${inputs.pageSize / KiB} KiB pages; inputs ${inputs.digest}`,
    `risk of at most ${percent(inputs.risk)} at ${percent(inputs.confidence)} confidence; seed ${inputs.seed}, up to ${inputs.runs} runs of each size`,
    `verdict: ${result.summary}`,
  ]
  if (verification) {
    const { seeds, bad, runs, low, high } = verification
    lines.push(
      `verified on seeds ${seeds.first} to ${seeds.first + seeds.count - 1}: ${bad} of ${runs} runs went wrong, ${percent(low)} to ${percent(high)}`,
    )
  }
  return lines
}

/** One knob's recommendation in a line. */
export function knobLine({ knob, recommended, state, reason }: KnobResult): string {
  if (state === 'unused') return `${knob.id}: unused, stays at ${formatBytes(knob.current)}`
  const change =
    recommended === null ? 'no recommendation' : `${formatBytes(knob.current)} -> ${formatBytes(recommended)}`
  return `${knob.id}: ${change}; ${reason}`
}

/** What the recommendation of a knob rests on. */
export const evidenceLine = ({ evidence }: KnobResult): string =>
  `largest request ${formatBytes(evidence.largestRequest)}, peak wanted ${formatBytes(evidence.peakWanted)}, peak used ${formatBytes(evidence.peakUsed)}, largest free run never under ${formatBytes(evidence.smallestLargestFree)}`

/** Knobs whose recommendation differs from what the board has. */
export const changed = (result: SizingResult): (KnobResult & { recommended: number })[] =>
  result.knobs.filter(
    (each): each is KnobResult & { recommended: number } =>
      each.recommended !== null && each.recommended !== each.knob.current,
  )

export const percent = (value: number): string => `${Number((value * 100).toPrecision(3))} %`
