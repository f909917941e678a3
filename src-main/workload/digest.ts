/** SHA-256 (FIPS 180-4) of text: names the inputs of a run. Written out here because this folder runs without Node and without a page. */
const ROUNDS = 64

/** Fractional bits of the square and cube roots of the first primes. */
const { initial, constants } = tables()

function tables(): { initial: number[]; constants: number[] } {
  const primes: number[] = []
  for (let n = 2; primes.length < ROUNDS; n++) if (primes.every((prime) => n % prime)) primes.push(n)
  const bits = (value: number): number => Math.floor((value % 1) * 2 ** 32) | 0
  return {
    initial: primes.slice(0, 8).map((prime) => bits(Math.sqrt(prime))),
    constants: primes.map((prime) => bits(Math.cbrt(prime))),
  }
}

/** Lower-case hexadecimal. */
export function sha256(text: string): string {
  const message = padded(new TextEncoder().encode(text))
  const state = [...initial]
  const words = new Int32Array(ROUNDS)
  for (let at = 0; at < message.byteLength; at += 64) {
    expand(words, message, at)
    compress(state, words)
  }
  return state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

function padded(bytes: Uint8Array): DataView {
  const length = Math.ceil((bytes.length + 9) / 64) * 64
  const message = new Uint8Array(length)
  message.set(bytes)
  message[bytes.length] = 0x80
  const view = new DataView(message.buffer)
  view.setUint32(length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(length - 4, (bytes.length * 8) >>> 0)
  return view
}

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

function expand(words: Int32Array, message: DataView, at: number): void {
  for (let i = 0; i < 16; i++) words[i] = message.getInt32(at + 4 * i)
  for (let i = 16; i < ROUNDS; i++) {
    const a = words[i - 15]!
    const b = words[i - 2]!
    const small = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)
    const large = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10)
    words[i] = words[i - 16]! + small + words[i - 7]! + large
  }
}

function compress(state: number[], words: Int32Array): void {
  let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < ROUNDS; i++) {
    const choice = (e & f) ^ (~e & g)
    const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + constants[i]! + words[i]!) | 0
    const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  ;[a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i]! + word) | 0))
}
