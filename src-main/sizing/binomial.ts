/**
 * Exact (Clopper–Pearson) confidence bounds of a probability from counts. They are quantiles of the beta distribution; the regularised
 * incomplete beta function comes from its continued fraction (modified Lentz), inverted by bisection, which is plenty for bounds.
 */

/** Natural logarithm of the gamma function (Lanczos, g = 7, nine terms; 15 digits). */
function logGamma(x: number): number {
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
    -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ]
  const base = x + 6.5
  const series = terms.reduce((sum, term, i) => sum + term / (x + i), 0.99999999999980993)
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(series)
}

/** Regularised incomplete beta function I_x(a, b). */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x))
  // the fraction converges fast on this side of the mean only
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  const away = (value: number): number => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let result = d
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    result *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    result *= d * c
    if (Math.abs(d * c - 1) < 1e-14) break
  }
  return result
}

function betaQuantile(p: number, a: number, b: number): number {
  let low = 0
  let high = 1
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (incompleteBeta(middle, a, b) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The probability is at least this, with that confidence. `bad` of `runs` went wrong. */
export const lowerBound = (bad: number, runs: number, confidence: number): number =>
  bad === 0 || runs === 0 ? 0 : betaQuantile(1 - confidence, bad, runs - bad + 1)

/** The probability is at most this, with that confidence. */
export const upperBound = (bad: number, runs: number, confidence: number): number =>
  bad === runs || runs === 0 ? 1 : betaQuantile(confidence, bad + 1, runs - bad)

/** Two-sided interval. */
export function interval(bad: number, runs: number, confidence: number): { low: number; high: number } {
  const side = 1 - (1 - confidence) / 2
  return { low: lowerBound(bad, runs, side), high: upperBound(bad, runs, side) }
}

/** Runs without more than `bad` bad ones that prove the risk; 299 for none at 1 % and 95 %. */
export function runsToProve(bad: number, risk: number, confidence: number): number {
  let high = Math.max(bad + 1, 1)
  while (upperBound(bad, high, confidence) > risk) high *= 2
  let low = Math.floor(high / 2)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (upperBound(bad, middle, confidence) > risk) low = middle
    else high = middle
  }
  return high
}
