import type { Board } from '@shared/board.ts'
import type { Diagnostic, Span } from '@shared/diagnostics.ts'
import type { Bytes } from '@shared/units.ts'
import {
  bufferSchema,
  type Amount,
  type BufferGroup,
  type Drawn,
  type PresetName,
  type PresetStream,
  type Stream,
  type Time,
  type Workload,
} from '@shared/workload.ts'
import { evaluate, FormulaError, type Quantity } from './formula.ts'
import type { ParsedWorkload } from './parse.ts'
import {
  uniqueNames,
  type Draw,
  type GroupPlan,
  type LifetimePlan,
  type MemoryPlan,
  type Plan,
  type StreamPlan,
} from './plan.ts'
import { expandPreset, ROLE_OF_PRESET } from './presets.ts'
import { selectDevice } from './select.ts'

export interface CompileContext {
  /** `ram` of formulas. */
  ramBytes: Bytes
  pageBytes: Bytes
  /** Null: devices are not looked at (an editor without a board). */
  board: Board | null
}

/** A path into the file, for diagnostics. */
type At = (string | number)[]

/**
 * A parsed workload as a plan for one board; null when formulas or devices do not hold, with every such place as a diagnostic.
 */
export function compileWorkload(
  parsed: ParsedWorkload,
  context: CompileContext,
): { plan: Plan | null; diagnostics: Diagnostic[] } {
  const compiler = new Compiler(parsed, context)
  const plan = compiler.plan()
  return { plan: compiler.diagnostics.length ? null : plan, diagnostics: compiler.diagnostics }
}

class Compiler {
  readonly diagnostics: Diagnostic[] = []
  private readonly names: Record<string, number>
  private readonly workload: Workload
  private duration = 0

  constructor(
    private readonly parsed: ParsedWorkload,
    private readonly context: CompileContext,
  ) {
    this.workload = parsed.workload
    this.names = { ram: context.ramBytes, page: context.pageBytes }
  }

  plan(): Plan {
    for (const [name, formula] of Object.entries(this.workload.parameters)) {
      this.names[name] = this.number(formula, 'size', ['parameters', name])
    }
    this.duration = this.number(this.workload.duration, 'time', ['duration'])
    const streams = this.workload.streams.map((stream, index) => this.stream(stream, index))
    return { duration: this.duration, memory: [this.memory()], streams: uniqueNames(streams) }
  }

  private memory(): MemoryPlan {
    const { pageCache = 0, anonymous = 0, churn, pinned } = this.workload.memory ?? {}
    return {
      pageCacheBytes: this.number(pageCache, 'size', ['memory', 'pageCache']),
      anonymousBytes: this.number(anonymous, 'size', ['memory', 'anonymous']),
      churn: churn
        ? {
            every: this.rhythm(churn.every, ['memory', 'churn', 'every']),
            bytes: this.draw(churn.bytes, 'size', ['memory', 'churn', 'bytes']),
          }
        : null,
      pinned: pinned
        ? {
            pages: this.draw(pinned.pages, 'size', ['memory', 'pinned', 'pages']),
            every: pinned.every === undefined ? null : this.rhythm(pinned.every, ['memory', 'pinned', 'every']),
            hold: pinned.hold === undefined ? null : this.draw(pinned.hold, 'time', ['memory', 'pinned', 'hold']),
          }
        : null,
    }
  }

  private stream(stream: Stream, index: number): StreamPlan {
    const at: At = ['streams', index]
    const { sessions } = stream
    const device = this.device(stream, at)
    return {
      name: stream.name ?? ('preset' in stream ? stream.preset : device),
      device,
      mask: stream.mask ?? null,
      windows: this.windows(stream, at),
      sessions: sessions
        ? {
            open: this.rhythm(sessions.open, [...at, 'sessions', 'open']),
            pause: this.draw(sessions.pause, 'time', [...at, 'sessions', 'pause']),
          }
        : null,
      jitter: this.number(stream.jitter ?? '5ms', 'time', [...at, 'jitter']),
      priority: stream.priority,
      groups: this.buffers(stream, at).map(({ buffers, path }, group) => this.group(buffers, path, group)),
    }
  }

  /** A preset's buffers all stand where the preset does. */
  private buffers(stream: Stream, at: At): { buffers: BufferGroup; path: At }[] {
    if (!('preset' in stream)) return stream.buffers.map((buffers, i) => ({ buffers, path: [...at, 'buffers', i] }))
    const expanded = expandPreset(this.presetNumbers(stream, at) as PresetStream<PresetName>)
    return expanded.map((buffers) => ({ buffers: bufferSchema.parse(buffers), path: at }))
  }

  /** Formulas among a preset's parameters, evaluated where they stand. */
  private presetNumbers(stream: Stream, at: At): Stream {
    const evaluated = Object.entries(stream).map(([key, value]) => {
      if (PRESET_SIZES.has(key)) return [key, this.number(value as Amount, 'size', [...at, key])]
      if (PRESET_TIMES.has(key)) return [key, `${Math.max(1, this.number(value as Time, 'time', [...at, key]))}us`]
      return [key, value]
    })
    return Object.fromEntries(evaluated) as Stream
  }

  private device(stream: Stream, at: At): string {
    const selector = stream.device ?? ('preset' in stream ? ROLE_OF_PRESET[stream.preset] : undefined)
    if (selector === undefined) {
      this.error(
        at,
        'workload-device',
        'the stream names no device; add "device:" with a path, label, name, compatible or role',
      )
      return ''
    }
    if (!this.context.board) return selector
    const selection = selectDevice(this.context.board, selector)
    if ('device' in selection) return selection.device.name
    this.error(stream.device === undefined ? at : [...at, 'device'], 'workload-device', selection.problem)
    return ''
  }

  /** The stretches of time in which a stream may be open: its phases, cut to start and stop. */
  private windows(stream: Stream, at: At): StreamPlan['windows'] {
    const start = stream.start === undefined ? 0 : this.number(stream.start, 'time', [...at, 'start'])
    const stop = stream.stop === undefined ? this.duration : this.number(stream.stop, 'time', [...at, 'stop'])
    if (stop <= start)
      this.error(
        [...at, stream.stop === undefined ? 'start' : 'stop'],
        'workload-time',
        'the stream stops before it starts; give it a later stop',
      )
    const spans = stream.phases
      ? stream.phases.flatMap((name, i) => this.phase(name, [...at, 'phases', i]))
      : [{ start: 0, stop: this.duration }]
    return spans
      .map((span) => ({ start: Math.max(span.start, start), stop: Math.min(span.stop, stop, this.duration) }))
      .filter((span) => span.stop > span.start)
      .sort((a, b) => a.start - b.start)
  }

  private phase(name: string, at: At): { start: number; stop: number }[] {
    const found = (this.workload.phases ?? []).flatMap((phase, i) => (phase.name === name ? [{ phase, i }] : []))
    if (!found.length) this.error(at, 'workload-phase', `there is no phase "${name}"; define it under phases`)
    return found.map(({ phase, i }) => ({
      start: this.number(phase.start, 'time', ['phases', i, 'start']),
      stop: this.number(phase.stop, 'time', ['phases', i, 'stop']),
    }))
  }

  private group(buffers: BufferGroup, at: At, index: number): GroupPlan {
    return {
      name: buffers.name ?? `buffers ${index + 1}`,
      bytes: this.draw(buffers.bytes, 'size', [...at, 'bytes']),
      count: Math.round(this.number(buffers.count, 'size', [...at, 'count'])),
      kind: buffers.kind,
      pieces:
        buffers.pieces === undefined
          ? 1
          : Math.max(1, Math.round(this.number(buffers.pieces, 'size', [...at, 'pieces']))),
      gfp: gfpWords(buffers),
      attributes: buffers.attributes,
      direction: buffers.direction,
      lifetime: this.lifetime(buffers.lifetime, at),
      halves: buffers.onFailure === 'halve',
    }
  }

  private lifetime(lifetime: BufferGroup['lifetime'], at: At): LifetimePlan {
    const path = [...at, 'lifetime']
    if (lifetime === 'session') return { kind: 'session' }
    if ('every' in lifetime) {
      return {
        kind: 'frame',
        every: this.rhythm(lifetime.every, [...path, 'every']),
        hold: this.draw(lifetime.hold, 'time', [...path, 'hold']),
      }
    }
    const { every, alive, most } = lifetime.churn
    return {
      kind: 'churn',
      every: this.rhythm(every, [...path, 'churn', 'every']),
      alive: this.draw(alive, 'time', [...path, 'churn', 'alive']),
      most:
        most === undefined ? Infinity : Math.max(1, Math.round(this.number(most, 'size', [...path, 'churn', 'most']))),
    }
  }

  /** A time from one thing to the next: never zero on the whole, or the run would never end. */
  private rhythm(value: Drawn<Time>, at: At): Draw {
    const result = this.draw(value, 'time', at)
    const mean =
      result.kind === 'exponential'
        ? result.mean
        : result.kind === 'even'
          ? result.max
          : result.kind === 'choice'
            ? Math.min(...result.values)
            : result.value
    if (mean < 1) this.error(at, 'workload-time', 'must be longer than nothing; give at least 1us')
    return result
  }

  private draw(value: Drawn<Amount> | Drawn<Time>, quantity: Quantity, at: At): Draw {
    if (typeof value !== 'object') return { kind: 'fixed', value: this.number(value, quantity, at) }
    if ('oneOf' in value)
      return { kind: 'choice', values: value.oneOf.map((one, i) => this.number(one, quantity, [...at, 'oneOf', i])) }
    if ('mean' in value) {
      const mean = this.number(value.mean, quantity, [...at, 'mean'])
      return {
        kind: 'exponential',
        mean,
        most: value.most === undefined ? mean * 10 : this.number(value.most, quantity, [...at, 'most']),
      }
    }
    const min = this.number(value.min, quantity, [...at, 'min'])
    const max = this.number(value.max, quantity, [...at, 'max'])
    if (max < min) this.error([...at, 'max'], 'workload-range', '"max" is less than "min"; swap them')
    return { kind: 'even', min, max }
  }

  private number(formula: Amount | Time, quantity: Quantity, at: At): number {
    try {
      return evaluate(formula, quantity, this.names)
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error
      this.error(at, 'workload-formula', `"${formula}" ${error.message}`)
      return 1
    }
  }

  private error(at: At, code: string, message: string): void {
    const span = this.spanOf(at)
    const known = this.diagnostics.some(
      (d) => d.line === span.line && d.column === span.column && d.message === message,
    )
    if (!known) this.diagnostics.push({ ...span, severity: 'error', code, message })
  }

  /** The place itself or the nearest one around it: defaults and presets stand nowhere. */
  private spanOf(at: At): Span {
    for (let depth = at.length; depth >= 0; depth--) {
      const span = this.parsed.spans[at.slice(0, depth).join('.')]
      if (span) return span
    }
    return { file: this.parsed.file, line: 1, column: 1, endLine: 1, endColumn: 1 }
  }
}

const PRESET_SIZES = new Set([
  'firmware',
  'scratch',
  'binner',
  'largest',
  'model',
  'tensors',
  'hostMemory',
  'transfer',
  'ring',
  'segmentBytes',
])
const PRESET_TIMES = new Set(['every', 'alive'])

function gfpWords(buffers: BufferGroup): string[] {
  const context = buffers.context === 'atomic' ? 'atomic' : 'kernel'
  if (buffers.kind !== 'streaming') return [context]
  if (buffers.from === 'user') return buffers.context === 'atomic' ? ['atomic'] : ['highuser']
  return buffers.from === 'kernel' ? [context] : [context, buffers.from]
}
