import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { differencesOf, parseTour } from '../../src-main/workload/tour.ts'
import { parseScript, replay, replayBindings } from '../../src-main/workload/replay/index.ts'
import { readBoard } from '../../src-main/cli/board.ts'

const folder = resolve(import.meta.dirname, '../../resources/examples/ks2012')
const tour = parseTour(readFileSync(resolve(folder, 'tour.yaml'), 'utf8'))

describe('the tour of 2012', () => {
  it('has a folder for each step and a step for each folder, in order', () => {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(tour.steps.map((step) => step.id)).toEqual(folders.map((entry) => entry.name).sort())
    expect(tour.steps.length).toBeGreaterThanOrEqual(14)
  })

  const rows = tour.steps.flatMap((step) => step.shows.map((shown) => [step.id, shown.kernel, shown] as const))
  it.each(rows)('%s shows on %s what it says', (id, kernel, shown) => {
    const { board } = readBoard(resolve(folder, id, 'board.dts'), { include: [], define: {} }, replayBindings(32))
    const { commands } = parseScript(readFileSync(resolve(folder, id, 'script.ops'), 'utf8'), 'script.ops')
    expect(differencesOf(replay({ board, machine: { kernel }, commands }).document!, shown)).toEqual([])
  })

  it('says what differs', () => {
    const answers = [{ line: 3, cmd: 'alloc a b 4K kernel', ok: false }]
    const document = { booted: true, finished: true, panic: null, boot: null, answers, states: [] }
    const shown = { kernel: '3.4', answers: { 3: { ok: true, log: 'too big' }, 4: { ok: true } } }
    expect(differencesOf(document, shown)).toEqual([
      'line 3: ok is false, not true',
      'line 3: log is undefined, not "too big"',
      'line 4: no answer',
    ])
  })
})
