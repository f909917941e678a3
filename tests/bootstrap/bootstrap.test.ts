import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { fingerprint } from '../../src-main/bootstrap/build.mjs'
import { dependenciesAreCurrent } from '../../src-main/bootstrap/install.mjs'
import { requireNode, run } from '../../src-main/bootstrap/steps.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootstrap-'))
})

describe('whether packages must be installed', () => {
  const lock = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/mac': { version: '2.0.0', optional: true },
  }
  const put = (file: string, packages: object) => writeFileSync(join(folder, file), JSON.stringify({ packages }))
  beforeEach(() => {
    mkdirSync(join(folder, 'node_modules'))
    put('package-lock.json', lock)
  })

  it('yes in a fresh clone, and after an installation that was cut short', () => {
    expect(dependenciesAreCurrent(folder)).toBe(false)
  })

  it('no when all that this platform can have is there', () => {
    put('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } })
    expect(dependenciesAreCurrent(folder)).toBe(true)
  })

  it('yes when one is missing or of another version', () => {
    put('node_modules/.package-lock.json', {})
    expect(dependenciesAreCurrent(folder)).toBe(false)
    put('node_modules/.package-lock.json', { 'node_modules/a': { version: '0.9.0' } })
    expect(dependenciesAreCurrent(folder)).toBe(false)
  })
})

describe('whether the build is stale', () => {
  const source = () => join(folder, 'src-main/cli/index.ts')
  beforeEach(() => {
    mkdirSync(join(folder, 'src-main/cli'), { recursive: true })
    writeFileSync(source(), 'export {}\n')
  })

  it('no while nothing changes', () => {
    expect(fingerprint(folder)).toBe(fingerprint(folder))
  })

  it.each([
    ['edited', () => writeFileSync(source(), 'export default 1\n')],
    ['touched', () => utimesSync(source(), 1, 1)],
    ['deleted', () => rmSync(source())],
    ['joined by another', () => writeFileSync(join(folder, 'src-main/new.ts'), '')],
  ])('yes when a source file is %s', (_what, change) => {
    const before = fingerprint(folder)
    change()
    expect(fingerprint(folder)).not.toBe(before)
  })

  it('no when a test changes', () => {
    const before = fingerprint(folder)
    mkdirSync(join(folder, 'tests'))
    writeFileSync(join(folder, 'tests/a.test.ts'), '')
    expect(fingerprint(folder)).toBe(before)
  })
})

describe('running a program', () => {
  it('hands over its output and exit code', async () => {
    const script = 'console.log(1); console.error(2); process.exitCode = 7'
    expect(await run(process.execPath, ['-e', script], { quiet: true })).toEqual({ code: 7, output: '1\n2\n' })
  })

  it('ends one that takes too long', async () => {
    const script = 'setTimeout(() => {}, 60_000)'
    expect(await run(process.execPath, ['-e', script], { quiet: true, timeoutSeconds: 0.2 })).toMatchObject({
      code: 124,
    })
  })

  it('tells one that does not exist from one that failed', async () => {
    expect(await run('no-such-program', [], { quiet: true })).toMatchObject({ code: 127 })
  })
})

it('asks for Node 20', () => {
  expect(() => requireNode('18.19.1')).toThrow(/Node 20/)
  expect(() => requireNode('20.0.0')).not.toThrow()
})
