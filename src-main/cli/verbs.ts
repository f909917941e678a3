import type { Command } from 'commander'
import type { Terminal } from './terminal.ts'

/** A verb's file: adds its arguments, options and action to the command that `main` made for it. */
export interface VerbModule {
  configure(command: Command, terminal: Terminal): void
}

/** Loaded only when it is the verb that was asked for: start-up time is part of every replay. */
export interface Verb {
  summary: string
  load(): Promise<VerbModule>
}

/** Every verb of the command line, in the order of `--help`. */
export const verbs: Record<string, Verb> = {}
