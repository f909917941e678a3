/** A small seeded generator (xorshift) for random runs against naive models: a failure names its seed. */
export function seeded(seed: number): (below: number) => number {
  let state = (seed * 0x9e3779b1) | 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}
