import type { KernelEvent } from '@shared/run.ts'
import { parseBytes } from '@shared/units.ts'
import type { RecordedCall } from './record.ts'
import { Recorder } from './recorder.ts'
import type { ReplayDocument } from './replay/replay.ts'

/** What is recorded of an answer; the rest of it is the recordings' own. */
type Answer = ReplayDocument['answers'][number]

/** Where each verb has its device, the name of its buffer, size, flags and attributes. -1: nowhere. */
const FORMS: Record<string, { device: number; id: number; bytes: number; gfp: number; attrs: number }> = {
  alloc: { device: 0, id: 1, bytes: 2, gfp: 3, attrs: 4 },
  pages: { device: 0, id: 1, bytes: 2, gfp: 3, attrs: -1 },
  noncontig: { device: 0, id: 1, bytes: 2, gfp: 3, attrs: -1 },
  buf: { device: -1, id: 0, bytes: 1, gfp: 2, attrs: -1 },
  map: { device: 0, id: 1, bytes: 4, gfp: -1, attrs: 6 },
  mapphys: { device: 0, id: 1, bytes: 3, gfp: -1, attrs: -1 },
  mapsg: { device: 0, id: 1, bytes: 3, gfp: 4, attrs: -1 },
  cma_alloc: { device: 0, id: 1, bytes: 2, gfp: -1, attrs: -1 },
}

/**
 * The calls of a replay with what decided each, for `explain`. `events`: everything that the kernel told, in order; calls go by the
 * line of the script. Areas are followed through their events, so that each call knows what was free when it was made.
 */
export function recordReplay(document: ReplayDocument, events: readonly KernelEvent[]): RecordedCall[] {
  if (!document.boot) return []
  const recorder = new Recorder(1, true, () => true)
  recorder.booted(document.boot)
  const groups = groupByCall(events)
  for (const event of groups.get(-1) ?? []) recorder.sink(event)
  document.answers.forEach((answer, index) =>
    recordAnswer(recorder, answer, groups.get(index) ?? [], document.boot!.kernel.page_size ?? 4096),
  )
  return recorder.recorded
}

function groupByCall(events: readonly KernelEvent[]): Map<number, KernelEvent[]> {
  const groups = new Map<number, KernelEvent[]>()
  for (const event of events) {
    const group = groups.get(event.call)
    if (group) group.push(event)
    else groups.set(event.call, [event])
  }
  return groups
}

function recordAnswer(recorder: Recorder, answer: Answer, events: readonly KernelEvent[], pageBytes: number): void {
  const [verb = '', ...args] = answer.cmd.split(/\s+/)
  const form = FORMS[verb]
  if (!form) return events.forEach((event) => recorder.sink(event))
  const word = (index: number): string => args[index] ?? ''
  const bytes = (parseBytes(word(form.bytes)) ?? 0) * (verb === 'cma_alloc' ? pageBytes : 1)
  const time = events[0]?.time ?? 0
  recorder.begin({
    call: answer.line,
    step: -1,
    time,
    device: word(form.device),
    stream: word(form.id),
    verb,
    bytes,
    gfp: word(form.gfp),
    attrs: word(form.attrs),
  })
  events.forEach((event) => recorder.sink(event))
  const { ok, errno, from, virt } = answer as { ok: boolean; errno?: number; from?: string; virt?: string }
  recorder.end({ ok, errno: errno ?? 0, source: from ?? null, virt })
}
