import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src-main/cli/main.ts'
import { checkTour, readTour, showStep, stepSources } from '../../src-main/lab/tour.ts'
import { differencesOf } from '../../src-main/workload/tour.ts'
import { fakeTerminal } from './fake-terminal.ts'

const resources = resolve(import.meta.dirname, '../../resources')
const folder = join(resources, 'examples/ks2012')
const tour = readTour(folder)

describe('the tour of 2012', () => {
  it('has a folder for each step and a step for each folder, in order', () => {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(tour.steps.map((step) => step.id)).toEqual(folders.map((entry) => entry.name).sort())
    expect(tour.steps.length).toBeGreaterThanOrEqual(14)
  })

  it.each(checkTour(folder, 'ks2012').map((step) => [step.id, step.differences] as const))(
    '%s shows what it says',
    (_, differences) => expect(differences).toEqual([]),
  )

  it('stands in the help claim by claim', () => {
    const help = readFileSync(join(resources, 'help/ks2012.md'), 'utf8')
    for (const { id, claim } of tour.steps) expect(help).toContain(`| \`${id}\` | ${claim} |`)
  })

  it('tells of every call what it got, and of every zone what was free after it', () => {
    const step = tour.steps.find(({ id }) => id === '15-accounting')!
    const [run] = showStep(step.shows, stepSources(folder, step.id), 'here')
    const last = run!.calls.find(({ line }) => line === 8)!
    expect(last).toMatchObject({ ok: false, got: expect.stringContaining('then no more') as string })
    expect(last.expected.every(({ met }) => met)).toBe(true)
    const [zone] = run!.zones
    expect(zone).toMatchObject({ zone: 'Normal', countsCma: true })
    expect(zone!.free.length).toBeGreaterThan(run!.calls.length)
  })

  it('runs what the editor holds, not what the disk does', () => {
    const step = tour.steps.find(({ id }) => id === '05-cma')!
    const sources = stepSources(folder, step.id)
    const drafts = { 'script.ops': 'newdev camera 32\n# nothing\nalloc camera frame 80M kernel\n' }
    const runs = showStep(step.shows, { ...sources, drafts }, 'here')
    expect(runs.map((run) => run.differences)).toEqual([[], ['line 3: ok is false, not true', expect.anything()]])
  })

  it('says what differs', () => {
    const answers = [{ line: 3, cmd: 'alloc a b 4K kernel', ok: false }]
    const document = { booted: true, finished: true, panic: null, boot: null, answers, states: [] }
    const shown = { answers: { 3: { ok: true, log: 'too big' }, 4: { ok: true } }, panic: 'Out of memory' }
    expect(differencesOf(document, shown)).toEqual([
      'line 3: ok is false, not true',
      'line 3: log is undefined, not "too big"',
      'line 4: no answer',
      'the kernel does not die of "Out of memory"',
    ])
  })

  it('is walked through on the command line', async () => {
    const terminal = fakeTerminal()
    await main(['tour', 'ks2012'], terminal)
    expect(terminal.exitCode).toBe(0)
    const all = tour.steps.flatMap(({ shows }) => shows).length
    expect(terminal.stdout).toContain(`${all} of ${all} shown\n`)
    expect(terminal.stdout).toContain('--force-cma graphics')
  })
})
