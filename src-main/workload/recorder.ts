import type { BootReport, EventSink, Incident, KernelEvent, LogLine } from '@shared/run.ts'
import type { Bytes, Microseconds } from '@shared/units.ts'
import { AreaBook, KERNEL } from './area-book.ts'
import { stepOf, type AreaLog } from './area-log.ts'
import { decisive, readChain, type Link } from './chain.ts'
import { IncidentLog } from './incident-log.ts'
import type { RecordedCall } from './record.ts'
import { Tally } from './tally.ts'

/** A call about to be made. */
export interface CallNote {
  call: number
  step: number
  time: Microseconds
  device: string
  stream: string
  verb: string
  bytes: Bytes
  gfp: string
  attrs: string
}

export interface CallOutcome {
  ok: boolean
  errno: number
  source: string | null
  /** How the kernel reaches a buffer, as answers spell it. */
  virt?: string | undefined
}

export type CallListener = (call: CallNote, outcome: CallOutcome, fellBack: boolean) => void

/** Events of one call that are kept for its reason; a call that makes more has said it all by then. */
const MOST_EVENTS = 4000
/** Lines of the kernel's log that are kept; later ones are counted. */
const MOST_LINES = 20_000
/** Events and holes that recorded calls hold all together; later calls are recorded only when they are watched. */
const MOST_FACTS = 2_000_000

/** Listens to the one stream of a kernel and to the runner, and keeps what a result shows. `full` also keeps series, maps and recorded calls. */
export class Recorder {
  readonly tally = new Tally()
  readonly book: AreaBook
  readonly log: LogLine[] = []
  linesLost = 0
  readonly recorded: RecordedCall[] = []
  private readonly incidentLog: IncidentLog
  private facts = 0
  private events: KernelEvent[] = []
  private now: CallNote | null = null
  /** Where the log stood when the call began. */
  private firstNewLine = 0
  private pageBytes = 4096

  constructor(
    duration: Microseconds,
    private readonly full: boolean,
    /** Also keep these calls, whether or not anything went wrong. */
    private readonly watched: (call: CallNote) => boolean = () => false,
    private readonly onCall: CallListener = () => {},
  ) {
    this.book = new AreaBook(duration, full)
    this.incidentLog = new IncidentLog(stepOf(duration))
  }

  get incidents(): Incident[] {
    return this.incidentLog.rows
  }

  /** What the kernel's rooms emit. */
  readonly sink: EventSink = (event) => {
    this.take(event)
    if (this.now && this.events.length < MOST_EVENTS) this.events.push(event)
  }

  booted(boot: BootReport): void {
    this.pageBytes = boot.kernel.page_size ?? this.pageBytes
    this.book.booted(boot)
  }

  begin(call: CallNote): void {
    this.now = call
    this.events = []
    this.firstNewLine = this.log.length
  }

  /** The area that should have served and did not, if there is one: the request still wants its bytes there. */
  end(answer: CallOutcome): AreaLog | null {
    const call = this.now!
    this.now = null
    this.tally.call(call, answer.ok)
    const chain = this.chain()
    const why = decisive(chain)
    const fellBack = answer.ok && why !== null && why.area !== null && !why.area.startsWith('zone:')
    const outcome = fellBack ? { ...answer, source: withPath(answer) } : answer
    const wrong = !outcome.ok || fellBack
    this.onCall(call, outcome, fellBack)
    const watched = this.watched(call)
    const listed = wrong && this.incident(call, outcome, why, watched)
    if (this.full && (watched || (listed && this.facts < MOST_FACTS))) this.keep(call, outcome, chain)
    return (wrong && why?.area && this.book.areas.get(why.area)) || null
  }

  private take(event: KernelEvent): void {
    const device = typeof event.device === 'string' ? event.device : null
    switch (event.name) {
      case 'console':
        return this.print(event)
      case 'swiotlb_bounce':
      case 'dmabounce_copy':
        return this.tally.add(device, 'bytesBounced', Number(event.size))
      case 'arch_sync_dma_for_device':
      case 'arch_sync_dma_for_cpu':
      case 'arch_dma_prep_coherent':
        this.tally.add(device, 'bytesCleaned', Number(event.cleaned))
        return this.tally.add(device, 'bytesInvalidated', Number(event.invalidated))
      default:
        return this.book.take(event, this.now ? { name: this.now.stream, kind: 'device' } : KERNEL)
    }
  }

  private print({ level, text, time, call }: KernelEvent): void {
    if (this.log.length < MOST_LINES)
      this.log.push({ level: level as LogLine['level'], text: String(text), time, call })
    else this.linesLost++
  }

  /** Most calls emit nothing that decides; areas are looked at only where one of them refused. */
  private chain(): Link[] {
    if (!this.events.length) return []
    const chain = readChain(this.events, this.factsOf([]))
    if (!chain.some(({ outcome }) => outcome === 'refused')) return chain
    return readChain(this.events, this.factsOf(this.asked(chain)))
  }

  private asked(chain: readonly Link[]): AreaLog[] {
    const names = new Set(chain.flatMap(({ area }) => area ?? []))
    return [...this.book.areas.values()].filter((area) => names.has(area.name))
  }

  /** False when the call is only counted, with others alike. */
  private incident(call: CallNote, outcome: CallOutcome, why: Link | null, watched: boolean): boolean {
    const kind = outcome.ok ? 'fallback' : 'failure'
    const totals = kind === 'failure' ? 'failures' : 'fallbacks'
    this.tally.wrong(call, totals)
    const area = why?.area ? this.book.areas.get(why.area) : undefined
    // what no size of the area could have helped is no count against it
    if (area && why?.cause !== 'piece') area[totals]++
    const { device, stream, verb, bytes, time } = call
    const text = why?.text ?? 'no source served it'
    const reason = outcome.ok ? `${text}; ${outcome.source ?? 'another source'} serves it instead` : text
    const { errno } = outcome
    const logLine = this.firstLine(call)
    const incident = {
      call: call.call,
      time,
      kind,
      device,
      stream,
      verb,
      bytes,
      errno,
      area: why?.area ?? '',
      reason,
    } as const
    const listed = this.incidentLog.add({ ...incident, logLine }, watched)
    area?.sample(time)
    return listed
  }

  /** Index of the first line that a call printed; -1: it was silent. */
  private firstLine({ call }: CallNote): number {
    const { log } = this
    for (let at = this.firstNewLine; at < log.length; at++) if (log[at]!.call === call) return at
    return -1
  }

  private keep(call: CallNote, { ok, errno, source }: CallOutcome, chain: readonly Link[]): void {
    const facts = this.factsOf(this.asked(chain))
    this.recorded.push({ ...call, ok, errno, source, events: this.events, ...facts })
    this.facts += this.events.length
    for (const name in facts.areas) this.facts += facts.areas[name]!.holes.length
  }

  private factsOf(areas: AreaLog[]): { pageBytes: Bytes; areas: RecordedCall['areas'] } {
    const rows = areas.map((area): [string, RecordedCall['areas'][string]] => [
      area.name,
      { base: area.base, bytes: area.bytes, used: area.usedBytes, holes: area.holes() },
    ])
    return { pageBytes: this.pageBytes, areas: Object.fromEntries(rows) }
  }
}

/** A fall-back's pages by their zone, and by what of the kernel they pass through: 2012's window and vmalloc() run out by themselves. */
const withPath = ({ source, virt }: CallOutcome): string | null =>
  source?.startsWith('zone:') && (virt === 'window' || virt === 'vmalloc') ? `${source} (${virt})` : source
