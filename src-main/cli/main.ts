import { Command, CommanderError } from 'commander'
import { version } from '../../package.json'
import { formatDiagnostic } from '@shared/diagnostics.ts'
import { InputError, UsageError } from './errors.ts'
import type { Terminal } from './terminal.ts'
import { verbs } from './verbs.ts'

/**
 * Runs one command line. Sets `terminal.exitCode` and never throws: whatever goes wrong becomes a line on standard error.
 * @param argv arguments after the program's name
 */
export async function main(argv: string[], terminal: Terminal): Promise<void> {
  try {
    const words = argv[0] === 'help' ? helpWords(argv[1]) : argv
    const program = await programFor(words[0], terminal)
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    terminal.exitCode = report(error, terminal)
  }
}

/** `help VERB` is `VERB --help`; a verb that there is not stays one, so that it is refused. */
const helpWords = (verb: string | undefined): string[] =>
  verb === undefined || verb === 'help' ? ['--help'] : Object.hasOwn(verbs, verb) ? [verb, '--help'] : [verb]

/** The program with all its verbs by name, of which only the one that was asked for is loaded. */
async function programFor(asked: string | undefined, terminal: Terminal): Promise<Command> {
  const program = new Command('carveout')
    .description('Plan the DMA memory of a board: simulate how Linux places and serves it.')
    .version(version)
    .helpCommand('help [verb]', 'what a verb does and takes')
    // -V and others mean something else behind a verb
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
  for (const [name, verb] of Object.entries(verbs)) {
    const command = program.command(name).description(verb.summary)
    if (name === asked) (await verb.load()).configure(command, terminal)
  }
  return program
}

/** Prints what went wrong and returns the exit code that it deserves. */
function report(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof InputError) {
    terminal.err(error.diagnostics.map((d) => formatDiagnostic(d) + '\n').join(''))
    return 2
  }
  if (error instanceof Error && error.name === 'AbortError') return 130
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof UsageError) {
    terminal.err(`error: ${message}\n`)
    return 2
  }
  terminal.err(`error: a fault in carveout itself, please report it: ${message.split('\n')[0]}\n`)
  return 3
}
