import type { Microseconds } from '@shared/units.ts'
import { draw, type GroupPlan, type MemoryPlan, type Plan, type StreamPlan } from './plan.ts'
import { Random } from './random.ts'

/**
 * A plan as a sequence in time: which buffer is taken and given back when, and what the rest of the system does with memory.
 * Sequences are generators, merged as they are read, so that a run of any length needs little memory. What a sequence draws depends on
 * the seed and the names of stream and group alone, never on what became of a request.
 */
export interface Buffer {
  stream: number
  group: number
  bytes: number
}

export type Step = { time: Microseconds } & (
  | { kind: 'take'; buffer: Buffer }
  | { kind: 'drop'; buffer: Buffer }
  | { kind: 'anon'; bytes: number }
  | { kind: 'file'; bytes: number }
  | { kind: 'refresh'; bytes: number }
  | { kind: 'pin'; pages: number }
  | { kind: 'unpin' }
)
export type Steps = Generator<Step, undefined, unknown>

/** Everything that happens in a run, in order of time; at the same moment: memory first, then streams by priority, then by place. */
export function timeline(plan: Plan, seed: number): Steps {
  const order = plan.streams
    .map((_, i) => i)
    .sort((a, b) => plan.streams[b]!.priority - plan.streams[a]!.priority || a - b)
  const streams = order.map((i) => streamSteps(plan.streams[i]!, i, seed))
  return merge([...plan.memory.map((memory, i) => memorySteps(memory, plan.duration, seed + i)), ...streams])
}

/** Merges sequences that are each in order of time; the earlier sequence goes first at the same moment. */
export function* merge(sources: Steps[]): Steps {
  const heads = sources.map((source) => source.next().value)
  for (;;) {
    const first = earliest(heads)
    if (first < 0) return
    const source = sources[first]!
    // goes on with the same sequence for as long as no other has a step before it
    const until = nextTime(heads, first)
    let head = heads[first]
    for (
      ;
      head && (head.time < until.before || (head.time === until.before && first < until.index));
      head = source.next().value
    )
      yield head
    heads[first] = head
  }
}

function earliest(heads: (Step | undefined)[]): number {
  let first = -1
  for (let i = 0; i < heads.length; i++) {
    const head = heads[i]
    if (head && (first < 0 || head.time < heads[first]!.time)) first = i
  }
  return first
}

/** The earliest step of the others. */
function nextTime(heads: (Step | undefined)[], except: number): { before: Microseconds; index: number } {
  const next = { before: Infinity, index: heads.length }
  for (let i = 0; i < heads.length; i++) {
    const head = heads[i]
    if (i !== except && head && head.time < next.before) Object.assign(next, { before: head.time, index: i })
  }
  return next
}

function* streamSteps(stream: StreamPlan, index: number, seed: number): Steps {
  const random = Random.for(seed, stream.name, 'sessions')
  for (const [number, window] of stream.windows.entries()) {
    let start = window.start + Math.round(random.unit() * stream.jitter)
    for (let session = 0; start < window.stop; session++) {
      const stop = stream.sessions
        ? Math.min(window.stop, start + Math.max(1, draw(stream.sessions.open, random)))
        : window.stop
      yield* merge(
        stream.groups.map((group, g) =>
          groupSteps(
            { stream: index, group: g, plan: group },
            start,
            stop,
            Random.for(seed, stream.name, g, number, session),
          ),
        ),
      )
      start = stream.sessions ? stop + Math.max(1, draw(stream.sessions.pause, random)) : window.stop
    }
  }
}

interface Group {
  stream: number
  group: number
  plan: GroupPlan
}

const makeBuffer = ({ stream, group, plan }: Group, random: Random): Buffer => ({
  stream,
  group,
  bytes: draw(plan.bytes, random),
})

function* groupSteps(group: Group, start: Microseconds, stop: Microseconds, random: Random): Steps {
  switch (group.plan.lifetime.kind) {
    case 'session':
      return yield* sessionSteps(group, start, stop, random)
    case 'frame':
      return yield* frameSteps(group, start, stop, random)
    case 'churn':
      return yield* churnSteps(group, start, stop, random)
  }
}

function* sessionSteps(group: Group, start: Microseconds, stop: Microseconds, random: Random): Steps {
  const buffers = Array.from({ length: group.plan.count }, () => makeBuffer(group, random))
  for (const buffer of buffers) yield { time: start, kind: 'take', buffer }
  for (const buffer of buffers) yield { time: stop, kind: 'drop', buffer }
}

/** Buffers that are alive, in order of their end. */
class Alive {
  private readonly rows: { end: Microseconds; buffer: Buffer }[] = []

  add(end: Microseconds, buffer: Buffer): void {
    let at = this.rows.length
    while (at > 0 && this.rows[at - 1]!.end > end) at--
    this.rows.splice(at, 0, { end, buffer })
  }

  get size(): number {
    return this.rows.length
  }

  /** Those that end at `time` or before. */
  *ended(time: Microseconds): Steps {
    while (this.rows.length && this.rows[0]!.end <= time) {
      const { end, buffer } = this.rows.shift()!
      yield { time: end, kind: 'drop', buffer }
    }
  }

  /** The next one to end goes at `time` already. */
  *dropFirst(time: Microseconds): Steps {
    const row = this.rows.shift()
    if (row) yield { time, kind: 'drop', buffer: row.buffer }
  }
}

function* frameSteps(group: Group, start: Microseconds, stop: Microseconds, random: Random): Steps {
  const { every, hold } = group.plan.lifetime as Extract<GroupPlan['lifetime'], { kind: 'frame' }>
  const alive = new Alive()
  for (let time = start; time < stop; time += Math.max(1, draw(every, random))) {
    yield* alive.ended(time)
    const end = Math.min(stop, time + draw(hold, random))
    for (let i = 0; i < group.plan.count; i++) {
      const buffer = makeBuffer(group, random)
      yield { time, kind: 'take', buffer }
      alive.add(end, buffer)
    }
  }
  yield* alive.ended(stop)
}

function* churnSteps(group: Group, start: Microseconds, stop: Microseconds, random: Random): Steps {
  const { every, alive: life, most } = group.plan.lifetime as Extract<GroupPlan['lifetime'], { kind: 'churn' }>
  const alive = new Alive()
  for (let time = start + draw(every, random); time < stop; time += Math.max(1, draw(every, random))) {
    for (let i = 0; i < group.plan.count; i++) {
      yield* alive.ended(time)
      if (alive.size >= most) yield* alive.dropFirst(time)
      const buffer = makeBuffer(group, random)
      yield { time, kind: 'take', buffer }
      alive.add(Math.min(stop, time + Math.max(1, draw(life, random))), buffer)
    }
  }
  yield* alive.ended(stop)
}

function memorySteps(memory: MemoryPlan, duration: Microseconds, seed: number): Steps {
  return merge([backgroundSteps(memory), churnMemorySteps(memory, duration, seed), pinSteps(memory, duration, seed)])
}

function* backgroundSteps(memory: MemoryPlan): Steps {
  if (memory.anonymousBytes) yield { time: 0, kind: 'anon', bytes: memory.anonymousBytes }
  if (memory.pageCacheBytes) yield { time: 0, kind: 'file', bytes: memory.pageCacheBytes }
}

function* churnMemorySteps(memory: MemoryPlan, duration: Microseconds, seed: number): Steps {
  if (!memory.churn) return
  const random = Random.for(seed, 'memory', 'churn')
  for (
    let time = draw(memory.churn.every, random);
    time < duration;
    time += Math.max(1, draw(memory.churn.every, random))
  ) {
    yield { time, kind: 'refresh', bytes: draw(memory.churn.bytes, random) }
  }
}

/** One set of pins at a time: the next one lets the one before go. */
function* pinSteps(memory: MemoryPlan, duration: Microseconds, seed: number): Steps {
  const { pinned } = memory
  if (!pinned) return
  const random = Random.for(seed, 'memory', 'pinned')
  for (let time = 0; time < duration;) {
    const next = time + (pinned.every ? Math.max(1, draw(pinned.every, random)) : duration)
    yield { time, kind: 'pin', pages: draw(pinned.pages, random) }
    const end = pinned.hold ? time + draw(pinned.hold, random) : Infinity
    if (end < Math.min(next, duration)) yield { time: end, kind: 'unpin' }
    time = next
  }
}
