import { describe, expect, it } from 'vitest'
import type { Knob, KnobResult } from '@shared/sizing.ts'
import { MiB } from '@shared/units.ts'
import type { AreaOutcome, Outcome } from '../../src-main/sizing/outcome.ts'
import { KnobSearch } from '../../src-main/sizing/search.ts'

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
  (bytes: number, seeds: number[]): Promise<Outcome[]> =>
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

const search = (evaluate: ReturnType<typeof needs>, runs = 300): Promise<KnobResult> =>
  new KnobSearch(knob, { runs, risk: 0.01, confidence: 0.95, firstSeed: 1, limit: 512 * MiB }, evaluate).run()

describe('the smallest size that keeps the risk', () => {
  it('is the largest need where all runs are alike', async () => {
    const found = await search(needs(() => 51 * MiB))
    expect([found.state, found.recommended]).toEqual(['grow', 52 * MiB])
    expect(found.reason).toBe('0 of 300 runs went wrong with 52 MiB: a risk of at most 1 % at 95 % confidence')
  })

  it('says so when it is the size of today', async () => {
    const found = await search(needs(() => 31 * MiB))
    expect([found.state, found.recommended]).toEqual(['fits', 32 * MiB])
  })

  it('is smaller than today when today is generous', async () => {
    const found = await search(needs(() => 5 * MiB))
    expect([found.state, found.recommended]).toEqual(['shrink', 6 * MiB])
  })

  it('covers the rare run: one in fifty needs twice as much', async () => {
    const found = await search(needs((seed) => (seed % 50 === 0 ? 80 * MiB : 40 * MiB)))
    expect(found.recommended).toBe(80 * MiB)
    const at40 = found.curve.find((point) => point.bytes === 78 * MiB)!
    expect(at40.bad).toBeGreaterThan(0)
    expect(at40.low).toBeLessThan(0.02)
    expect(at40.high).toBeGreaterThan(0.02)
  })

  it('names how many more runs an answer needs', async () => {
    const found = await search(
      needs(() => 51 * MiB),
      40,
    )
    expect([found.state, found.recommended, found.runsNeeded]).toEqual(['open', 52 * MiB, 259])
    expect(found.reason).toContain('not enough evidence for a risk of 1 %, 259 more runs are needed')
  })

  it('says that no size helps where size is not the cause', async () => {
    const found = await search(
      needs(
        () => 20 * MiB,
        (bytes) => ({
          areas: {
            'cma:cam': {
              bytes,
              bad: 1,
              peakUsed: 0,
              peakWanted: 20 * MiB,
              largestRequest: MiB,
              smallestLargestFree: 0,
            },
          },
        }),
      ),
    )
    expect([found.state, found.recommended]).toEqual(['helpless', null])
    expect(found.reason).toContain('its size is not the cause')
  })

  it('does not starve the rest of the system', async () => {
    const found = await search(
      needs(
        () => 300 * MiB,
        (bytes) => ({ starved: bytes > 200 * MiB }),
      ),
    )
    expect(found.state).toBe('helpless')
    expect(found.reason).toContain('runs out of memory')
  })

  it('leaves alone what nothing uses', async () => {
    expect((await search(needs(() => 0))).state).toBe('unused')
  })

  it('meets every size with the same seeds', async () => {
    const seen = new Map<number, number[]>()
    const model = needs(() => 51 * MiB)
    await search((bytes, seeds) => {
      seen.set(bytes, [...(seen.get(bytes) ?? []), ...seeds])
      return model(bytes, seeds)
    })
    for (const seeds of seen.values()) expect(seeds).toEqual(seeds.map((_, i) => i + 1))
  })
})
