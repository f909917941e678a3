/** Where a simulated boot and a board differ, by what the board's log and files say. */
import type { BootReport } from '@shared/run.ts'
import { formatAddress, formatBytes, MiB, type Bytes } from '@shared/units.ts'
import { readLog } from './dmesg.ts'
import { noFacts, type AreaFact, type BoardFacts, type Place } from './facts.ts'

export interface Difference extends Place {
  /** What is meant: `CMA area cam`, `zone DMA`. */
  what: string
  board: string | null
  simulation: string | null
}

/** Messages of the subsystem; those that say what is compared as a fact are not compared as words too. */
const MESSAGE =
  /^(OF: reserved mem|Reserved memory|cma:|CMA:|Failed to reserve|software IO TLB|DMA: (preallocated|failed)|swiotlb|Malformed early option)/i
const IS_FACT =
  /^(Reserved memory: created CMA|cma: (CMA: )?reserved|OF: reserved mem: 0x|software IO TLB: mapped|DMA: preallocated)/i

/** Where the bounce buffer starts depends on tables that the kernel sizes for its own use. */
const BOUNCE_SLACK = 2 * MiB

/** Differences, in the order of memory's making; none where the two agree. */
export function differences(facts: BoardFacts, boot: BootReport): Difference[] {
  const simulated = noFacts()
  readLog('', boot.log.map(({ text }) => text).join('\n'), simulated)
  const whole = facts.logIsWhole
  return [
    ...(whole ? placesDiffer('reserved region', facts.reserved, simulated.reserved) : []),
    ...areasDiffer(facts, boot),
    ...(whole ? zonesDiffer(facts, simulated) : []),
    ...bounceDiffers(facts, boot),
    ...poolsDiffer(facts, boot),
    ...(whole ? messagesDiffer(facts, simulated) : []),
  ]
}

interface Placed extends Place {
  name: string
  base: Bytes
  bytes: Bytes
}
/** A zone may be empty. */
const existing = (list: readonly Placed[]): Placed[] => list.filter(({ bytes }) => bytes > 0)

const range = ({ base, bytes }: { base: Bytes; bytes: Bytes }): string =>
  `${formatBytes(bytes)} at ${formatAddress(base)}`

function placesDiffer(kind: string, board: readonly Placed[], simulation: readonly Placed[]): Difference[] {
  const ours = new Map(simulation.map((each) => [each.name, each]))
  const found = board.flatMap((theirs): Difference[] => {
    const mine = ours.get(theirs.name) ?? ours.get(theirs.name.replace(/^cma-/, ''))
    if (mine) ours.delete(mine.name)
    if (mine && mine.base === theirs.base && mine.bytes === theirs.bytes) return []
    return [difference(theirs, `${kind} ${theirs.name}`, range(theirs), mine ? range(mine) : null)]
  })
  const missing = [...ours.values()].map((mine) => difference(board[0], `${kind} ${mine.name}`, null, range(mine)))
  return [...found, ...missing]
}

/** debugfs names the areas; a log has only their places. */
function areasDiffer({ areas, logIsWhole }: BoardFacts, { cma }: BootReport): Difference[] {
  const withNames = areas.filter(
    (area): area is AreaFact & Placed => area.name !== null && area.base !== null && area.bytes !== null,
  )
  const ours = cma.map((area) => ({ file: '', line: 0, name: area.name, base: area.base, bytes: area.size }))
  if (withNames.length) return placesDiffer('CMA area', withNames, ours)
  if (!logIsWhole) return []
  const placed = areas.flatMap((area) =>
    area.base !== null && area.bytes !== null ? [{ ...area, base: area.base, bytes: area.bytes }] : [],
  )
  const same = (a: { base: Bytes; bytes: Bytes }, b: { base: Bytes; bytes: Bytes }): boolean =>
    a.base === b.base && a.bytes === b.bytes
  const theirs = placed.filter((area) => !ours.some((mine) => same(mine, area)))
  const rest = ours.filter((mine) => !placed.some((area) => same(mine, area)))
  // what lies elsewhere is paired with what is as large
  return [
    ...theirs.map((area) => {
      const at = rest.findIndex(({ bytes }) => bytes === area.bytes)
      const mine = at < 0 ? undefined : rest.splice(at, 1)[0]
      return difference(area, mine ? `CMA area ${mine.name}` : 'CMA area', range(area), mine ? range(mine) : null)
    }),
    ...rest.splice(0).map((mine) => difference(areas[0], `CMA area ${mine.name}`, null, range(mine))),
  ]
}

const zonesDiffer = (facts: BoardFacts, simulated: BoardFacts): Difference[] =>
  placesDiffer('zone', existing(facts.zones.map(asPlaced)), existing(simulated.zones.map(asPlaced)))

const asPlaced = (zone: BoardFacts['zones'][number]): Placed => ({
  ...zone,
  base: zone.start,
  bytes: zone.end - zone.start,
})

function bounceDiffers({ bounce, logIsWhole }: BoardFacts, { swiotlb }: BootReport): Difference[] {
  const mine = swiotlb.find(({ name }) => name === 'default')
  const ours = mine && { base: mine.start, bytes: mine.end - mine.start }
  if (!bounce.length) return logIsWhole && ours ? [difference(undefined, 'bounce buffer', null, range(ours))] : []
  return bounce.flatMap((theirs) => {
    const bytes = theirs.start === null ? formatBytes(theirs.bytes) : range({ base: theirs.start, bytes: theirs.bytes })
    const same =
      ours &&
      ours.bytes === theirs.bytes &&
      (theirs.start === null || Math.abs(ours.base - theirs.start) < BOUNCE_SLACK)
    return same ? [] : [difference(theirs, 'bounce buffer', bytes, ours ? range(ours) : null)]
  })
}

/** Pools grow: one that is larger than at boot is no difference. */
const poolsDiffer = ({ pools }: BoardFacts, boot: BootReport): Difference[] =>
  pools.flatMap((theirs) => {
    // 32-bit arm has one, and its message gives it no name
    const mine = theirs.name === 'atomic' ? boot.pools[0] : boot.pools.find(({ name }) => name === theirs.name)
    if (mine && (mine.size === theirs.bytes || (mine.size < theirs.bytes && !theirs.atBoot))) return []
    return [
      difference(theirs, `atomic pool ${theirs.name}`, formatBytes(theirs.bytes), mine ? formatBytes(mine.size) : null),
    ]
  })

/** The subsystem's words of early boot that only one of the two has, in the board's order. */
function messagesDiffer(facts: BoardFacts, simulated: BoardFacts): Difference[] {
  const end = facts.log.findLastIndex(({ text }) => simulated.log.some((mine) => mine.text === text))
  const theirs = facts.log.slice(0, end + 1).filter(({ text }) => MESSAGE.test(text) && !IS_FACT.test(text))
  const ours = simulated.log.filter(({ text }) => MESSAGE.test(text) && !IS_FACT.test(text)).map(({ text }) => text)
  const left = [...ours]
  const found = theirs.flatMap((line) => {
    const at = left.indexOf(line.text)
    if (at < 0) return [difference(line, 'message', line.text, null)]
    left.splice(at, 1)
    return []
  })
  return [...found, ...left.map((text) => difference(facts.log[0], 'message', null, text))]
}

const difference = (
  place: Place | undefined,
  what: string,
  board: string | null,
  simulation: string | null,
): Difference => ({
  file: place?.file ?? '',
  line: place?.line ?? 1,
  what,
  board,
  simulation,
})
