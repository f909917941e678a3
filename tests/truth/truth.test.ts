/**
 * Recordings of real kernels, replayed fact by fact: the committed selection always, and all of them where their folder is present.
 * CARVEOUT_TRUTH names the folder, CARVEOUT_TRUTH_ONLY narrows it to the names that match, CARVEOUT_TRUTH_PACK=1 packs the selection
 * anew.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compareDocuments, factsOf, type Comparison } from './facts.ts'
import { pack } from './pack.ts'
import { readArchive, readFolder, truthFolder, type Recording } from './recordings.ts'
import { replayed } from './replayed.ts'

interface Tally {
  cases: number
  whole: number
  facts: number
  matched: number
  failures: Map<string, string>
}

/** A replay that dies counts as a whole document that is missing. */
function compared(recording: Recording): Comparison {
  try {
    return compareDocuments(replayed(recording), recording.truth)
  } catch (error) {
    const facts = factsOf(recording.truth, recording.truth)
    const wrong = facts.map(({ group, name, value }) => ({ group, name, want: value, got: String(error) }))
    return { total: facts.length, wrong }
  }
}

function replayAll(recordings: Iterable<Recording>): Tally {
  const tally: Tally = { cases: 0, whole: 0, facts: 0, matched: 0, failures: new Map() }
  for (const recording of recordings) {
    const { total, wrong } = compared(recording)
    tally.cases++
    tally.facts += total
    tally.matched += total - wrong.length
    if (wrong.length === 0) tally.whole++
    else tally.failures.set(recording.name, differences(wrong))
  }
  return tally
}

const differences = (wrong: Comparison['wrong']): string =>
  wrong.map((w) => `\n  ${w.group} ${w.name}\n    want ${w.want}\n    got  ${w.got}`).join('')

/** Recordings that are not reproduced whole yet: the list may only shrink. */
const gaps = readFileSync(join(import.meta.dirname, 'gaps.txt'), 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))

const inWords = (t: Tally) => `${t.whole}/${t.cases} cases whole, ${t.matched}/${t.facts} facts`

const folder = truthFolder()
test.runIf(folder && process.env.CARVEOUT_TRUTH_PACK)('the archive is packed anew', () => pack(folder!))

test('the selection of recordings is reproduced', () => {
  const tally = replayAll(readArchive())
  console.log(`selection: ${inWords(tally)}`)
  expect(tally.cases).toBeGreaterThanOrEqual(50)
  expect(Object.fromEntries(tally.failures)).toEqual({})
})

test.skipIf(!folder)('all recordings are reproduced', { timeout: 600_000 }, () => {
  const tally = replayAll(readFolder(folder!, new RegExp(process.env.CARVEOUT_TRUTH_ONLY ?? '')))
  console.log(`all: ${inWords(tally)}`)
  const only = new RegExp(process.env.CARVEOUT_TRUTH_ONLY ?? '')
  const unexpected = [...tally.failures].filter(([name]) => !gaps.includes(name))
  expect(Object.fromEntries(unexpected)).toEqual({})
  const closed = gaps.filter((name) => only.test(name) && !tally.failures.has(name))
  if (closed.length) console.log(`reproduced now, to be taken off gaps.txt: ${closed.join(', ')}`)
})
