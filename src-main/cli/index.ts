import { main } from './main.ts'
import { processTerminal } from './terminal.ts'

const terminal = processTerminal()
await main(process.argv.slice(2), terminal)
process.exitCode = terminal.exitCode
