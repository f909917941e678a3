/**
 * lib/bitmap.c and lib/find_bit.c: bits in 32-bit words, first fit at an alignment.
 * Beside the words stands a summary of every 1024 bits (zeros at its start, longest run of zeros, zeros at its end), renewed
 * only where bits changed, so that a search steps over a full or finely broken stretch without reading it. Results are the
 * kernel's to the bit. Left out: atomic and big-endian variants.
 */

const WORDS_PER_BLOCK = 32
const BITS_PER_BLOCK = 32 * WORDS_PER_BLOCK

export class Bitmap {
  readonly sizeBits: number
  readonly words: Int32Array
  private readonly prefix: Uint16Array
  private readonly longest: Uint16Array
  private readonly suffix: Uint16Array
  private readonly stale: Uint8Array

  constructor(sizeBits: number) {
    const blocks = Math.ceil(sizeBits / BITS_PER_BLOCK)
    this.sizeBits = sizeBits
    this.words = new Int32Array(blocks * WORDS_PER_BLOCK)
    this.prefix = new Uint16Array(blocks)
    this.longest = new Uint16Array(blocks)
    this.suffix = new Uint16Array(blocks)
    this.stale = new Uint8Array(blocks).fill(1)
    // Bits past the end read as set, so that no run of zeros reaches over it.
    putRun(this.words, sizeBits, blocks * BITS_PER_BLOCK - sizeBits, true)
  }

  /** bitmap_set */
  set(start: number, count: number): void {
    putRun(this.words, start, count, true)
    this.touch(start, count)
  }

  /** bitmap_clear */
  clear(start: number, count: number): void {
    putRun(this.words, start, count, false)
    this.touch(start, count)
  }

  test(bit: number): boolean {
    return ((this.words[bit >>> 5]! >>> (bit & 31)) & 1) === 1
  }

  /** find_next_bit: the first set bit at or after `from` and below `end`; `end` when there is none. */
  nextSet(from: number, end = this.sizeBits): number {
    return from >= end ? end : nextBit(this.words, from, end, 0)
  }

  /** find_next_zero_bit */
  nextZero(from: number, end = this.sizeBits): number {
    return from >= end ? end : nextBit(this.words, from, end, -1)
  }

  /** bitmap_weight */
  weight(): number {
    let total = 0
    for (let bit = this.nextSet(0); bit < this.sizeBits;) {
      const zero = this.nextZero(bit)
      total += zero - bit
      bit = this.nextSet(zero)
    }
    return total
  }

  /**
   * bitmap_find_next_zero_area_off: the first `count` zeros at or after `start` whose position plus `alignOffset` is a
   * multiple of `alignMask` + 1. Returns `sizeBits` when there are none.
   */
  findZeroArea(start: number, count: number, alignMask: number, alignOffset: number): number {
    const { words, sizeBits } = this
    let carry = 0
    for (let block = (start / BITS_PER_BLOCK) | 0; block < this.stale.length; block++) {
      // a block that changed is searched as it is, and summarized only when the search has to step over it
      const stale = this.stale[block] === 1
      if (stale || carry + this.prefix[block]! >= count || this.longest[block]! >= count) {
        const blockStart = block * BITS_PER_BLOCK
        const from = start > blockStart - carry ? start : blockStart - carry
        const found = zeroRun(words, sizeBits, from, blockStart + BITS_PER_BLOCK, count, alignMask, alignOffset)
        if (found >= 0) return found
        if (stale) this.summarize(block)
      }
      carry = this.prefix[block] === BITS_PER_BLOCK ? carry + BITS_PER_BLOCK : this.suffix[block]!
    }
    return sizeBits
  }

  /** The runs of set bits, as [start, count] pairs in order. */
  setRuns(): [start: number, count: number][] {
    const runs: [number, number][] = []
    for (let bit = this.nextSet(0); bit < this.sizeBits;) {
      const zero = this.nextZero(bit)
      runs.push([bit, zero - bit])
      bit = this.nextSet(zero)
    }
    return runs
  }

  private touch(start: number, count: number): void {
    const last = ((start + count - 1) / BITS_PER_BLOCK) | 0
    for (let block = (start / BITS_PER_BLOCK) | 0; block <= last; block++) this.stale[block] = 1
  }

  /** Reads a block's runs of zeros: word by word, by arithmetic on each word. */
  private summarize(block: number): void {
    const words = this.words
    const first = block * WORDS_PER_BLOCK
    let prefix = -1
    let longest = 0
    let run = 0
    for (let w = first; w < first + WORDS_PER_BLOCK; w++) {
      const word = words[w]!
      if (word === 0) {
        run += 32
        continue
      }
      run += 31 - Math.clz32(word & -word)
      if (prefix < 0) prefix = run
      if (run > longest) longest = run
      if (word !== -1) longest = Math.max(longest, longestInside(word, longest))
      run = Math.clz32(word)
    }
    this.prefix[block] = prefix < 0 ? run : prefix
    this.longest[block] = Math.max(longest, run)
    this.suffix[block] = run
    this.stale[block] = 0
  }
}

/** Longest run of zeros of a word, when it is longer than `known`; runs open at either end may count too. */
function longestInside(word: number, known: number): number {
  if (known >= 30) return known
  let zeros = ~word
  let length = 0
  while (zeros !== 0) {
    zeros &= zeros << 1
    length++
  }
  return length
}

/** The first bit at or after `from` that differs from `flip`'s bits (0: a set bit, -1: a zero bit); `end` when there is none. */
function nextBit(words: Int32Array, from: number, end: number, flip: number): number {
  let w = from >>> 5
  const last = (end - 1) >>> 5
  let value = (words[w]! ^ flip) & (-1 << (from & 31))
  while (value === 0) {
    if (w === last) return end
    value = words[++w]! ^ flip
  }
  const at = (w << 5) + 31 - Math.clz32(value & -value)
  return at < end ? at : end
}

/** The search of findZeroArea among windows that end before `stop` or start before it; -1 when none of them is free. */
function zeroRun(
  words: Int32Array,
  size: number,
  from: number,
  stop: number,
  count: number,
  mask: number,
  offset: number,
): number {
  let start = from
  for (;;) {
    const zero = nextBit(words, start, size, -1)
    const at = ((zero + offset + mask) & ~mask) - offset
    if (at + count > size || at >= stop) return -1
    const hit = nextBit(words, at, at + count, 0)
    if (hit >= at + count) return at
    start = hit + 1
  }
}

function putRun(words: Int32Array, start: number, count: number, on: boolean): void {
  let at = start
  let left = count
  while (left > 0) {
    const bit = at & 31
    const taken = Math.min(32 - bit, left)
    const mask = (taken === 32 ? -1 : (1 << taken) - 1) << bit
    const w = at >>> 5
    words[w] = on ? words[w]! | mask : words[w]! & ~mask
    at += taken
    left -= taken
  }
}
