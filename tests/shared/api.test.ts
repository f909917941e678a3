import { describe, expect, it } from 'vitest'
import { createGate, Refusal, type Services } from '../../src-main/lab/api.ts'
import type { Host } from '@shared/api.ts'

/** Only the requests that a test names; every other one says so. */
const gate = (services: Partial<Services>) => createGate(services as Services)

describe('the gate of the host', () => {
  it('names the methods that can be called, and no other', async () => {
    for (const name of ['fs.readFile', 'constructor', '__proto__', 'toString'])
      expect(await gate({}).call(name, {})).toMatchObject({ ok: false, code: 'unknownMethod' })
  })

  it('checks parameters before a service sees them', async () => {
    const api = gate({ 'job.cancel': () => ({}) })
    expect(await api.call('job.cancel', { job: '../../etc' })).toMatchObject({ ok: false, code: 'badParams' })
    expect(await api.call('job.cancel', undefined)).toMatchObject({ ok: false, code: 'badParams' })
    expect(await api.call('job.cancel', { job: 'run-1' })).toEqual({ ok: true, value: {} })
  })

  it('fills in defaults', async () => {
    const api = gate({ 'board.analyse': (params) => ({ revision: params.revision, analysis: params as never }) })
    expect(await api.call('board.analyse', { revision: 3, entry: 'board.dts' })).toMatchObject({
      ok: true,
      value: { revision: 3, analysis: { drafts: {}, machine: {} } },
    })
  })

  it('turns what a service throws into a reply', async () => {
    const api = gate({
      'project.close': () => {
        throw new Refusal('conflict', 'board.dts was changed by another program')
      },
      'project.recents': () => Promise.reject(new Error('disk is gone')),
    })
    expect(await api.call('project.close', {})).toEqual({
      ok: false,
      code: 'conflict',
      message: 'board.dts was changed by another program',
    })
    expect(await api.call('project.recents', {})).toEqual({ ok: false, code: 'failed', message: 'disk is gone' })
  })
})

/** Never run: these lines must not compile. */
export function contract(host: Host) {
  // @ts-expect-error no such request
  void host.request('fs.readFile', { path: '/etc/passwd' })
  // @ts-expect-error a revision is needed
  void host.request('board.analyse', { entry: 'board.dts' })
  // @ts-expect-error a stream of another name
  host.subscribe('jobs', () => {})
  void host.request('board.analyse', { entry: 'board.dts', revision: 1 })
}
