import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { electronRuntime } from '../../src-main/cli/electron-runtime.ts'

const day = 24 * 60 * 60 * 1000
let app: string
let said: string[]
const runtime = (now = Date.now()) => electronRuntime(app, (text) => said.push(text), now)
const packageFile = (name: string) => join(app, 'node_modules/electron', name)

/** Electron's package, whose installer does what `script` says and counts its runs. */
function installPackage(script: string) {
  writeFileSync(packageFile('install.js'), `require('fs').appendFileSync(__dirname + '/tries', 'x');${script}`)
}
const tries = () => readFileSync(packageFile('tries'), 'utf8').length

beforeEach(() => {
  app = mkdtempSync(join(tmpdir(), 'electron-runtime-'))
  mkdirSync(packageFile('dist'), { recursive: true })
  writeFileSync(join(app, 'package.json'), '{}')
  said = []
})

describe('Electron’s runtime', () => {
  it('is there when the package has it', () => {
    installPackage('process.exit(1)')
    writeFileSync(packageFile('path.txt'), 'electron')
    writeFileSync(packageFile('dist/electron'), '')
    expect(runtime()).toBe(packageFile('dist/electron'))
    expect(said).toEqual([])
  })

  it('is fetched when it is missing', () => {
    installPackage(
      `require('fs').writeFileSync(__dirname + '/path.txt', 'electron'); require('fs').writeFileSync(__dirname + '/dist/electron', '')`,
    )
    expect(runtime()).toBe(packageFile('dist/electron'))
    expect(said).toHaveLength(1)
  })

  it('is not asked for again on the day that it could not be had', () => {
    installPackage('process.exit(1)')
    expect([runtime(), runtime()]).toEqual([null, null])
    expect(tries()).toBe(1)
    expect(runtime(Date.now() + day + 1000)).toBeNull()
    expect(tries()).toBe(2)
  })

  it('is not to be had without the package', () => {
    expect(runtime()).toBeNull()
  })
})
