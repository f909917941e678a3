/** Files of /proc and debugfs → what they say of DMA memory. Each is known by its own first lines, or by its name in a capture. */
import { KiB, type Bytes } from '@shared/units.ts'
import type { AreaFact, BoardFacts } from './facts.ts'

/** Adds what a file says to `facts`; false when it is none of those that are known. `pageBytes` is what debugfs counts in. */
export function readSystemFile(file: string, text: string, facts: BoardFacts, pageBytes: Bytes): boolean {
  const path = file.replaceAll('\\', '/')
  for (const [name, content, read] of FILES) {
    if (!name.test(path) && !content?.test(text)) continue
    read(file, text, facts, pageBytes)
    return true
  }
  return false
}

type Reader = (file: string, text: string, facts: BoardFacts, pageBytes: Bytes) => void

const FILES: readonly (readonly [name: RegExp, content: RegExp | null, read: Reader])[] = [
  [/(^|[/-])meminfo$/, /^MemTotal:\s+\d+ kB/, meminfo],
  [/(^|[/-])buddyinfo$/, /^Node 0, zone\s+\w+(\s+\d+){8}/, buddyinfo],
  [/(^|[/-])iomem$/, /^[0-9a-f]{8,16}-[0-9a-f]{8,16} : /, iomem],
  [/(^|[/-])cmdline$/, null, (_, text, facts) => (facts.cmdline = text.trim())],
  [/(^|\/)uname$/, /^Linux \S+ \d+\.\d+/, (_, text, facts) => (facts.release ??= text.split(/\s+/)[2] ?? null)],
  [/(^|[/-])version$/, null, (_, text, facts) => (facts.release ??= /^Linux version (\S+)/.exec(text)?.[1] ?? null)],
  [/(^|\/)(mm-)?cma\/[^/]+\/(base_pfn|count|used|maxchunk|alloc_pages_fail)$/, null, ofArea],
  [/(^|\/)swiotlb\/io_tlb_(nslabs|used|used_hiwater)$/, null, ofBounce],
  [/(^|\/)dma_pools\/pool_size_(dma|dma32|kernel)$/, null, ofPool],
  // collected for people, or not looked at yet
  [/(^|[/-])(pagetypeinfo|zoneinfo|vmallocinfo|vmstat|swaps)$/, /^Page block order: \d/, () => {}],
  [/(^|\/)(cma|mm-cma|swiotlb|dma_pools|memblock)\//, null, () => {}],
]

function meminfo(file: string, text: string, facts: BoardFacts): void {
  const rows = [...text.matchAll(/^(\w[\w()]{0,40}):\s+(\d{1,15}) kB$/gm)]
  facts.meminfo = Object.assign(
    new Map(rows.map(([, name = '', kib = '']): [string, Bytes] => [name, Number(kib) * KiB])),
    { file, line: 1 },
  )
}

function buddyinfo(file: string, text: string, facts: BoardFacts): void {
  for (const [n, line] of text.split('\n').entries()) {
    const found = /^Node \d+, zone\s+(\w+)((?:\s+\d{1,12})+)\s*$/.exec(line)
    if (found)
      facts.free.push({ file, line: n + 1, zone: found[1]!, blocks: found[2]!.trim().split(/\s+/).map(Number) })
  }
}

/** Without root, every address reads as zero. */
function iomem(_: string, text: string, facts: BoardFacts): void {
  let code: Bytes | null = null
  for (const line of text.split('\n')) {
    const found = /^ {0,8}([0-9a-f]{8,16})-([0-9a-f]{8,16}) : (.{1,80})$/.exec(line)
    if (!found) continue
    const [start, end] = [parseInt(found[1]!, 16), parseInt(found[2]!, 16) + 1]
    if (end <= 1 || !Number.isSafeInteger(end)) continue
    if (found[3] === 'System RAM') facts.ram.push({ start, end })
    if (found[3] === 'Kernel code') code = start
    if (code !== null && /^Kernel (code|data|bss)$/.test(found[3]!)) facts.image = { start: code, end }
  }
}

/** debugfs names an area's folder as the area, of old `cma-NAME`. */
function ofArea(file: string, text: string, facts: BoardFacts, pageBytes: Bytes): void {
  const [name = '', entry = ''] = file.replaceAll('\\', '/').split('/').slice(-2)
  const value = count(text)
  if (value === null) return
  const area = areaNamed(facts, name, file)
  switch (entry) {
    case 'base_pfn':
      return void (area.base = value * pageBytes)
    case 'count':
      return void (area.bytes = value * pageBytes)
    case 'used':
      return void (area.used = value)
    case 'maxchunk':
      return void (area.maxchunk = value)
    case 'alloc_pages_fail':
      return void (area.failed = value)
  }
}

function areaNamed(facts: BoardFacts, name: string, file: string): AreaFact {
  const known = facts.areas.find((area) => area.name === name)
  if (known) return known
  const area = { file, line: 1, name, base: null, bytes: null, used: null, maxchunk: null, failed: null }
  facts.areas.push(area)
  return area
}

/** Slots are 2 KiB. */
function ofBounce(file: string, text: string, facts: BoardFacts): void {
  const value = count(text)
  if (value === null) return
  let bounce = facts.bounce.find((each) => each.start === null)
  if (!bounce) facts.bounce.push((bounce = { file, line: 1, start: null, bytes: 0, used: null, hiwater: null }))
  if (file.endsWith('io_tlb_nslabs')) bounce.bytes = value * 2 * KiB
  if (file.endsWith('io_tlb_used')) bounce.used = value
  if (file.endsWith('io_tlb_used_hiwater')) bounce.hiwater = value
}

function ofPool(file: string, text: string, facts: BoardFacts): void {
  const bytes = count(text)
  if (bytes !== null)
    facts.pools.push({ file, line: 1, name: file.slice(file.lastIndexOf('_') + 1), bytes, atBoot: false })
}

/** A file of one number, decimal or 0x…; null when it is none. */
function count(text: string): number | null {
  const value = Number(text.trim())
  return text.trim() !== '' && Number.isSafeInteger(value) && value >= 0 ? value : null
}
