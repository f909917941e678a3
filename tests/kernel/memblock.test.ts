import { describe, expect, test } from 'vitest'
import { Memblock } from '../../src-main/kernel/memblock.ts'

const PAGE = 0x1000

/**
 * A picture of memory, one character a page from address 0: `.` free RAM, `R` reserved RAM, `n` RAM that is not mapped, ` ` no RAM.
 * What is reserved outside of RAM does not show.
 */
function draw(memblock: Memblock, pages: number): string {
  const page = (n: number) => {
    const ram = memblock.memory.find(n * PAGE)
    if (!ram) return ' '
    if (memblock.isRegionReserved(n * PAGE, PAGE)) return 'R'
    return ram.flags ? 'n' : '.'
  }
  return Array.from({ length: pages }, (_, n) => page(n)).join('')
}

/** The opposite: a memblock as drawn. */
function drawn(picture: string): Memblock {
  const memblock = new Memblock(PAGE, 2 ** 48 - 1)
  for (const [n, c] of [...picture].entries()) {
    if (c !== ' ') memblock.add(n * PAGE, PAGE)
    if (c === 'R') memblock.reserve(n * PAGE, PAGE)
    if (c === 'n') memblock.markNomap(n * PAGE, PAGE)
  }
  return memblock
}

interface Case {
  before: string
  pages: number
  alignPages?: number
  from?: number
  to?: number
  bottomUp?: boolean
  after: string
}

function check({ before, pages, alignPages = 1, from = 0, to, bottomUp = false, after }: Case): void {
  const memblock = drawn(before)
  memblock.bottomUp = bottomUp
  const end = to === undefined ? null : to * PAGE
  memblock.alloc({ size: pages * PAGE, align: alignPages * PAGE, start: from * PAGE, end })
  expect(draw(memblock, before.length)).toBe(after)
}

describe('allocation finds a hole', () => {
  test('from the top', () => check({ before: '..R.....R...', pages: 2, after: '..R.....R.RR' }))
  test('from the bottom, but never the first page', () =>
    check({ before: '........', pages: 2, bottomUp: true, after: '.RR.....' }))
  test('below what is taken when the top is too small', () => check({ before: '.....R.', pages: 2, after: '...RRR.' }))
  test('aligned down from the end of the hole', () =>
    check({ before: '..........', pages: 3, alignPages: 4, after: '....RRR...' }))
  test('aligned up from its start', () =>
    check({ before: '..........', pages: 3, alignPages: 4, bottomUp: true, after: '....RRR...' }))
  test('inside a range', () => check({ before: '..........', pages: 2, from: 3, to: 7, after: '.....RR...' }))
  test('across two banks that touch', () => check({ before: '.. ...... .', pages: 6, after: '.. RRRRRR .' }))
  test('never where RAM is not mapped', () => check({ before: '....nn..', pages: 3, after: '.RRRnn..' }))
  test('not at all', () => check({ before: '...R...R...', pages: 4, after: '...R...R...' }))
})

test('giving back and marking split what they cross', () => {
  const memblock = drawn('..RRRRRR..')
  memblock.free(4 * PAGE, 2 * PAGE)
  expect(draw(memblock, 10)).toBe('..RR..RR..')
  memblock.markNomap(4 * PAGE, 2 * PAGE)
  expect(draw(memblock, 10)).toBe('..RRnnRR..')
  memblock.clearNomap(0, 10 * PAGE)
  expect(memblock.memory.regions).toHaveLength(1)
})

test('a limit keeps the first bytes of RAM, over holes', () => {
  const memblock = drawn('... ..R...')
  memblock.enforceMemoryLimit(5 * PAGE)
  expect(draw(memblock, 10)).toBe('... ..    ')
})

test('what reaches past the highest address is cut there', () => {
  const memblock = new Memblock(PAGE, 2 ** 32 - 1)
  memblock.add(0xf000_0000, 0x2000_0000)
  expect(memblock.endOfDram).toBe(2 ** 32 - 1)
})

/** Numbers that look random and are the same every time. */
function* numbers(seed: number): Generator<number> {
  for (let x = seed; ;) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    yield x >>> 8
  }
}

/** One boolean a page: the model that memblock is held against. */
class Naive {
  ram: boolean[] = []
  taken: boolean[] = []
  unmapped: boolean[] = []

  isFree = (n: number): boolean => !!this.ram[n] && !this.taken[n] && !this.unmapped[n]

  find(pages: number, align: number, from: number, to: number, bottomUp: boolean): number {
    const fits = (at: number) => Array.from({ length: pages }, (_, n) => this.isFree(at + n)).every(Boolean)
    const places = Array.from({ length: to }, (_, n) => n).filter(
      (n) => n >= Math.max(1, from) && n + pages <= to && n % align === 0 && fits(n),
    )
    return (bottomUp ? places[0] : places.at(-1)) ?? 0
  }
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('random operations agree with a model of single pages (seed %i)', (seed) => {
  const random = numbers(seed)
  const below = (n: number): number => random.next().value % n
  const memblock = new Memblock(PAGE, 2 ** 48 - 1)
  const naive = new Naive()
  const pages = 64
  for (let step = 0; step < 400; step++) {
    const start = below(pages)
    const count = 1 + below(10)
    const fill = (column: boolean[], value: boolean) => {
      for (let n = start; n < start + count; n++) column[n] = value
    }
    const [base, size] = [start * PAGE, count * PAGE]
    switch (below(7)) {
      case 0:
        memblock.add(base, size)
        for (let n = start; n < start + count; n++) if (!naive.ram[n]) naive.unmapped[n] = false
        fill(naive.ram, true)
        break
      case 1:
        if (below(4) === 0) {
          memblock.remove(base, size)
          fill(naive.ram, false)
        }
        break
      case 2:
        memblock.reserve(base, size)
        fill(naive.taken, true)
        break
      case 3:
        memblock.free(base, size)
        fill(naive.taken, false)
        break
      case 4:
        memblock.markNomap(base, size)
        for (let n = start; n < start + count; n++) if (naive.ram[n]) naive.unmapped[n] = true
        break
      case 5:
        memblock.clearNomap(base, size)
        fill(naive.unmapped, false)
        break
      default: {
        const align = 2 ** below(4)
        memblock.bottomUp = below(2) === 0
        const want = naive.find(count, align, start, pages, memblock.bottomUp)
        const got = memblock.alloc({ size, align: align * PAGE, start: base, end: pages * PAGE })
        expect(got).toBe(want * PAGE)
        if (want) for (let n = want; n < want + count; n++) naive.taken[n] = true
      }
    }
    const picture = Array.from({ length: pages }, (_, n) =>
      !naive.ram[n] ? ' ' : naive.taken[n] ? 'R' : naive.unmapped[n] ? 'n' : '.',
    ).join('')
    expect(draw(memblock, pages)).toBe(picture)
    for (const list of [memblock.memory.regions, memblock.reserved.regions])
      for (const [n, region] of list.entries()) {
        const next = list[n + 1]
        if (next) expect(region.base + region.size < next.base || region.flags !== next.flags).toBe(true)
        expect(region.size).toBeGreaterThan(0)
      }
  }
})

test('every request in every small memory finds what a search of all places finds', () => {
  for (let bits = 0; bits < 2 ** 9; bits++) {
    const picture = Array.from({ length: 9 }, (_, n) => ((bits >> n) % 2 ? 'R' : '.')).join('')
    const naive = new Naive()
    naive.ram = [...picture].map(() => true)
    naive.taken = [...picture].map((c) => c === 'R')
    for (const pages of [1, 2, 3])
      for (const align of [1, 2, 4])
        for (const bottomUp of [false, true]) {
          const memblock = drawn(picture)
          memblock.bottomUp = bottomUp
          const request = { size: pages * PAGE, align: align * PAGE, end: 9 * PAGE }
          expect(memblock.findInRange(request)).toBe(naive.find(pages, align, 0, 9, bottomUp) * PAGE)
        }
  }
})

test('the parts of a range that are taken, and those that are free RAM', () => {
  const memblock = drawn('..RR.n R.')
  const range = { start: 1 * PAGE, end: 8 * PAGE }
  const pages = (parts: { start: number; end: number }[]) => parts.map(({ start, end }) => [start / PAGE, end / PAGE])
  expect(pages(memblock.takenIn(range))).toEqual([
    [2, 4],
    [7, 8],
  ])
  expect(pages(memblock.freeIn(range))).toEqual([
    [1, 2],
    [4, 5],
  ])
})
