import type { Explanation, RunResult } from '@shared/run.ts'
import type { Knob } from '@shared/sizing.ts'
import { alignUp, type Bytes } from '@shared/units.ts'
import { explainCall } from '../workload/explain.ts'
import type { RecordedCall } from '../workload/record.ts'
import { runFully, type RunInput } from '../workload/run.ts'
import { knobsOf } from './knobs.ts'
import { applySettings } from './settings.ts'

/** An area is tried with up to this many times its size. */
const LARGEST_FACTOR = 8

/**
 * Why a call of a run went as it did. The run is made again to see it, and with larger areas to find the smallest one with which the
 * same request would have been served. Null when the run has no such call.
 */
export async function explainRun(input: RunInput, call: number): Promise<Explanation | null> {
  const { result, recorded } = await runFully({ ...input, detail: 'full', watchCall: call, end: 'watchCall' })
  const found = recorded.find((each) => each.call === call)
  if (!found) return null
  const knobs = knobsOf(input.board, input.machine, result.boot, result.inputs.arch)
  const tryLarger = (area: string): Promise<{ bytes: Bytes | null; limit: Bytes }> =>
    smallestServing(
      input,
      result,
      found,
      knobs.find(({ areas }) => areas.includes(area)),
    )
  return explainCall(found, { board: input.board, cmdline: result.inputs.cmdline, tryLarger })
}

/** Doubles the size until the request is served, then halves the gap down to one granule. */
async function smallestServing(
  input: RunInput,
  today: RunResult,
  call: RecordedCall,
  knob: Knob | undefined,
): Promise<{ bytes: Bytes | null; limit: Bytes }> {
  if (!knob) return { bytes: null, limit: 0 }
  const { granule } = knob
  let low = knob.current
  let high = 0
  const limit = alignUp(Math.max(knob.current * LARGEST_FACTOR, call.bytes * LARGEST_FACTOR), granule)
  for (
    let bytes = alignUp(Math.max(low * 1.25, low + call.bytes), granule);
    bytes <= limit && !high;
    bytes = alignUp(bytes * 2, granule)
  ) {
    if (await isServed(input, call, knob, bytes)) high = bytes
    else low = bytes
  }
  if (!high)
    return { bytes: null, limit: Math.max(low, today.areas.find(({ name }) => knob.areas.includes(name))?.bytes ?? 0) }
  while (high - low > granule) {
    const middle = alignUp((low + high) / 2, granule)
    if (middle >= high) break
    if (await isServed(input, call, knob, middle)) high = middle
    else low = middle
  }
  return { bytes: high, limit }
}

/** Whether the same request is served from where it should be: the same step of the timeline, whatever its number is then. */
async function isServed(input: RunInput, { step, verb }: RecordedCall, knob: Knob, bytes: Bytes): Promise<boolean> {
  const changed = applySettings(input.board, input.machine, [{ knob, bytes }])
  const { result, recorded } = await runFully({ ...input, ...changed, detail: 'full', watch: [step], end: step })
  const same = recorded.find((each) => each.step === step && each.verb === verb)
  return same !== undefined && !result.incidents.some((incident) => incident.call === same.call)
}
