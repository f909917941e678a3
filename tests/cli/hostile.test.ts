import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src-main/cli/main.ts'
import { fakeTerminal } from './fake-terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'hostile-'))
const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const sound = put(
  'sound.dts',
  '/dts-v1/;\n/ { memory@0 { device_type = "memory"; reg = <0x40000000 0x10000000>; }; };\n',
)
const script = put('sound.ops', '# nothing\n')
const noise = Uint8Array.from({ length: 4096 }, (_, at) => (at * 167) % 256)
/** Written out it would be a billion words. */
const multiplyingAliases = [...'abcdefghi']
  .map((name, at) => `${name}: &${name} [${Array(10).fill(at ? `*${'abcdefghi'[at - 1]}` : 'x')}]\n`)
  .join('')
mkdirSync(join(folder, 'folder'))
symlinkSync(join(folder, 'loop'), join(folder, 'loop'))

/** Files that are no boards, by what is wrong with them. */
const boards: Record<string, string> = {
  missing: join(folder, 'missing'),
  'a folder': join(folder, 'folder'),
  'a link to itself': join(folder, 'loop'),
  empty: put('empty', ''),
  'not text': put('noise', noise),
  'a cut-off blob': put('blob', Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed, 0, 0, 1, 0)),
  'not closed': put('open', '/dts-v1/;\n/ { a { b = "\n'),
  'including itself': put('self', `#include "self"\n`),
  'nested too deeply': put('deep', '/dts-v1/;\n/ {' + 'a {'.repeat(100_000)),
  endless: '/dev/zero',
}

async function run(...words: string[]) {
  const terminal = fakeTerminal()
  await main(words, terminal)
  return terminal
}

/** Ended as bad input must: 2, nothing on standard output, a line that says what and where, no trace of our own insides. */
function expectRefused({ exitCode, stdout, stderr }: { exitCode: number; stdout: string; stderr: string }) {
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(/^(\S+:\d+:\d+: )?(error|warning): /m)
  expect(stderr).not.toMatch(/^ +at |fault in carveout/m)
}

/** Seconds of work to find out, so it is tried once. */
const bomb = put(
  'bomb',
  `#define A B B B B B B B B\n#define B C C C C C C C C\n#define C D D D D D D D D\n#define D E E E E E E E E\n#define E F F F F F F F F\n#define F G G G G G G G G\n#define G H H H H H H H H\n#define H I I I I I I I I\n/dts-v1/;\n/ { a = <A>; };\n`,
)

const resources = join(import.meta.dirname, '../../resources/examples/imx8mp-camera')
const camera = join(resources, 'board.dts')
const workload = join(resources, 'workload.yaml')

/** How each verb that reads a board is called with it. */
const verbs: Record<string, (board: string) => string[]> = {
  check: (board) => ['check', board],
  boot: (board) => ['boot', board],
  replay: (board) => ['replay', board, script],
  run: (board) => ['run', board, '-w', workload],
  size: (board) => ['size', board, '-w', workload],
  compare: (board) => ['compare', board, sound, '-w', workload],
  dtc: (board) => ['dtc', board, '-o', join(folder, 'out.dtb')],
}

describe.each(Object.entries(verbs))('carveout %s refuses a board that is', (verb, words) => {
  it.each(Object.entries(boards).filter(([what]) => verb !== 'dtc' || what !== 'a folder'))('%s', async (_, board) => {
    expectRefused(await run(...words(board)))
  })
})

it('carveout check refuses a board whose macros expand without end', async () => {
  expectRefused(await run('check', bomb))
})

describe('carveout replay refuses a script that is', () => {
  it.each([
    ['missing', join(folder, 'missing')],
    ['a folder', join(folder, 'folder')],
    ['of unknown words', put('words.ops', 'frobnicate\nalloc\n')],
    ['of numbers that are none', put('numbers.ops', 'cma_alloc reserved a x y\nsleep forever\n')],
    ['not text', put('noise.ops', noise)],
  ])('%s', async (_what, file) => {
    expectRefused(await run('replay', sound, file))
  })
})

describe('carveout run refuses a workload that is', () => {
  it.each([
    ['missing', join(folder, 'missing')],
    ['a folder', join(folder, 'folder')],
    ['empty', put('empty.yaml', '')],
    ['no YAML', put('open.yaml', 'a: [\n')],
    ['of unknown keys', put('keys.yaml', 'nonsense: 1\n')],
    ['not text', put('noise.yaml', noise)],
    ['in UTF-16', put('wide.yaml', Buffer.from('\ufeffname: x\n', 'utf16le'))],
    ['of aliases that multiply', put('aliases.yaml', multiplyingAliases)],
  ])('%s', async (_what, file) => {
    expectRefused(await run('run', sound, '-w', file))
    expectRefused(await run('run', sound, '-w', file, '--json'))
  })
})

describe('carveout explain refuses a recording that is', () => {
  const recording = (name: string, files: Record<string, string>): string => {
    mkdirSync(join(folder, name))
    for (const [file, text] of Object.entries(files)) put(join(name, file), text)
    return join(folder, name)
  }
  it.each([
    ['missing', join(folder, 'missing')],
    ['a file', sound],
    ['an empty folder', recording('hollow', {})],
    ['without a call', recording('idle', { 'calls.ndjson': '' })],
    ['cut off', recording('cut', { 'calls.ndjson': '{"call": 1, "na' })],
    ['of other JSON', recording('other', { 'calls.ndjson': 'null\n5\n{}\n', 'run.json': '[]' })],
    ['made by nobody', recording('nobody', { 'calls.ndjson': '{"call":1}\n', 'run.json': '{"workload":7}' })],
  ])('%s', async (_what, file) => {
    expectRefused(await run('explain', file))
  })
})

/** Whoever is not root meets these as folders that may not be written. */
describe('results that cannot be written', () => {
  const into = join(sound, 'below-a-file')
  it.each([
    [['boot', sound, '--svg', into]],
    [['replay', sound, script, '--record', into]],
    [['run', sound, '-w', workload, '--record', into]],
    [['run', sound, '-w', workload, '--script', into]],
    [['size', sound, '-w', workload, '--runs', '1', '-o', into]],
    [['compare', sound, sound, '-w', workload, '--html', into]],
    [['dtc', sound, '-o', into]],
    [['dtc', sound, '-d', into, '-o', join(folder, 'out.dtb')]],
  ])('%j', async (words) => {
    expectRefused(await run(...words))
  })
})

describe('flags that make no sense', () => {
  it.each([
    [['boot', sound, '--kernel', '9.9']],
    [['boot', sound, '--kernel', '__proto__']],
    [['boot', sound, '--kernel', '3.4', '--arch', 'x86_64']],
    [['boot', sound, '--arch', 'sparc']],
    [['boot', sound, '--mem', '0x']],
    [['boot', sound, '--config', join(folder, 'missing')]],
    [['boot', sound, '--memory', '4G-1G']],
    [['boot', sound, '--cpus', '-1']],
    [['boot', sound, '--cpus', '9'.repeat(400)]],
    [['boot', sound, '-D', '1=2']],
    [['boot', sound, sound]],
    [['run', sound]],
    [['size', sound]],
    [['run', sound, '-w', workload, '--seed', '1.5']],
    [['size', sound, '-w', workload, '--runs', '0']],
    [['size', sound, '-w', workload, '--risk', '2']],
    [['compare', sound, '-w', workload]],
    [['compare', sound, '-w', workload, '--force-cma', 'nothing']],
    [['check', sound, '--json', '--sarif']],
    [['explain', folder, 'first']],
    [['import', join(folder, 'missing')]],
    [['import', put('noise.txt', noise), '-o', join(sound, 'below-a-file')]],
    [['sweep', join(folder, 'missing')]],
    [['sweep', put('plan.yaml', 'a: [\n')]],
    [['tour', '../ks2012']],
    [['serve', '--port', '65536']],
    [['serve', join(folder, 'missing')]],
    [['dtc']],
    [['dtc', sound, '--list', sound]],
    [['dtc', sound, '--diff', sound, sound]],
    [['dtc', '--diff', sound]],
    [['dtc', '--apply', sound]],
    [['dtc', sound, '-p', '1', '-S', '1']],
    [['dtc', sound, '-a', '3']],
    [['dtc', sound, '-W', 'no-such-check']],
    [['help', 'nonsense']],
    [['__proto__']],
  ])('%j', async (words) => {
    expectRefused(await run(...words))
  })
})

describe('--json', () => {
  const missing = join(folder, 'missing')
  const list = put('list', `${sound}\t${join(folder, 'out.dtb')}\n${missing}\t${join(folder, 'none.dtb')}\n`)

  it.each([
    [0, ['check', sound]],
    [2, ['check', missing]],
    [0, ['boot', sound]],
    [0, ['replay', sound, script]],
    [0, ['run', camera, '-w', workload]],
    [0, ['compare', camera, camera, '-w', workload]],
    [0, ['dtc', sound]],
    [2, ['dtc', missing]],
    [2, ['dtc', '--list', list]],
    [0, ['dtc', '--diff', sound, sound]],
    [2, ['dtc', '--diff', sound, missing]],
  ])('ends with %d and one document: %j', async (exitCode, words) => {
    const terminal = await run(...words, '--json')
    expect(terminal.exitCode).toBe(exitCode)
    expect(JSON.parse(terminal.stdout)).toBeTypeOf('object')
    expect(terminal.stdout.trimEnd()).not.toContain('\n')
  })
})

it('does not take the memory of the machine for a board that has more than any', async () => {
  const { exitCode, stdout } = await run('boot', sound, '--memory', '0-16T')
  expect({ exitCode, stdout }).toEqual({
    exitCode: 1,
    stdout: 'the kernel does not come up: it has 16384 GiB of RAM, and Carveout simulates at most 256 GiB\n',
  })
})

it('ends with 130 when Ctrl-C stops the work, and says nothing', async () => {
  const terminal = { ...fakeTerminal(), interruptible: () => AbortSignal.abort() }
  await main(['size', camera, '-w', workload, '--runs', '1'], terminal)
  expect(terminal).toMatchObject({ exitCode: 130, stdout: '', stderr: '' })
})
