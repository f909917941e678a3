import type { Board, Machine } from '@shared/board.ts'
import type { Diagnostic } from '@shared/diagnostics.ts'
import type { BootReport, EventSink, RunInputs, RunResult } from '@shared/run.ts'
import type { Bytes } from '@shared/units.ts'
import { bootKernel, type Kernel } from '../kernel/index.ts'
import { prepareBoot, type PreparedBoot } from './boot-board.ts'
import type { Say } from './caller.ts'
import { compileWorkload } from './compile.ts'
import { Conductor } from './conductor.ts'
import { sha256 } from './digest.ts'
import type { ParsedWorkload } from './parse.ts'
import { joinPlans, type Plan } from './plan.ts'
import type { RecordedCall } from './record.ts'
import { Recorder, type CallListener, type CallNote } from './recorder.ts'
import { timeline } from './timeline.ts'

export interface RunInput {
  board: Board
  machine: Machine
  workloads: readonly ParsedWorkload[]
  seed: number
  /** full: series, maps and recorded calls. totals: what a sizing needs, faster. */
  detail?: 'full' | 'totals'
  /** Steps of the timeline whose calls are recorded even when nothing goes wrong. */
  watch?: readonly number[]
  /** The same for one call, by its number. */
  watchCall?: number
  /** Nothing later matters: the run ends with this step of the timeline, or with the one that makes `watchCall`. */
  end?: number | 'watchCall'
  /** Keep the calls in the command language. */
  script?: boolean
}

export interface RunHooks {
  onProgress?: (progress: { fraction: number; note: string }) => void
  signal?: AbortSignal
  /** Hears of every call and what became of it. */
  onCall?: CallListener
  /** Hears of every event since boot, as a trace that user space began would. */
  onEvent?: EventSink
}

/** A run with what only files of a recording hold. */
export interface FullRun {
  result: RunResult
  recorded: RecordedCall[]
  /** The calls that were made, in the command language; null unless asked for. */
  script: string | null
}

/** The board, the machine or a workload cannot be run: everything that is wrong with them. */
export class RunInputError extends Error {
  constructor(readonly diagnostics: Diagnostic[]) {
    super(diagnostics[0]?.message ?? 'bad input')
  }
}

/** Steps between two looks at the clock of the caller: progress, cancellation. */
const STEPS_AT_A_TIME = 20_000

/**
 * Runs workloads on a board's simulated kernel. The same input gives the same result to the byte.
 * @throws RunInputError when inputs do not hold together; the signal's reason when it is aborted
 */
export async function runWorkload(input: RunInput, hooks: RunHooks = {}): Promise<RunResult> {
  return (await runFully(input, hooks)).result
}

export async function runFully(input: RunInput, hooks: RunHooks = {}): Promise<FullRun> {
  const run = new Run(prepare(input), input, hooks)
  for (const fraction of run.steps()) {
    hooks.onProgress?.({ fraction, note: 'running' })
    // lets signals and messages in between
    await new Promise((resolve) => setTimeout(resolve))
    hooks.signal?.throwIfAborted()
  }
  return run.finished()
}

/** Inputs that hold together. */
interface Prepared {
  boot: PreparedBoot
  plan: Plan
  inputs: RunInputs
}

function prepare({ board, machine, workloads, seed }: RunInput): Prepared {
  const { boot, diagnostics } = prepareBoot(board, machine)
  if (!boot) throw new RunInputError(diagnostics)
  const context = { ramBytes: ramBytes(boot), pageBytes: boot.input.profile.page.sizeBytes, board }
  const compiled = workloads.map((parsed) => compileWorkload(parsed, context))
  const problems = compiled.flatMap((each) => each.diagnostics)
  if (problems.length) throw new RunInputError(problems)
  const plan = joinPlans(compiled.map((each) => each.plan!))
  return { boot, plan, inputs: describeInputs(board, boot, workloads, seed) }
}

const ramBytes = ({ machine }: PreparedBoot): Bytes =>
  machine.memory.reduce((sum, { start, end }) => sum + end - start, 0)

function describeInputs(
  board: Board,
  boot: PreparedBoot,
  workloads: readonly ParsedWorkload[],
  seed: number,
): RunInputs {
  const { kernel, arch, cmdline } = boot.machine
  const everything = { board, machine: boot.machine, workloads: workloads.map(({ workload }) => workload), seed }
  return {
    board: board.model,
    workloads: workloads.map(({ workload }) => workload.name),
    seed,
    kernel,
    arch,
    pageSize: boot.input.profile.page.sizeBytes,
    cmdline,
    digest: sha256(
      JSON.stringify(everything, (key, value: unknown) => (key === 'span' || key.endsWith('Span') ? undefined : value)),
    ),
  }
}

class Run {
  private readonly recorder: Recorder
  private readonly script: string[] = []
  private readonly kernel: Kernel | null
  private readonly panic: string | null
  private readonly boot: BootReport
  private conductor: Conductor | null = null
  private up = false
  private watchCallMade = false

  constructor(
    private readonly prepared: Prepared,
    private readonly input: RunInput,
    { onCall, onEvent }: RunHooks,
  ) {
    const watch = new Set(input.watch)
    const watched = ({ call, step }: CallNote): boolean => {
      this.watchCallMade ||= call === input.watchCall
      return watch.has(step) || call === input.watchCall
    }
    this.recorder = new Recorder(prepared.plan.duration, input.detail !== 'totals', watched, onCall)
    const { sink } = this.recorder
    const heard: EventSink = (event) => {
      if (this.up) onEvent!(event)
      sink(event)
    }
    const booted = bootKernel(prepared.boot.input, onEvent ? heard : sink, false)
    this.up = booted.ok
    this.kernel = booted.ok ? booted.kernel : null
    this.panic = booted.ok ? null : booted.panic
    this.boot = booted.ok ? booted.kernel.report() : { ...NO_BOOT, log: booted.log }
    if (booted.ok) this.recorder.booted(this.boot)
  }

  /** Makes the run, and yields what part of it is done now and then. */
  *steps(): Generator<number> {
    if (!this.kernel) return
    const { plan } = this.prepared
    const { board } = this.prepared.boot.input
    const conductor = (this.conductor = new Conductor(
      this.kernel,
      plan,
      { ...this.input, board },
      this.recorder,
      this.say,
    ))
    const { end } = this.input
    const last = typeof end === 'number' ? end : Infinity
    let count = 0
    for (const step of timeline(plan, this.input.seed)) {
      conductor.do(step, count++)
      if (count > last || (end === 'watchCall' && this.watchCallMade)) return
      if (count % STEPS_AT_A_TIME === 0) yield Math.min(1, step.time / Math.max(1, plan.duration))
    }
  }

  finished(): FullRun {
    const { inputs, plan } = this.prepared
    const { duration } = plan
    const { recorder } = this
    const result: RunResult = {
      format: 1,
      inputs,
      boot: this.boot,
      booted: this.kernel !== null,
      panic: this.panic,
      duration,
      totals: recorder.tally.totals,
      devices: recorder.tally.devices,
      areas: [...recorder.book.areas.values()].map((area) => area.series()),
      memory: this.conductor?.zones?.series(duration) ?? [],
      incidents: recorder.incidents,
      occupancy: recorder.book.occupancy.table(duration),
      log: recorder.log,
      linesLost: recorder.linesLost,
    }
    return {
      result,
      recorded: recorder.recorded,
      script: this.input.script ? this.script.map((line) => `${line}\n`).join('') : null,
    }
  }

  private get say(): Say {
    return this.input.script ? (line) => void this.script.push(line) : null
  }
}

const NO_BOOT: BootReport = {
  kernel: {},
  zones: [],
  cma: [],
  pools: [],
  swiotlb: [],
  memory: [],
  reserved_memblock: [],
  reserved: [],
  default_cma: null,
  log: [],
}
