/** The kernel's log → what it says of DMA memory. */
import { parseBytes, type Bytes } from '@shared/units.ts'
import type { BoardFacts, Place } from './facts.ts'

/** What dmesg and a serial console put before a message: level, time, processor or process. */
const PREFIX = /^(?:<\d{1,3}>)?(?:\s{0,8}\[\s{0,12}\d{1,9}\.\d{1,6}\]\s?(?:\[\s{0,8}[TC]\d{1,8}\]\s?)?)?/

type Reader = (found: (string | undefined)[], facts: BoardFacts, place: Place & { text: string }) => unknown

/** Reads one form of message each; the first that fits is it. */
const READERS: readonly (readonly [form: RegExp, read: Reader])[] = [
  [/^Linux version (\S+)/, ([release], facts) => ((facts.release ??= release!), (facts.logIsWhole = true))],
  [/^(?:Kernel c|C)ommand line: (.*)$/, ([cmdline], facts) => (facts.cmdline ??= cmdline!)],
  [/^smp: Brought up \d+ nodes?, (\d+) CPUs?/, ([cpus], facts) => (facts.cpus ??= Number(cpus))],
  [
    /^Reserved memory: created CMA memory pool at (0x[0-9a-f]+), size (\d+) (B|[KMG]iB)/,
    ([base, count, unit], facts, place) => area(facts, place, Number(base), bytesOf(count!, unit!)),
  ],
  [
    /^cma: (?:CMA: )?[Rr]eserved (\d+) (B|[KMG]iB) at (?:0x)?([0-9a-f]+)/,
    ([count, unit, base], facts, place) => area(facts, place, parseInt(base!, 16), bytesOf(count!, unit!)),
  ],
  [
    /^OF: reserved mem: (0x[0-9a-f]+)\.\.(0x[0-9a-f]+) \(\d+ KiB\) (map|nomap) (?:non-)?reusable (\S+)/,
    ([base, last, map, name], facts, place) =>
      void facts.reserved.push({
        ...place,
        name: name!,
        base: Number(base),
        bytes: Number(last) + 1 - Number(base),
        noMap: map === 'nomap',
      }),
  ],
  [
    /^software IO TLB: mapped \[mem (0x[0-9a-f]+)-(0x[0-9a-f]+)\] \(\d+MB\)/,
    ([start, end], facts, place) => {
      // the end is the last byte's from 3.x on, and the one after it since 5.x
      const bytes = Number(end) - Number(start)
      facts.bounce.push({ ...place, start: Number(start), bytes: bytes + (bytes % 2), used: null, hiwater: null })
    },
  ],
  [
    /^DMA: preallocated (\d+) (KiB)(?: GFP_KERNEL(?:\|GFP_(DMA|DMA32))?)? pool for atomic/,
    ([count, unit, zone], facts, place) =>
      void facts.pools.push({
        ...place,
        atBoot: true,
        name: zone?.toLowerCase() ?? (place.text.includes('GFP_KERNEL') ? 'kernel' : 'atomic'),
        bytes: bytesOf(count!, unit!),
      }),
  ],
  [
    /^ {2}(DMA|DMA32|Normal|HighMem|Movable) +(?:\[mem (0x[0-9a-f]+)-(0x[0-9a-f]+)\]|empty)/,
    ([name, start, last], facts, place) =>
      void facts.zones.push({
        ...place,
        name: name!,
        start: start === undefined ? 0 : Number(start),
        end: last === undefined ? 0 : Number(last) + 1,
      }),
  ],
]

/** Adds what a log says to `facts`. */
export function readLog(file: string, text: string, facts: BoardFacts): void {
  for (const [n, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '').replace(PREFIX, '')
    if (line === '') continue
    const place = { file, line: n + 1 }
    facts.log.push({ ...place, text: line })
    for (const [form, read] of READERS) {
      const found = form.exec(line)
      if (!found) continue
      read(found.slice(1), facts, { ...place, text: line })
      break
    }
  }
}

function area(facts: BoardFacts, { file, line }: Place, base: Bytes, bytes: Bytes): void {
  facts.areas.push({ file, line, name: null, base, bytes, used: null, maxchunk: null, failed: null })
}

const bytesOf = (count: string, unit: string): Bytes => parseBytes(`${count}${unit === 'B' ? '' : unit[0]}`) ?? 0
