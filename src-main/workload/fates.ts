import type { CallNote, CallOutcome } from './recorder.ts'

/**
 * What became of every step of a timeline in several variants, as numbers: a step's calls so far, interned. Two variants whose numbers
 * at a step are equal went the same way there.
 */
export class FateLog {
  readonly #known = new Map<string, number>()
  /** By variant, by step: whether calls failed or fell back; and from where they were served as well. 0: no call. */
  readonly #trouble: number[][]
  readonly #source: number[][]

  constructor(variants: number) {
    this.#trouble = Array.from({ length: variants }, () => [])
    this.#source = Array.from({ length: variants }, () => [])
  }

  hear(variant: number, { step, verb }: CallNote, { errno, source }: CallOutcome, fellBack: boolean): void {
    const fate = `${verb} ${errno} ${fellBack}`
    this.#add(this.#trouble[variant]!, step, fate)
    // memory of the driver's own, and the zone that pages are from, are no matter of DMA
    const from = verb === 'buf' || source === null ? '' : source.replace(/^zone:.*/, 'pages')
    this.#add(this.#source[variant]!, step, `${fate} ${from}`)
  }

  /** Steps at which not all variants had the same trouble, and those that all served but not from the same source; ascending. */
  differing(): { wrong: number[]; elsewhere: number[] } {
    const wrong: number[] = []
    const elsewhere: number[] = []
    const end = Math.max(0, ...this.#source.map((steps) => steps.length))
    for (let step = 0; step < end; step++) {
      if (differs(this.#trouble, step)) wrong.push(step)
      else if (differs(this.#source, step)) elsewhere.push(step)
    }
    return { wrong, elsewhere }
  }

  #add(steps: number[], step: number, fate: string): void {
    while (steps.length <= step) steps.push(0)
    const key = `${steps[step]!};${fate}`
    const id = this.#known.get(key) ?? this.#known.size + 1
    this.#known.set(key, id)
    steps[step] = id
  }
}

const differs = (variants: readonly number[][], step: number): boolean =>
  variants.some((steps) => (steps[step] ?? 0) !== (variants[0]![step] ?? 0))
