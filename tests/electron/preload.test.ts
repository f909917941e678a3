import { expect, it, vi } from 'vitest'
import type { Bridge } from '@shared/api.ts'
import * as electron from './fake-electron.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
await import('../../src-main/electron/preload.ts')
const bridge = electron.exposed['carveout'] as Bridge

it('gives the page two functions and nothing of Electron', () => {
  expect(Object.keys(electron.exposed)).toEqual(['carveout'])
  expect(Object.keys(bridge).sort()).toEqual(['onEvent', 'request'])
})

it('carries requests and replies', async () => {
  electron.ipcRenderer.invoke.mockResolvedValue({ ok: true, value: 1 })
  expect(await bridge.request('host.info', {})).toEqual({ ok: true, value: 1 })
  expect(electron.ipcRenderer.invoke).toHaveBeenCalledWith('carveout:request', 'host.info', {})
})

it('carries events without the sender, which would be a way to Electron', () => {
  const listener = vi.fn()
  bridge.onEvent(listener)
  electron.ipcRenderer.emit('carveout:event', { sender: 'secret' }, 'notice', { text: 'hello' })
  expect(listener.mock.calls).toEqual([['notice', { text: 'hello' }]])
})
