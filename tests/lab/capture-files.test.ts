import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addFile, CaptureError, readCapture, type Capture } from '../../src-main/lab/capture-files.ts'
import { tarOf } from './tar.ts'

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'carveout-capture-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const unpacked = (bytes: Uint8Array): Capture => {
  const capture: Capture = { files: [], blob: null, config: null }
  addFile(capture, 'capture.tar.gz', bytes)
  return capture
}

describe('what capture-script collects', () => {
  const members = {
    'capture/dmesg': '[    0.000000] Zone ranges:\n',
    'capture/cma/reserved/count': '8192\n',
    'capture/config.gz': gzipSync('CONFIG_CMA=y\n'),
    'capture/fdt.dtb': Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed, 0),
    'capture/uname': '',
  }

  it('is read from its archive, packed or not', () => {
    for (const bytes of [tarOf(members), gzipSync(tarOf(members))]) {
      const { files, blob, config } = unpacked(bytes)
      expect(files).toEqual([
        { name: 'capture/dmesg', text: '[    0.000000] Zone ranges:\n' },
        { name: 'capture/cma/reserved/count', text: '8192\n' },
      ])
      expect([blob?.length, config]).toEqual([5, 'CONFIG_CMA=y\n'])
    }
  })

  it('or from a folder, or file by file', () => {
    mkdirSync(join(folder, 'cma/reserved'), { recursive: true })
    writeFileSync(join(folder, 'cma/reserved/count'), '8192\n')
    writeFileSync(join(folder, 'dmesg'), 'Zone ranges:\n')
    expect(readCapture([folder]).files.map(({ name }) => name)).toEqual([
      join(folder, 'cma/reserved/count'),
      join(folder, 'dmesg'),
    ])
    expect(readCapture([join(folder, 'dmesg')]).files).toHaveLength(1)
    expect(() => readCapture([join(folder, 'none')])).toThrow(CaptureError)
  })

  it('damage is told of, and nothing else is thrown', () => {
    const whole = tarOf(members)
    expect(() => unpacked(whole.subarray(0, 520))).toThrow('is cut short in capture/dmesg; collect it again')
    expect(() => unpacked(gzipSync(whole).subarray(0, 60))).toThrow(
      'is not whole: cannot be unpacked; collect it again',
    )
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const damaged = whole.slice()
        damaged[at] = value
        try {
          unpacked(damaged)
        } catch (error) {
          expect(error).toBeInstanceOf(CaptureError)
        }
      }),
    )
  })
})
