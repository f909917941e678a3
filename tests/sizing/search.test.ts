import { describe, expect, it } from 'vitest'
import type { Knob, KnobResult } from '@shared/sizing.ts'
import { MiB } from '@shared/units.ts'
import type { AreaOutcome, Outcome } from '../../src-main/sizing/outcome.ts'
import { judge } from '../../src-main/sizing/judge.ts'
import { KnobSearch } from '../../src-main/sizing/search.ts'
import { Verifier } from '../../src-main/sizing/verify.ts'

const knob: Knob = {
  id: 'cma:cam',
  kind: 'cma',
  areas: ['cma:cam'],
  source: 'node',
  nodePath: '/reserved-memory/cam',
  parameter: null,
  granule: 2 * MiB,
  current: 32 * MiB,
}

/** A board where a run of each seed needs so much of the area; nothing else decides. */
const needs =
  (bytesOf: (seed: number) => number, more: (bytes: number) => Partial<Outcome> = () => ({})) =>
  (bytes: number, seeds: readonly number[]): Promise<Outcome[]> =>
    Promise.resolve(
      seeds.map((seed) => {
        const wanted = bytesOf(seed)
        const area: AreaOutcome = {
          bytes,
          bad: wanted > bytes ? 1 : 0,
          peakUsed: Math.min(wanted, bytes),
          peakWanted: wanted,
          largestRequest: wanted / 4,
          smallestLargestFree: Math.max(0, bytes - wanted),
        }
        return {
          seed,
          booted: true,
          starved: false,
          calls: 10,
          failures: area.bad,
          fallbacks: 0,
          areas: { 'cma:cam': area },
          ...more(bytes),
        }
      }),
    )

const odds = (runs: number) => ({ runs, risk: 0.01, confidence: 0.95, booted: true, panic: null })

/** Search, verification and judgement of the one knob. */
async function settle(evaluate: ReturnType<typeof needs>, runs = 300): Promise<KnobResult> {
  const screening = Math.min(48, runs)
  const today = await evaluate(
    knob.current,
    Array.from({ length: screening }, (_, i) => 1 + i),
  )
  const options = { ...odds(runs), runs: screening, firstSeed: 1, limit: 512 * MiB, today }
  const found = await new KnobSearch(knob, options, evaluate).run()
  const settings = found.best ? [{ knob, bytes: found.best.bytes }] : []
  const verifier = new Verifier(settings, { ...odds(runs), firstSeed: 1 + screening }, (seeds) =>
    evaluate(settings[0]!.bytes, seeds),
  )
  return judge([{ knob, found }], await verifier.run(), odds(runs)).knobs[0]!
}

describe('the smallest size that keeps the risk', () => {
  it('is the largest need where all runs are alike', async () => {
    const found = await settle(needs(() => 51 * MiB))
    expect([found.state, found.recommended]).toEqual(['grow', 52 * MiB])
    expect(found.reason).toBe('0 of 300 fresh runs went wrong with 52 MiB: a risk of at most 1 % at 95 % confidence')
  })

  it('says so when it is the size of today', async () => {
    const found = await settle(needs(() => 31 * MiB))
    expect([found.state, found.recommended]).toEqual(['fits', 32 * MiB])
  })

  it('is smaller than today when today is generous', async () => {
    const found = await settle(needs(() => 5 * MiB))
    expect([found.state, found.recommended]).toEqual(['shrink', 6 * MiB])
  })

  it('covers the rare run that the search did not see: one in a hundred needs more', async () => {
    const found = await settle(needs((seed) => (seed % 100 === 99 ? 80 * MiB : 40 * MiB)))
    expect(found.recommended).toBeGreaterThanOrEqual(80 * MiB)
    expect(found.reason).toContain('fresh seeds asked for more')
  })

  it('names how many more runs an answer needs', async () => {
    const found = await settle(
      needs(() => 51 * MiB),
      40,
    )
    expect([found.state, found.recommended, found.runsNeeded]).toEqual(['open', 52 * MiB, 259])
    expect(found.reason).toContain('not enough evidence for a risk of 1 %, 259 more runs are needed')
  })

  it('says that no size helps where size is not the cause', async () => {
    const always = (bytes: number): Partial<Outcome> => ({
      areas: {
        'cma:cam': { bytes, bad: 1, peakUsed: 0, peakWanted: 20 * MiB, largestRequest: MiB, smallestLargestFree: 0 },
      },
    })
    const found = await settle(needs(() => 20 * MiB, always))
    expect([found.state, found.recommended]).toEqual(['helpless', null])
    expect(found.reason).toContain('its size is not the cause')
  })

  it('does not starve the rest of the system', async () => {
    const found = await settle(
      needs(
        () => 300 * MiB,
        (bytes) => ({ starved: bytes > 200 * MiB }),
      ),
    )
    expect(found.state).toBe('helpless')
    expect(found.reason).toContain('runs out of memory')
  })

  it('leaves alone what nothing uses', async () => {
    expect((await settle(needs(() => 0))).state).toBe('unused')
  })

  it('meets every size of the search with the same seeds, and proves the last one on others', async () => {
    const seen = new Map<number, number[]>()
    const model = needs(() => 51 * MiB)
    await settle((bytes, seeds) => {
      seen.set(bytes, [...(seen.get(bytes) ?? []), ...seeds])
      return model(bytes, seeds)
    })
    for (const seeds of seen.values()) expect(seeds.slice(0, 48)).toEqual(seeds.slice(0, 48).map((_, i) => i + 1))
    expect(seen.get(52 * MiB)!.slice(48)).toEqual(Array.from({ length: 300 }, (_, i) => 49 + i))
  })

  it('draws the risk over size, with exact intervals', async () => {
    const found = await settle(needs((seed) => (40 + (seed % 8)) * MiB))
    expect(found.curve.map(({ bytes }) => bytes)).toEqual(
      [...found.curve.map(({ bytes }) => bytes)].sort((a, b) => a - b),
    )
    for (const { runs, bad, low, high } of found.curve) {
      expect(low).toBeLessThanOrEqual(bad / runs)
      expect(high).toBeGreaterThanOrEqual(bad / runs)
    }
  })
})
