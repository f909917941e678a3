import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeFrame, encodeFrame } from '@shared/wire.ts'
import { createSocketHost } from '../../src-renderer/host/socket-host.ts'

/** A WebSocket that the test opens, answers and closes. */
class FakeSocket extends EventTarget {
  static readonly OPEN = 1
  static made: FakeSocket[] = []
  readyState = 0
  sent: { id: number; name: string }[] = []
  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    super()
    FakeSocket.made.push(this)
  }
  send(bytes: Uint8Array) {
    this.sent.push(decodeFrame(bytes) as { id: number; name: string })
  }
  open() {
    this.readyState = FakeSocket.OPEN
    this.dispatchEvent(new Event('open'))
  }
  close() {
    this.readyState = 3
    this.dispatchEvent(new Event('close'))
  }
  answer(id: number, value: unknown) {
    const data = encodeFrame({ id, reply: { ok: true, value } }).buffer
    this.dispatchEvent(new MessageEvent('message', { data }))
  }
}

const told: string[] = []
const connect = () =>
  createSocketHost({ protocol: 'http:', host: '127.0.0.1:1', hash: '#token=secret' } as Location, {
    onLost: (why) => told.push(why),
    onBack: () => told.push('back'),
  })

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeSocket)
  FakeSocket.made = []
  told.length = 0
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('the connection to the browser host', () => {
  it('keeps what is asked before it is open, and matches replies to questions', async () => {
    const host = connect()
    const first = host.request('host.info', {})
    const second = host.request('project.recents', {})
    const [socket] = FakeSocket.made
    expect(socket).toMatchObject({ url: 'ws://127.0.0.1:1/api', protocols: ['secret'], sent: [] })
    socket!.open()
    const [a, b] = socket!.sent
    socket!.answer(b!.id, ['b'])
    socket!.answer(a!.id, 'a')
    expect([await first, await second]).toEqual([
      { ok: true, value: 'a' },
      { ok: true, value: ['b'] },
    ])
  })

  it('fails what is owed when it is lost, says so once, and is made again until it holds', async () => {
    const host = connect()
    FakeSocket.made[0]!.open()
    const owed = host.request('host.info', {})
    FakeSocket.made[0]!.close()
    expect(await owed).toMatchObject({ ok: false })
    expect(await host.request('host.info', {})).toMatchObject({ ok: false, code: 'failed' })
    for (let n = 1; n <= 3; n++) {
      await vi.advanceTimersByTimeAsync(2000)
      FakeSocket.made[n]!.close()
    }
    expect(told).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2000)
    FakeSocket.made[4]!.open()
    expect(told.at(-1)).toBe('back')
    const after = host.request('host.info', {})
    FakeSocket.made[4]!.answer(FakeSocket.made[4]!.sent[0]!.id, 'again')
    expect(await after).toEqual({ ok: true, value: 'again' })
  })
})
