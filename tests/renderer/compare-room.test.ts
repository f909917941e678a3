// @vitest-environment happy-dom
import { pack } from '@shared/wire.ts'
import { nextTick } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import CompareRoom from '../../src-renderer/compare/CompareRoom.vue'
import { createLab, type Lab } from '../../src-renderer/stores/lab.ts'
import { createFixtureHost, fixtureAnalysis, fixtureLayout, type FixtureHost } from './fixture-host.ts'
import { fixtureRun } from './fixture-run.ts'
import { mounted } from './mounted.ts'

// there is no canvas here
vi.mock('../../src-renderer/charts/EChart.vue', () => ({ default: () => null }))

let host: FixtureHost
let lab: Lab
let unmount: () => void
const button = (name: string) =>
  [...document.querySelectorAll('button')].find((one) => one.textContent?.trim() === name)!
const labels = () => lab.compare.variants.value.map(({ label }) => label)

beforeEach(async () => {
  host = createFixtureHost()
  const layout = { ...fixtureLayout(), kernels: ['3.4', '3.7', '6.12'] }
  host.answer('board.analyse', ({ revision }: { revision: number }) => ({
    revision,
    analysis: fixtureAnalysis({ layout }),
  }))
  lab = createLab(host)
  lab.run.state.autoRun = false
  await lab.project.restore()
  await vi.waitFor(() => expect(lab.analysis.layout.value).not.toBeNull())
  unmount = await mounted(CompareRoom, lab, { theme: 'dark' })
})
afterEach(() => unmount())

describe('variants', () => {
  it('are added once, however often the button is pressed', async () => {
    for (let n = 0; n < 2; n++) button('Every kernel').click()
    expect(labels()).toEqual(['Linux 3.4', 'Linux 3.7', 'Linux 6.12'])
    for (let n = 0; n < 2; n++) button('Board as it stands').click()
    expect(labels()).toHaveLength(4)
    expect(lab.notices.list.some(({ text }) => text.includes('among the variants already'))).toBe(true)
  })

  it('are at most as many as a comparison takes', () => {
    for (let n = 0; n < 10; n++) lab.compare.add(`${n}`, { machine: { cpus: n + 1 } })
    expect(labels()).toHaveLength(8)
    expect(lab.notices.list.at(-1)?.text).toContain('8 variants')
  })

  it('belong to the project that they were taken from', async () => {
    lab.compare.add('one')
    await lab.project.restore()
    await nextTick()
    expect(labels()).toEqual([])
  })
})

describe('a comparison of the history', () => {
  it('opens although an older version kept no first difference', async () => {
    host.answer('compare.result', () =>
      pack({
        variants: [
          { label: 'old', run: fixtureRun() },
          { label: 'new', run: fixtureRun() },
        ],
      }),
    )
    await lab.compare.open('c1')
    await nextTick()
    expect(document.body.textContent).toContain('made by an older version')
    expect(document.body.textContent).toContain('Side by side')
  })
})
