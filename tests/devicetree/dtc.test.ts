import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configure } from '../../src-main/cli/dtc.ts'
import { fakeTerminal } from '../cli/fake-terminal.ts'
import { cases } from './cases.ts'
import { hasProgram } from './kernel-source.ts'

/** The same sources through `cpp | dtc` and through our dtc verb: accepted or refused alike, and the same bytes. */
const isComplete = hasProgram('dtc') && hasProgram('cpp')
if (!isComplete) console.warn('SKIPPED: comparison with dtc; install device-tree-compiler and cpp to run it')

/** Cases in which we are right to differ. */
const differs = new Set([
  'version 4', // dtc looks at -V only when it writes a blob
  'unterminated comment', // cpp complains and goes on
])

describe.skipIf(!isComplete)('as dtc does', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'carveout-dtc-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const read = (name: string): Buffer | null => {
    try {
      return readFileSync(join(folder, name))
    } catch {
      return null
    }
  }

  function ours(format: string, flags: string[]): { accepted: boolean; output: Buffer | null } {
    const terminal = fakeTerminal()
    const command = new Command('dtc').exitOverride().configureOutput({ writeErr: () => {} })
    configure(command, terminal)
    const [source, out] = [join(folder, 'case.dts'), join(folder, 'ours')]
    rmSync(out, { force: true })
    try {
      command.parse(['-I', 'dts', '-O', format, '-o', out, ...flags, source], { from: 'user' })
    } catch {
      return { accepted: false, output: null }
    }
    return { accepted: terminal.exitCode === 0, output: read('ours') }
  }

  function theirs(format: string, flags: string[]): { accepted: boolean; output: Buffer | null } {
    rmSync(join(folder, 'theirs'), { force: true })
    const preprocess = 'cpp -nostdinc -undef -x assembler-with-cpp case.dts 2>/dev/null'
    const line = `${preprocess} | dtc -I dts -O ${format} -o theirs ${flags.join(' ')} - 2>/dev/null`
    const { status } = spawnSync('sh', ['-c', line], { cwd: folder })
    return { accepted: status === 0, output: read('theirs') }
  }

  test.each(cases.filter(({ name }) => !differs.has(name)))('$name', ({ source, flags = [] }) => {
    writeFileSync(join(folder, 'case.dts'), source)
    expect(ours('dtb', flags)).toEqual(theirs('dtb', flags))
  })

  // dtc writes bytes above 127 so that it reads something else back, and gives up half-way through in YAML
  const ascii = cases.filter(({ name }) => !differs.has(name) && name !== 'umlaut')

  test.each(ascii)('$name, as source', ({ source, flags = [] }) => {
    writeFileSync(join(folder, 'case.dts'), source)
    expect(ours('dts', flags)).toEqual(theirs('dts', flags))
  })

  test.each(ascii)('$name, as assembler and YAML', ({ source, flags = [] }) => {
    writeFileSync(join(folder, 'case.dts'), source)
    expect(ours('asm', flags)).toEqual(theirs('asm', flags))
    expect(ours('yaml', flags)).toEqual(theirs('yaml', flags))
  })

  test.each([
    ['-T', '/ { a = <1>;\n n: n {\n\tl: b;\n };\n};\n&n { /* more */ c = <&n>; }\n;', []],
    ['-T -T', '/ { a = <1>,\n\t<2>; n: n@1 { }; };\n/ { n@1 { /delete-property/ b; }; };', ['-@']],
    ['-T', '/plugin/;\n&u { a; l: b { }; };\n&u { c = <&l>; };', []],
    ['-T -T', '/plugin/;\n&u { a; l: b { }; };\n&u { c = <&l>; };', ['-@']],
  ])('%s says where it stands: %s', (annotate, source, flags) => {
    writeFileSync(join(folder, 'case.dts'), `/dts-v1/;\n${source}\n`)
    const options = [...annotate.split(' '), ...flags]
    const mine = ours('dts', options).output!.toString().replaceAll(`${folder}/`, '')
    expect(mine).toBe(theirs('dts', options).output!.toString())
  })

  test('-O null writes nothing', () => {
    writeFileSync(join(folder, 'case.dts'), '/dts-v1/;\n/ { n@1 { }; };\n')
    expect(ours('null', [])).toEqual(theirs('null', []))
  })

  test('the version that is compared with', () => {
    expect(execFileSync('dtc', ['--version'], { encoding: 'utf8' })).toContain('1.6.1')
  })
})
