import type { Command } from 'commander'
import script from '../../resources/capture.sh?raw'
import type { Terminal } from './terminal.ts'

/** `capture-script`: prints the shell script that collects a board's state, to be carried to the board. */
export function configure(command: Command, terminal: Terminal): void {
  command.action(() => terminal.out(script))
}
