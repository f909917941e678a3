/**
 * lib/bitmap.c and lib/find_bit.c: bits in 32-bit words, first fit at an alignment.
 * Beside the words stands a summary of every 512 bits: zeros at its start, zeros at its end, and a bound on its longest run of
 * zeros, so that a search steps over a full or finely broken stretch without reading it. Clearing bits renews the summary from
 * the run that it makes; setting bits leaves the bound too high, until a search has found nothing there. Results are the kernel's
 * to the bit. Left out: atomic and big-endian variants.
 */

const BLOCK_SHIFT = 9
const BITS_PER_BLOCK = 1 << BLOCK_SHIFT
const WORDS_PER_BLOCK = BITS_PER_BLOCK / 32

export class Bitmap {
  readonly sizeBits: number
  readonly words: Int32Array
  private readonly blocks: number
  private readonly prefix: Uint16Array
  private readonly longest: Uint16Array
  private readonly suffix: Uint16Array
  /** Bits of the block were set since its longest run was counted. */
  private readonly loose: Uint8Array

  constructor(sizeBits: number) {
    // whole numbers to the machine too: one map whose size is a double would make the searches of all compute in doubles
    const size = sizeBits | 0
    const blocks = (size + BITS_PER_BLOCK - 1) >> BLOCK_SHIFT
    this.sizeBits = size
    this.blocks = blocks
    this.words = new Int32Array(blocks * WORDS_PER_BLOCK)
    this.prefix = new Uint16Array(blocks)
    this.longest = new Uint16Array(blocks)
    this.suffix = new Uint16Array(blocks)
    this.loose = new Uint8Array(blocks)
    // Bits past the end read as set, so that no run of zeros reaches over it.
    setRun(this.words, sizeBits, blocks * BITS_PER_BLOCK)
    for (let block = 0; block < blocks; block++) {
      const free = Math.min(BITS_PER_BLOCK, sizeBits - block * BITS_PER_BLOCK)
      this.prefix[block] = this.longest[block] = free
      this.suffix[block] = free === BITS_PER_BLOCK ? free : 0
    }
  }

  /** bitmap_set */
  set(start: number, count: number): void {
    const end = start + count
    setRun(this.words, start, end)
    if (this.blocks === 1) return
    const last = (end - 1) >> BLOCK_SHIFT
    for (let block = start >>> BLOCK_SHIFT; block <= last; block++) {
      const first = block << BLOCK_SHIFT
      if (start - first < this.prefix[block]!) this.prefix[block] = Math.max(0, start - first)
      if (first + BITS_PER_BLOCK - end < this.suffix[block]!)
        this.suffix[block] = Math.max(0, first + BITS_PER_BLOCK - end)
      this.loose[block] = 1
    }
  }

  /** bitmap_clear */
  clear(start: number, count: number): void {
    const end = start + count
    clearRun(this.words, start, end)
    if (this.blocks === 1) return
    const last = (end - 1) >> BLOCK_SHIFT
    for (let block = start >>> BLOCK_SHIFT; block <= last; block++) {
      const first = block << BLOCK_SHIFT
      const stop = first + BITS_PER_BLOCK
      const from = start > first ? runStart(this.words, start, first) : first
      const to = end < stop ? nextBit(this.words, end, stop, 0) : stop
      if (from === first) this.prefix[block] = to - first
      if (to === stop) this.suffix[block] = stop - from
      if (to - from > this.longest[block]!) this.longest[block] = to - from
    }
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
    const { words, sizeBits, blocks, prefix, longest, suffix } = this
    // nothing to step over: a small map keeps no summary
    if (blocks === 1) {
      const found = zeroRun(words, sizeBits, start, sizeBits, count, alignMask, alignOffset)
      return found < 0 ? sizeBits : found
    }
    let carry = 0
    for (let block = start >>> BLOCK_SHIFT; block < blocks; block++) {
      const first = block << BLOCK_SHIFT
      const zeros = prefix[block]!
      // the run that reaches into the block is known without reading it
      if (carry + zeros >= count) {
        const from = start > first - carry ? start : first - carry
        const at = ((from + alignOffset + alignMask) & ~alignMask) - alignOffset
        if (at + count <= first + zeros) return at
      }
      if (longest[block]! >= count) {
        const from = start > first ? start : first
        const found = zeroRun(words, sizeBits, from, first + BITS_PER_BLOCK, count, alignMask, alignOffset)
        if (found >= 0) return found
        if (this.loose[block]) {
          longest[block] = longestZeroRun(words, block * WORDS_PER_BLOCK, WORDS_PER_BLOCK)
          this.loose[block] = 0
        }
      }
      carry = zeros === BITS_PER_BLOCK ? carry + BITS_PER_BLOCK : suffix[block]!
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

  /** The runs of clear bits, likewise. */
  zeroRuns(): [start: number, count: number][] {
    const runs: [number, number][] = []
    for (let bit = this.nextZero(0); bit < this.sizeBits;) {
      const set = this.nextSet(bit)
      runs.push([bit, set - bit])
      bit = this.nextZero(set)
    }
    return runs
  }
}

/** Length of the longest run of zeros in `count` words from `first` on: word by word, by arithmetic on each. */
export function longestZeroRun(words: Int32Array, first: number, count: number): number {
  let longest = 0
  let run = 0
  for (let w = first; w < first + count; w++) {
    const word = words[w]!
    if (word === 0) {
      run += 32
      continue
    }
    run += 31 - Math.clz32(word & -word)
    if (run > longest) longest = run
    if (word !== -1) longest = Math.max(longest, longestInside(word, longest))
    run = Math.clz32(word)
  }
  return Math.max(longest, run)
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
export function nextBit(words: Int32Array, from: number, end: number, flip: number): number {
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
  while (start + count <= size) {
    const zero = nextBit(words, start, size, -1)
    const at = ((zero + offset + mask) & ~mask) - offset
    if (at + count > size || at >= stop) return -1
    const hit = nextBit(words, at, at + count, 0)
    if (hit >= at + count) return at
    start = hit + 1
  }
  return -1
}

/** Start of the run of zeros that ends before `bit`, not below `first`; `bit` itself when the one before is set. */
export function runStart(words: Int32Array, bit: number, first: number): number {
  let w = (bit - 1) >>> 5
  // shift counts are taken modulo 32: the bits up to the one before `bit`
  let value = words[w]! & (-1 >>> (32 - bit))
  while (value === 0) {
    if (w << 5 <= first) return first
    value = words[--w]!
  }
  const start = (w << 5) + 32 - Math.clz32(value)
  return start > first ? start : first
}

/** Sets the bits of [start, end). */
export function setRun(words: Int32Array, start: number, end: number): void {
  if (start >= end) return
  const last = (end - 1) >>> 5
  let w = start >>> 5
  // shift counts are taken modulo 32
  let mask = -1 << start
  if (w < last) {
    words[w]! |= mask
    while (++w < last) words[w] = -1
    mask = -1
  }
  words[w]! |= mask & (-1 >>> -end)
}

/** Clears the bits of [start, end). */
export function clearRun(words: Int32Array, start: number, end: number): void {
  if (start >= end) return
  const last = (end - 1) >>> 5
  let w = start >>> 5
  let mask = -1 << start
  if (w < last) {
    words[w]! &= ~mask
    while (++w < last) words[w] = 0
    mask = -1
  }
  words[w]! &= ~(mask & (-1 >>> -end))
}
