import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src-main/cli/errors.ts'
import { readBytes, readNamedText, readText } from '../../src-main/cli/files.ts'

const folder = mkdtempSync(join(tmpdir(), 'files-'))
const at = (name: string) => join(folder, name)

describe('reading what the user named', () => {
  it('reads a file whole, across chunks', () => {
    const text = 'x'.repeat(2_500_000)
    writeFileSync(at('long'), text)
    expect(readText(at('long'))).toBe(text)
  })

  it('has nothing for a file that is not there, and nothing for a folder', () => {
    mkdirSync(at('folder'))
    expect(readBytes(at('missing'))).toBeNull()
    expect(readBytes(at('folder'))).toBeNull()
  })

  it('stops at the limit, also where the size is not known beforehand', () => {
    writeFileSync(at('huge'), '')
    truncateSync(at('huge'), 65 * 1024 * 1024)
    expect(() => readBytes(at('huge'))).toThrow(InputError)
    expect(() => readBytes('/dev/zero')).toThrow(InputError)
  })

  it('does not follow a file into a device', () => {
    expect(readBytes('/dev/zero', 'regular')).toBeNull()
  })

  it('says which file it was', () => {
    expect(() => readNamedText(at('missing'))).toThrow(
      expect.objectContaining({ diagnostics: [expect.objectContaining({ file: at('missing') })] }),
    )
  })
})
