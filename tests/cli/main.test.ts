import { describe, expect, it, vi } from 'vitest'
import { InputError, UsageError, wholeFile } from '../../src-main/cli/errors.ts'
import { main } from '../../src-main/cli/main.ts'
import { printJson } from '../../src-main/cli/terminal.ts'
import { verbs, type VerbModule } from '../../src-main/cli/verbs.ts'
import { fakeTerminal } from './fake-terminal.ts'

/** A verb that throws, or prints, what its argument says. */
const load = vi.fn(async (): Promise<VerbModule> => ({
  configure: (command, terminal) =>
    void command.argument('<what>').action((what: string) => {
      if (what === 'usage') throw new UsageError('pick another')
      if (what === 'input') throw new InputError([wholeFile('a.dts', 'c', 'one'), wholeFile('b.dts', 'c', 'two')])
      if (what === 'fault') throw new TypeError('x is undefined\n    at somewhere')
      printJson(terminal, { what })
    }),
}))
verbs['try'] = { summary: 'tries', load }
const other = vi.fn()
verbs['other'] = { summary: 'never loaded', load: other }

async function run(...argv: string[]) {
  const terminal = fakeTerminal()
  await main(argv, terminal)
  return { code: terminal.exitCode, stdout: terminal.stdout, stderr: terminal.stderr }
}

describe('the command line', () => {
  it('prints what the verb prints and ends with 0', async () => {
    expect(await run('try', 'this')).toEqual({ code: 0, stdout: '{"what":"this"}\n', stderr: '' })
  })

  it.each([[['--help']], [['--version']], [['help']], [['help', 'try']], [['try', '--help']]])(
    '%j ends with 0',
    async (argv) => {
      expect(await run(...argv)).toMatchObject({ code: 0, stderr: '' })
    },
  )

  it('loads only the verb that was asked for', async () => {
    await run('try', 'this')
    await run('--help')
    expect(other).not.toHaveBeenCalled()
  })

  it.each([[[]], [['no-such-verb']], [['try']], [['try', '--no-such-flag', 'x']], [['try', 'one', 'two']]])(
    '%j is bad usage: 2',
    async (argv) => {
      const result = await run(...argv)
      expect(result).toMatchObject({ code: 2, stdout: '' })
      expect(result.stderr).not.toBe('')
    },
  )

  it('prints every diagnostic of bad input and ends with 2', async () => {
    expect(await run('try', 'input')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'a.dts:1:1: error: one\nb.dts:1:1: error: two\n',
    })
  })

  it('prints one line for what cannot be done and ends with 2', async () => {
    expect(await run('try', 'usage')).toEqual({ code: 2, stdout: '', stderr: 'error: pick another\n' })
  })

  it('turns a fault of its own into one line without a stack trace', async () => {
    const result = await run('try', 'fault')
    expect(result.code).toBe(3)
    expect(result.stderr).toMatch(/^error: .*x is undefined\n$/)
  })
})
