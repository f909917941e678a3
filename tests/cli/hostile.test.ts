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
mkdirSync(join(folder, 'folder'))
symlinkSync(join(folder, 'loop'), join(folder, 'loop'))

/** Files that are no boards, by what is wrong with them. */
const boards: Record<string, string> = {
  missing: join(folder, 'missing'),
  'a folder': join(folder, 'folder'),
  'a link to itself': join(folder, 'loop'),
  empty: put('empty', ''),
  'not text': put(
    'noise',
    Uint8Array.from({ length: 4096 }, (_, at) => (at * 167) % 256),
  ),
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

describe.each(['check', 'boot', 'replay'])('carveout %s refuses a board that is', (verb) => {
  it.each(Object.entries(boards))('%s', async (_what, board) => {
    expectRefused(await run(verb, board, ...(verb === 'replay' ? [script] : [])))
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
    [
      'not text',
      put(
        'noise.ops',
        Uint8Array.from({ length: 4096 }, (_, at) => (at * 167) % 256),
      ),
    ],
  ])('%s', async (_what, file) => {
    expectRefused(await run('replay', sound, file))
  })
})

describe('flags that make no sense', () => {
  it.each([
    [['--kernel', '9.9']],
    [['--kernel', '__proto__']],
    [['--arch', 'sparc']],
    [['--mem', '0x']],
    [['--config', join(folder, 'missing')]],
    [['--memory', '4G-1G']],
    [['--cpus', '-1']],
  ])('%j', async (flags) => {
    expectRefused(await run('boot', sound, ...flags))
  })
})
