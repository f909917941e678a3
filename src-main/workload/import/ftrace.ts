/**
 * Text of ftrace (`trace`), of `trace-cmd report` and of `perf script`: one event a line,
 * `TASK-PID [CPU] FLAGS SECONDS: EVENT: FIELDS`. Lines of other forms are no events; whether that matters, the caller knows.
 */
import type { Microseconds } from '@shared/units.ts'

export interface TraceEvent {
  /** Counts from 1. */
  line: number
  pid: number
  /** The task is one of the kernel's own workers. */
  worker: boolean
  time: Microseconds
  name: string
  /** What follows the event's name. */
  text: string
  /** `key=value` of it; values are words. */
  fields: ReadonlyMap<string, string>
}

/** The task's name has 15 characters at most; perf puts blanks before the process's number, and the subsystem before the event. */
const EVENT =
  /^\s{0,40}\S.{0,23}?[-\s]\s{0,8}(\d{1,10})\s+(?:\([^)]{0,12}\)\s+)?(?:\[\d{1,5}\]\s+)?(?:[\w.#]{3,8}\s+)?(\d{1,12}\.\d{1,9}):\s+(?:\d+\s+)?(?:\w{1,20}:)?(\w{1,60}):\s?(.*)$/

/** The event of a line, null where it holds none. */
export function readEvent(text: string, line: number): TraceEvent | null {
  const found = EVENT.exec(text)
  if (!found) return null
  const [, pid = '', seconds = '', name = '', rest = ''] = found
  const worker = /^\s*kworker\//.test(text)
  return {
    line,
    pid: Number(pid),
    worker,
    time: Math.round(Number(seconds) * 1e6),
    name,
    text: rest,
    fields: fieldsOf(rest),
  }
}

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const word of text.split(/\s+/)) {
    const at = word.indexOf('=')
    if (at > 0 && !fields.has(word.slice(0, at))) fields.set(word.slice(0, at), word.slice(at + 1))
  }
  return fields
}

/** Subsystems whose events a script is made of. */
export const isOfDma = (name: string): boolean => /^(cma|dma|swiotlb)_/.test(name)
export const isOfPages = (name: string): boolean => name === 'mm_page_alloc' || name === 'mm_page_free'
