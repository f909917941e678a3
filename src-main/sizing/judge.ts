import type { Knob, KnobResult, SizingResult, Verification } from '@shared/sizing.ts'
import { formatBytes } from '@shared/units.ts'
import { runsToProve, upperBound } from './binomial.ts'
import { Candidate, percent, type Found } from './search.ts'
import type { Verified } from './verify.ts'

/** A knob with what its search found. */
export interface Sized {
  knob: Knob
  found: Found
}

export interface Odds {
  runs: number
  risk: number
  confidence: number
  booted: boolean
  panic: string | null
}

/** What the runs prove, in words: each knob's recommendation with its evidence, and the verdict on all of them. */
export function judge(
  sized: readonly Sized[],
  verified: Verified,
  odds: Odds,
): Pick<SizingResult, 'knobs' | 'verification' | 'verdict' | 'summary'> {
  const knobs = sized.map((each) => judgeKnob(each, verified, odds))
  return { knobs, verification: verified.verification, ...conclude(knobs, verified.verification, odds) }
}

function judgeKnob({ knob, found }: Sized, verified: Verified, odds: Odds): KnobResult {
  const bytes = verified.verification?.settings.find((each) => each.knob === knob.id)?.bytes
  if (!found.best || bytes === undefined) return withoutSize({ knob, found }, odds)
  const proof = new Candidate(bytes, knob)
  proof.add(verified.outcomes)
  const { bad, runs } = proof
  const seen = `${bad} of ${runs} fresh runs went wrong with ${formatBytes(bytes)}${verified.grown.has(knob.id) ? ' (the search had found less, fresh seeds asked for more)' : ''}`
  const proven = upperBound(bad, runs, odds.confidence) <= odds.risk
  const runsNeeded = proven ? 0 : furtherRuns(bad, runs, odds)
  const state = !proven ? 'open' : bytes === knob.current ? 'fits' : bytes > knob.current ? 'grow' : 'shrink'
  const reason = proven
    ? `${seen}: a risk of at most ${percent(odds.risk)} at ${percent(odds.confidence)} confidence`
    : `${seen}; not enough evidence for a risk of ${percent(odds.risk)}, ${runsNeeded} more runs are needed`
  return {
    knob,
    recommended: bytes,
    state,
    runsNeeded,
    reason,
    curve: curveOf(found, proof, odds),
    evidence: proof.evidence(verified.verification!.seeds.first),
  }
}

function withoutSize({ knob, found }: Sized, odds: Odds): KnobResult {
  const largest = found.candidates.at(-1)!
  const reason = found.state === 'unused' ? 'no request of these workloads reaches it' : whyHelpless(largest)
  const state = found.state === 'unused' ? 'unused' : 'helpless'
  return {
    knob,
    recommended: null,
    state,
    runsNeeded: 0,
    reason,
    curve: curveOf(found, null, odds),
    evidence: largest.evidence(largest.outcomes[0]?.seed ?? 0),
  }
}

const whyHelpless = ({ bytes, bad, runs, tooLarge }: Candidate): string =>
  tooLarge
    ? `with ${formatBytes(bytes)} the board does not boot or the rest of the system runs out of memory`
    : `even with ${formatBytes(bytes)}, ${bad} of ${runs} runs go wrong: its size is not the cause`

/** The verification's runs take the place of the screening's where they are of the same size. */
function curveOf({ candidates }: Found, proof: Candidate | null, { confidence }: Odds): KnobResult['curve'] {
  const others = candidates.filter(({ bytes, runs }) => runs > 0 && bytes !== proof?.bytes)
  const all = proof ? [...others, proof] : others
  return all.sort((a, b) => a.bytes - b.bytes).map((candidate) => candidate.point(confidence))
}

/** Runs that would settle it, if bad ones come as they did. */
function furtherRuns(bad: number, runs: number, { risk, confidence }: Odds): number {
  const expected = bad === 0 || bad / runs >= risk ? bad : Math.ceil((bad / runs) * runsToProve(bad, risk, confidence))
  return Math.max(1, runsToProve(expected, risk, confidence) - runs)
}

function conclude(
  knobs: readonly KnobResult[],
  verification: Verification | null,
  odds: Odds,
): Pick<SizingResult, 'verdict' | 'summary'> {
  if (!odds.booted) return { verdict: 'fails', summary: `the board does not boot: ${odds.panic}` }
  const helpless = knobs.filter(({ state }) => state === 'helpless')
  if (helpless.length)
    return {
      verdict: 'fails',
      summary: `no size of ${helpless.map(({ knob }) => knob.id).join(', ')} helps: ${helpless[0]!.reason}`,
    }
  if (!verification)
    return { verdict: 'holds', summary: 'these workloads use none of the areas, pools or buffers that have a size' }
  const { bad, runs } = verification
  const others =
    verification.failures && !bad
      ? `; ${verification.failures} calls fail for reasons that no size helps, explain says why`
      : ''
  const seen = `${bad} of ${runs} fresh runs went wrong with the recommended sizes`
  if (upperBound(bad, runs, odds.confidence) <= odds.risk) {
    return {
      verdict: 'holds',
      summary: `${seen}: a risk of at most ${percent(odds.risk)} at ${percent(odds.confidence)} confidence${others}`,
    }
  }
  const needed = furtherRuns(bad, runs, odds)
  return {
    verdict: 'open',
    summary: `${seen}; not enough evidence for a risk of ${percent(odds.risk)}, make ${needed} more runs${others}`,
  }
}
