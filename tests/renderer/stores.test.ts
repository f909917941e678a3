// @vitest-environment happy-dom
import { nextTick } from 'vue'
import { MiB } from '@shared/units.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLab, type Lab } from '../../src-renderer/stores/lab.ts'
import {
  boardText,
  createFixtureHost,
  fixtureAnalysis,
  fixtureLayout,
  fixtureProject,
  type FixtureHost,
} from './fixture-host.ts'
import { fixtureRun } from './fixture-run.ts'

let host: FixtureHost
let lab: Lab

beforeEach(async () => {
  vi.useFakeTimers({ shouldAdvanceTime: false })
  host = createFixtureHost()
  lab = createLab(host)
  lab.run.state.autoRun = false
})
afterEach(() => vi.useRealTimers())

/** Lets timers, requests and watchers come to rest. */
const settle = () => vi.advanceTimersByTimeAsync(2000)
const opened = async () => {
  await lab.project.restore()
  await settle()
}
const edit = (text: string) => lab.project.setText('board.dts', text)
const asked = (name: string) => host.calls.filter((call) => call.name === name)

describe('the project', () => {
  it('opens with its files saved', async () => {
    await opened()
    expect(lab.project.view.activePath).toBe('board.dts')
    expect(lab.project.dirty.value).toBe(false)
  })

  it('counts as unsaved from the first keystroke until the text is back or saved', async () => {
    await opened()
    edit(boardText + ' ')
    expect(lab.project.dirty.value).toBe(true)
    edit(boardText)
    expect(lab.project.dirty.value).toBe(false)
    edit(boardText + '\n')
    await lab.project.saveAll()
    expect(lab.project.dirty.value).toBe(false)
    expect(asked('project.save')[0]!.params).toMatchObject({ path: 'board.dts', digest: 'b1' })
  })

  it('keeps unsaved text as a draft soon after typing ends', async () => {
    await opened()
    edit('a')
    edit('ab')
    await settle()
    expect(asked('project.keepDrafts').map((call) => call.params)).toEqual([{ drafts: { 'board.dts': 'ab' } }])
  })

  it('takes up drafts of an earlier session, and lets them go on demand', async () => {
    const files = fixtureProject().files
    files[0]!.draft = { text: 'recovered', savedAt: 5 }
    host.answer('project.restore', () => fixtureProject({ files }))
    await opened()
    expect(lab.project.active.value?.text).toBe('recovered')
    expect(lab.project.recovered.value).toHaveLength(1)
    lab.project.revert('board.dts')
    expect(lab.project.active.value?.text).toBe(boardText)
    expect(lab.project.recovered.value).toHaveLength(0)
  })

  it('keeps the user’s text when another program changes the file, and says so', async () => {
    await opened()
    edit('mine')
    host.tell('fileChanged', { path: 'board.dts', text: 'theirs', digest: 'b2' })
    expect(lab.project.active.value?.text).toBe('mine')
    expect(lab.notices.list[0]?.text).toContain('another program')
    host.tell('fileChanged', { path: 'workload.yaml', text: 'theirs', digest: 'w2' })
    expect(lab.project.files.get('workload.yaml')?.text).toBe('theirs')
  })

  it('takes its own save for no other program’s change', async () => {
    await opened()
    edit('mine')
    host.tell('fileChanged', { path: 'board.dts', text: 'mine', digest: 'b3' })
    expect(lab.project.dirty.value).toBe(false)
    expect(lab.notices.list).toEqual([])
  })

  it('keeps the text of a file that was deleted, as one that is not saved', async () => {
    await opened()
    host.tell('fileChanged', { path: 'workload.yaml', text: '', digest: null })
    expect(lab.project.files.get('workload.yaml')?.text).toBe('format: 1\n')
    expect(lab.project.dirty.value).toBe(true)
    expect(lab.notices.list[0]?.text).toContain('deleted')
  })

  it('is opened again behind a new connection, with what was typed meanwhile', async () => {
    host.answer('project.open', () => {
      const files = fixtureProject().files
      files[1] = { ...files[1]!, text: 'theirs', digest: 'w2' }
      return fixtureProject({ files })
    })
    host.answer('run.start', () => ({ job: 'never-ends' }))
    await opened()
    void lab.run.start()
    await settle()
    lab.lose('the host is gone')
    edit('mine')
    await settle()
    expect(lab.run.busy.value).toBe(false)
    expect(lab.run.state.failure).toContain('connection')
    expect(lab.notices.list.map(({ text }) => text)).toContain('the host is gone')
    await lab.rejoin()
    await settle()
    expect(asked('project.open').at(-1)!.params).toEqual({ path: '/home/me/board' })
    expect(lab.project.active.value?.text).toBe('mine')
    expect(lab.project.files.get('workload.yaml')?.text).toBe('theirs')
    expect(asked('project.keepDrafts').at(-1)!.params).toEqual({ drafts: { 'board.dts': 'mine' } })
    expect(lab.notices.list.map(({ text }) => text)).not.toContain('the host is gone')
  })

  it('tells of a save that was refused and stays unsaved', async () => {
    await opened()
    host.answer('project.save', () => {
      throw new Error('disk full')
    })
    edit('x')
    expect(await lab.project.saveAll()).toBe(false)
    expect(lab.project.dirty.value).toBe(true)
    expect(lab.notices.list[0]?.text).toContain('disk full')
  })
})

describe('the analysis', () => {
  it('asks once for a burst of keystrokes, about the last text', async () => {
    await opened()
    const before = asked('board.analyse').length
    for (const text of ['a', 'ab', 'abc']) edit(text)
    await settle()
    expect(asked('board.analyse').length).toBe(before + 1)
    expect(asked('board.analyse').at(-1)!.params).toMatchObject({ drafts: { 'board.dts': 'abc' } })
  })

  it('keeps the last good layout when the board breaks, and calls it stale', async () => {
    await opened()
    expect(lab.analysis.stale.value).toBe(false)
    const error = {
      file: 'board.dts',
      line: 1,
      column: 1,
      endLine: 1,
      endColumn: 2,
      severity: 'error' as const,
      code: 'x',
      message: 'broken',
    }
    host.answer('board.analyse', ({ revision }: { revision: number }) => ({
      revision,
      analysis: fixtureAnalysis({ layout: null, diagnostics: [error] }),
    }))
    edit('broken {')
    await settle()
    expect(lab.analysis.layout.value).toEqual(fixtureLayout())
    expect(lab.analysis.stale.value).toBe(true)
    expect(lab.analysis.broken.value).toBe(true)
    expect(lab.analysis.errors.value).toBe(1)
    expect(lab.run.blocked.value).toContain('errors')
  })

  it('calls an answer stale that was asked for before the last keystroke, and asks again', async () => {
    await opened()
    let release = () => {}
    host.answer('board.analyse', async ({ revision }: { revision: number }) => {
      await new Promise<void>((resolve) => (release = resolve))
      return { revision, analysis: fixtureAnalysis({ elapsedMilliseconds: revision }) }
    })
    edit('first')
    await settle()
    edit('second')
    release()
    await settle()
    expect(lab.analysis.stale.value).toBe(true)
    release()
    await settle()
    expect(lab.analysis.latest.value?.revision).toBe(lab.project.view.revision)
    expect(lab.analysis.stale.value).toBe(false)
  })
})

describe('what edits did to the layout', () => {
  /** The area as the board says it; everything lies 16 MiB lower on a machine with another kernel command line. */
  const answer = () =>
    host.answer('board.analyse', ({ revision, drafts, machine }: BoardAsk) => {
      const layout = fixtureLayout(drafts['board.dts'] ? 64 * MiB : 48 * MiB)
      const by = machine.cmdline ? 16 * MiB : 0
      const regions = layout.regions.map((each) => ({ ...each, start: each.start - by, end: each.end - by }))
      return { revision, analysis: fixtureAnalysis({ layout: { ...layout, regions } }) }
    })
  type BoardAsk = { revision: number; drafts: Record<string, string>; machine: { cmdline?: string } }
  const was = () => [...lab.analysis.changes.value.values()].map(({ before }) => before?.end)

  it('is told against the saved board, on the machine as it is set', async () => {
    answer()
    await opened()
    expect(was()).toEqual([])
    edit('larger')
    await settle()
    expect(was()).toEqual([0xae000000])
    await lab.project.configure({ machine: { cmdline: 'mem=1G' } })
    await settle()
    expect(was()).toEqual([0xad000000])
    await lab.project.saveAll()
    await settle()
    expect(was()).toEqual([])
  })

  it('is known from the start when the project opens with unsaved text', async () => {
    answer()
    const files = fixtureProject().files
    files[0]!.draft = { text: 'larger', savedAt: 5 }
    host.answer('project.restore', () => fixtureProject({ files }))
    await opened()
    expect(was()).toEqual([0xae000000])
  })
})

describe('a run', () => {
  it('shows its result with the revision it was made from, and grows stale with the next edit', async () => {
    await opened()
    await lab.run.start()
    expect(lab.run.result.value?.inputs.seed).toBe(1)
    expect(lab.run.stale.value).toBe(false)
    edit('x')
    expect(lab.run.stale.value).toBe(true)
  })

  it('leads the eye to what went wrong first', async () => {
    await opened()
    await lab.run.start()
    await nextTick()
    const first = fixtureRun().incidents[0]!
    expect(lab.selection.call).toBe(first.call)
    expect(lab.selection.time).toBe(first.time)
    await settle()
    expect(lab.explain.explanation.value?.summary).toContain('1013 pages')
  })

  it('repeats itself after a change that leaves the board whole', async () => {
    lab.run.state.autoRun = true
    await opened()
    expect(asked('run.start')).toHaveLength(1)
    edit(boardText + '\n')
    await settle()
    expect(asked('run.start')).toHaveLength(2)
    expect(lab.run.stale.value).toBe(false)
  })

  it('is not repeated while the board is broken', async () => {
    lab.run.state.autoRun = true
    await opened()
    host.answer('board.analyse', ({ revision }: { revision: number }) => ({
      revision,
      analysis: fixtureAnalysis({ layout: null }),
    }))
    edit('{')
    await settle()
    expect(asked('run.start')).toHaveLength(1)
  })

  it('that failed says why and can be tried again', async () => {
    await opened()
    host.answer('run.start', () => {
      queueMicrotask(() =>
        host.tell('job', { job: 'run-9', kind: 'run', state: 'failed', fraction: 0, note: 'out of memory' }),
      )
      return { job: 'run-9' }
    })
    await lab.run.start()
    expect(lab.run.state.failure).toBe('out of memory')
    expect(lab.run.busy.value).toBe(false)
  })
})
