import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame } from '@shared/wire.ts'

const roundTrip = (value: unknown) => decodeFrame(encodeFrame(value))

describe('frames of the WebSocket', () => {
  it('carries plain values as JSON', () => {
    const value = { id: 7, text: 'Größe · 六', list: [1, null, true], nested: { a: [] } }
    expect(roundTrip(value)).toEqual(value)
  })

  it('carries columns beside the JSON, each of its own type', () => {
    const value = {
      time: Float64Array.of(0, 0.5, Infinity, NaN),
      owner: Uint16Array.of(1, 65535, 3),
      none: new Uint32Array(0),
      flags: Uint8Array.of(9),
    }
    expect(roundTrip(value)).toEqual(value)
  })

  it('carries a column that is a window of a larger buffer', () => {
    const whole = Float64Array.of(1, 2, 3, 4)
    expect(roundTrip({ part: whole.subarray(1, 3) })).toEqual({ part: Float64Array.of(2, 3) })
  })

  it('decodes a frame at an odd offset, as a socket may deliver it', () => {
    const frame = encodeFrame({ column: Float64Array.of(3.25) })
    const shifted = new Uint8Array(frame.length + 3)
    shifted.set(frame, 3)
    expect(decodeFrame(shifted.subarray(3))).toEqual({ column: Float64Array.of(3.25) })
  })

  it('carries long lists of rows as columns, and every other list as it is', () => {
    const row = (n: number) => ({
      call: n,
      time: n / 3,
      kind: n % 2 ? 'failure' : 'fallback',
      reason: `no hole of ${n % 7}`,
    })
    const rows = Array.from({ length: 1000 }, (_, n) => row(n))
    expect(roundTrip({ rows })).toEqual({ rows })
    expect(encodeFrame(rows).length).toBeLessThan(JSON.stringify(rows).length / 2)
    const uneven: [string, unknown[]][] = [
      ['a key is missing', [...rows, { call: 1 }]],
      ['a value is of another type', [...rows, { ...row(1), time: 'late' }]],
      ['a value is null', [...rows, { ...row(1), reason: null }]],
      ['a value is a list', rows.map((one) => ({ ...one, parts: [1] }))],
      ['numbers', rows.map(({ call }) => call)],
      ['columns', rows.map(() => Float64Array.of(1))],
    ]
    for (const [what, list] of uneven) expect(roundTrip(list), what).toEqual(list)
  })

  it('refuses what is no frame', () => {
    expect(() => decodeFrame(new Uint8Array(2))).toThrow()
    expect(() => decodeFrame(Uint8Array.of(200, 0, 0, 0, 1))).toThrow()
    const forged = encodeFrame({ $column: ['Function', 0, 1] })
    expect(() => decodeFrame(forged)).toThrow('no such column type')
  })
})
