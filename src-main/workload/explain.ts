import type { Board } from '@shared/board.ts'
import type { Explanation, ExplanationStep } from '@shared/run.ts'
import { formatBytes, type Bytes } from '@shared/units.ts'
import { areaLabel } from '@shared/words.ts'
import { decisive, readChain, type Cause, type Link } from './chain.ts'
import type { RecordedCall } from './record.ts'

/** What an explanation may look at beside the call itself. */
export interface ExplainContext {
  /** Null: unknown, for recordings without their board. */
  board: Board | null
  cmdline: string
  /** Size of an area at which the same request would have been served, found by running again; null when none up to `limit` is. Absent: not tried. */
  tryLarger?: (area: string) => Promise<{ bytes: Bytes | null; limit: Bytes }>
}

/** Where a size is set. */
interface Place {
  boardPath: string | null
  property: string | null
}

/**
 * Why a call was served as it was: every source that was tried, what it answered, and the smallest change that would have helped, or why
 * none of that kind would.
 */
export async function explainCall(call: RecordedCall, context: ExplainContext): Promise<Explanation> {
  const chain = readChain(call.events, call)
  const why = decisive(chain)
  const fellBack = call.ok && why !== null && why.area !== null && !why.area.startsWith('zone:')
  const failed = !call.ok || fellBack
  const remedy = failed && why ? await remedyFor(call, why, context) : { remedy: null, noRemedy: null }
  return { call: call.call, summary: summaryOf(call, why, fellBack), steps: stepsOf(call, chain, context), ...remedy }
}

function summaryOf(call: RecordedCall, why: Link | null, fellBack: boolean): string {
  const what = `${call.stream ? `${call.stream}: ` : ''}${call.verb} of ${formatBytes(call.bytes)}${call.device ? ` for ${call.device}` : ''}`
  if (!call.ok) return `${what} failed: ${why?.text ?? 'no source served it'}.`
  if (fellBack) return `${what} fell back to ${call.source ?? 'another source'}: ${why!.text}.`
  return `${what} was served${call.source ? ` by ${call.source}` : ''}.`
}

function stepsOf(call: RecordedCall, chain: readonly Link[], { board }: ExplainContext): ExplanationStep[] {
  const links = chain.map(({ room, text, outcome, windows }): ExplanationStep =>
    windows.length ? { room, text, outcome, windows } : { room, text, outcome },
  )
  const served: ExplanationStep[] =
    call.ok && call.source
      ? [{ room: call.source.split(':')[0]!, text: `${call.source} serves it`, outcome: 'served' }]
      : []
  const log = call.events
    .filter((event) => event.name === 'console')
    .map((event): ExplanationStep => ({ room: 'log', text: String(event.text), outcome: 'note' }))
  const known = links.some(({ outcome }) => outcome === 'served') ? [] : served
  return [...requestSteps(call, board), ...links, ...known, ...log]
}

/** What was asked, and what the device brings with it. */
function requestSteps(call: RecordedCall, board: Board | null): ExplanationStep[] {
  const attrs = call.attrs ? `, ${call.attrs}` : ''
  const asked: ExplanationStep = {
    room: 'mapping',
    text: `${call.device || 'somebody'} asks for ${formatBytes(call.bytes)}${call.gfp ? ` (${call.gfp}${attrs})` : ''}`,
    outcome: 'note',
  }
  const device = board?.devices.find(({ name }) => name === call.device)
  if (!device) return [asked]
  const traits = [
    `a mask of ${device.dmaBits} bits`,
    device.coherent ? 'coherent with the caches' : 'not coherent: caches are maintained and memory is remapped',
    device.iommu ? `behind ${device.iommu.path}` : 'without an IOMMU: contiguous memory',
    device.memoryRegions.length
      ? `its own regions ${device.memoryRegions.map(({ name }) => name).join(', ')}`
      : 'no region of its own: the shared area',
  ]
  return [asked, { room: 'device', text: traits.join('; '), outcome: 'note' }]
}

type Answer = Pick<Explanation, 'remedy' | 'noRemedy'>
const none = (noRemedy: string): Answer => ({ remedy: null, noRemedy })

/** Causes that no size of an area can mend, and what would. */
const SIZE_CANNOT_HELP: Partial<Record<Cause, string>> = {
  piece:
    'A larger bounce buffer cannot help: one mapping never has more than 256 KiB in one piece. Map smaller pieces, give the device an IOMMU or a wider DMA mask, or keep its buffers in memory that it reaches.',
  order:
    'A larger area cannot help: the request is beyond the largest block of the page allocator, and no contiguous area may serve it. Let the request wait (it would then be offered to a contiguous area), or ask for smaller pieces.',
  unmovable:
    'A larger area need not help: the windows hold pages that belong to the kernel. Give the device an area of its own.',
  unreachable:
    'A larger area cannot help: memory that the device does not reach was all there was. Widen the mask in the driver, place the area within reach (alloc-ranges), or add a bounce buffer or IOMMU.',
  iova: 'A larger area cannot help: the I/O addresses are used up, not the memory. Free mappings, or give the device a domain of its own or a wider mask.',
  vmalloc:
    'A larger area cannot help: kernel addresses are used up. Boot with a larger vmalloc=, or ask with no-kernel-mapping.',
  window:
    'No CMA area can help: on this kernel all remapped coherent memory goes through the consistent window. Make it larger (consistent-dma-size in the lab node, as board code calls init_consistent_dma_size()), or take 3.6 or later, which has no window.',
  'safe buffer':
    'A larger area cannot help: safe buffers are taken atomically, a page or a buffer at a time. Make coherent_pool= larger, or let the device reach more memory so that less bounces.',
  memory:
    'A larger contiguous area cannot help and may hurt: memory outside of it is short. Make areas smaller, or give the system more memory.',
  'nowhere to move':
    'A larger area cannot help: there is no memory left for the pages that would have to move out of it. Free memory, or give the device an area that is not lent out (no-map).',
}

async function remedyFor(call: RecordedCall, why: Link, context: ExplainContext): Promise<Answer> {
  const fixed = SIZE_CANNOT_HELP[why.cause]
  if (fixed) return none(fixed)
  if (!why.area) return none('Nothing that has a size refused it.')
  const place = placeOf(why.area, context)
  if (!context.tryLarger || why.area.startsWith('carveout:')) return reasoned(call, why, place)
  const { bytes, limit } = await context.tryLarger(why.area)
  if (bytes !== null) return sized(why.area, bytes, place, 'tried: this one call is served then')
  return none(
    `${why.area} was tried with up to ${formatBytes(limit)}, and the request still is not served: its size is not the cause. ${hintFor(why.cause)}`,
  )
}

/** Without another run: what the request lacked, from the state of the area. */
function reasoned(call: RecordedCall, why: Link, place: Place): Answer {
  const area = call.areas[why.area!]
  if (!area) return none(`The size of ${why.area} is not known from the recording. ${hintFor(why.cause)}`)
  if (why.cause === 'pinned')
    return none(`A larger area need not help: pinned pages would lie in it as well. ${hintFor('pinned')}`)
  const largest = area.holes.reduce((most, hole) => Math.max(most, hole.bytes), 0)
  const bytes = why.cause === 'larger than the area' ? call.bytes : area.bytes + call.bytes - largest
  const granule = 2 * 1024 * 1024
  return sized(
    why.area!,
    Math.ceil(bytes / granule) * granule,
    place,
    'reckoned from the free runs at that moment; run again to be sure',
  )
}

function hintFor(cause: Cause): string {
  if (cause === 'pinned')
    return 'Keep what pins pages out of the area, or give the device one that is not lent to movable pages (no-map).'
  if (cause === 'fragmented')
    return 'Give the large buffers an area of their own, or keep them instead of freeing them.'
  return 'Look at what else holds it at that moment.'
}

const sized = (area: string, bytes: Bytes, place: Place, how: string): Answer => ({
  remedy: { what: `Make ${areaLabel(area)} ${formatBytes(bytes)} large (${how}).`, ...place, value: String(bytes) },
  noRemedy: null,
})

/** The node or parameter that gives an area its size. */
function placeOf(area: string, { board, cmdline }: ExplainContext): Place {
  const [kind, name] = [area.slice(0, area.indexOf(':')), area.slice(area.indexOf(':') + 1)]
  const node = board?.reservedMemory?.nodes.find((each) => each.name === name)
  if (node) return { boardPath: node.path, property: node.reg ? 'reg' : 'size' }
  const owned = kind === 'carveout' && board?.lab.carveouts.find((each) => each.name === name)
  if (owned) return { boardPath: owned.path, property: 'size' }
  const parameter = ({ cma: 'cma', pool: 'coherent_pool', swiotlb: 'swiotlb' } as Record<string, string>)[kind]
  const place = board && cmdline.includes('=') ? '/chosen' : null
  return parameter ? { boardPath: place, property: `bootargs ${parameter}=` } : { boardPath: null, property: null }
}
