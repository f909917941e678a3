/**
 * Seeded randomness of workloads: PCG32 (M. E. O'Neill, pcg-random.org, XSH-RR 64/32) with the 64-bit state in two 32-bit halves.
 * Every stream draws from a generator of its own, forked by name, so that what one stream draws never depends on how another one
 * fared: the same seed meets every candidate size with the same requests.
 */
export class Random {
  private high: number
  private low: number
  private readonly incHigh: number
  private readonly incLow: number

  constructor(seed: number, sequence = 0) {
    this.incHigh = Math.floor(sequence / 2 ** 31) >>> 0
    this.incLow = ((sequence * 2) >>> 0) | 1
    this.high = 0
    this.low = 0
    this.step()
    this.add(Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0)
    this.step()
  }

  /** The generator for a part of the run. The same seed and name always give the same one. */
  static for(seed: number, ...names: (string | number)[]): Random {
    return new Random(seed, hash(names.join('\u0000')))
  }

  private add(high: number, low: number): void {
    const sum = this.low + low
    this.high = (this.high + high + (sum > 0xffffffff ? 1 : 0)) >>> 0
    this.low = sum >>> 0
  }

  /** state = state * 6364136223846793005 + inc, modulo 2^64. */
  private step(): void {
    const multiplierHigh = 0x5851f42d
    const multiplierLow = 0x4c957f2d
    const a = this.low & 0xffff
    const b = this.low >>> 16
    const c = multiplierLow & 0xffff
    const d = multiplierLow >>> 16
    const middle = b * c + Math.floor((a * c) / 65536)
    const middle2 = a * d + (middle % 65536)
    const carry = b * d + Math.floor(middle / 65536) + Math.floor(middle2 / 65536)
    const low = Math.imul(this.low, multiplierLow) >>> 0
    this.high = (carry + Math.imul(this.high, multiplierLow) + Math.imul(this.low, multiplierHigh)) >>> 0
    this.low = low
    this.add(this.incHigh, this.incLow)
  }

  /** 32 random bits. */
  uint32(): number {
    const { high, low } = this
    this.step()
    // ((state >> 18) ^ state) >> 27, then rotated right by state >> 59
    const xorHigh = (high >>> 18) ^ high
    const xorLow = ((high << 14) | (low >>> 18)) ^ low
    const word = ((xorHigh << 5) | (xorLow >>> 27)) >>> 0
    const turn = high >>> 27
    return ((word >>> turn) | (word << (-turn & 31))) >>> 0
  }

  /** Evenly in [0, 1), 32 bits fine. */
  unit(): number {
    return this.uint32() / 2 ** 32
  }

  /** A whole number, 0 <= n < limit. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit)
  }

  /** Exponentially distributed with this mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit())
  }
}

/** FNV-1a over UTF-16 units: names to sequence numbers. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
