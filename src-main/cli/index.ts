import { setFlagsFromString } from 'node:v8'
import { main } from './main.ts'
import { processTerminal } from './terminal.ts'

const words = process.argv.slice(2)
const verb = words[0] ?? ''
// One board is done before optimised code would pay: V8 is to wait thirty times as long with it, which almost halves the process's time.
if (['boot', 'check', 'dtc'].includes(verb) && !words.includes('--list'))
  setFlagsFromString('--interrupt-budget=2000000')

const terminal = processTerminal()
await main(words, terminal)
process.exitCode = terminal.exitCode
