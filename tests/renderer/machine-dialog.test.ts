// @vitest-environment happy-dom
import { describe, expect, it, vi } from 'vitest'
import MachineDialog from '../../src-renderer/board/MachineDialog.vue'
import { createLab } from '../../src-renderer/stores/lab.ts'
import { createFixtureHost, fixtureAnalysis, fixtureLayout, fixtureProject } from './fixture-host.ts'
import { mounted } from './mounted.ts'

/** What the dialog offers on a board of this architecture, on a host that has every kernel. */
async function kernelsOffered(layout: object, machine: { kernel?: string } = {}): Promise<string[]> {
  const host = createFixtureHost()
  const info = { shell: 'browser', version: '0', kernels: ['6.12', '3.7', '3.4'], nativeDialogs: false }
  host.answer('host.info', () => info)
  host.answer('project.restore', () => fixtureProject({ settings: { ...fixtureProject().settings, machine } }))
  host.answer('board.analyse', ({ revision }: { revision: number }) => ({
    revision,
    analysis: fixtureAnalysis({ layout: { ...fixtureLayout(), ...layout } }),
  }))
  const lab = createLab(host)
  await lab.preferences.load()
  await lab.project.restore()
  await vi.waitFor(() => expect(lab.analysis.layout.value).not.toBeNull())
  const unmount = await mounted(MachineDialog, lab, { open: true })
  const options = [...document.querySelectorAll('#machine-kernel option')].map((option) => option.textContent ?? '')
  unmount()
  return options
}

describe('the machine', () => {
  it('offers the kernels that boot the board’s architecture, and no other', async () => {
    expect(await kernelsOffered({ arch: 'arm64', kernels: ['6.12'] })).toEqual(['as the board says', '6.12'])
    expect(await kernelsOffered({ arch: 'arm', kernels: ['3.4', '3.7', '6.12'] })).toEqual([
      'as the board says',
      '6.12',
      '3.7',
      '3.4',
    ])
  })

  it('still shows a kernel that is set and does not fit, so that it can be changed', async () => {
    const offered = await kernelsOffered({ arch: 'arm64', kernels: ['6.12'] }, { kernel: '3.4' })
    expect(offered).toEqual(['as the board says', '6.12', '3.4 (not on arm64)'])
  })
})
