import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { appFolder } from '../lab/app-folder.ts'
import { parseScript, replay, replayBindings } from '../workload/replay/index.ts'
import { differencesOf, parseTour, type Shown, type Tour } from '../workload/tour.ts'
import { readBoard, requireNoErrors } from './board.ts'
import { UsageError } from './errors.ts'
import { readNamedText } from './files.ts'
import { printJson, type Terminal } from './terminal.ts'

interface StepResult {
  id: string
  claim: string
  look: string
  kernels: { kernel: string; command: string; differences: string[] }[]
}

/** `tour NAME`: walks through guided examples and checks that each still shows what it says. Ends with 1 when one does not. */
export function configure(command: Command, terminal: Terminal): void {
  command
    .argument('<name>', 'ks2012: ARM DMA mapping at the kernel summit of 2012')
    .option('--json', 'print every step with what differs on standard output')
    .action((name: string, flags: { json?: true }) => {
      const folder = tourFolder(name)
      const tour = parseTour(readFileSync(join(folder, 'tour.yaml'), 'utf8'))
      const steps = tour.steps.map(({ id, claim, look, shows }): StepResult => {
        const kernels = shows.map((shown) => show(join(folder, id), `${name}/${id}`, shown, terminal))
        return { id, claim, look, kernels }
      })
      if (flags.json) printJson(terminal, { title: tour.title, steps })
      else terminal.out(textOf(tour, steps))
      if (steps.some((step) => step.kernels.some(({ differences }) => differences.length > 0))) terminal.exitCode = 1
    })
}

function tourFolder(name: string): string {
  const folder = join(appFolder(), 'resources/examples', name)
  if (/^[\w-]+$/.test(name) && existsSync(join(folder, 'tour.yaml'))) return folder
  throw new UsageError(`there is no tour ${name}; take ks2012`)
}

function show(folder: string, place: string, shown: Shown, terminal: Terminal): StepResult['kernels'][number] {
  const [boardFile, scriptFile] = [join(folder, 'board.dts'), join(folder, 'script.ops')]
  const board = readBoard(boardFile, { include: [], define: {} }, replayBindings(32))
  const script = parseScript(readNamedText(scriptFile), scriptFile)
  requireNoErrors([...board.diagnostics, ...script.diagnostics], terminal)
  const { kernel } = shown
  const { document, diagnostics } = replay({ board: board.board, machine: { kernel }, commands: script.commands })
  requireNoErrors(diagnostics, terminal)
  const path = `resources/examples/${place}`
  const command = `carveout replay ${path}/board.dts ${path}/script.ops --kernel ${kernel}`
  return { kernel, command, differences: differencesOf(document!, shown) }
}

function textOf(tour: Tour, steps: StepResult[]): string {
  const all = steps.flatMap((step) => step.kernels)
  const good = all.filter(({ differences }) => differences.length === 0).length
  const parts = steps.map(({ id, claim, look, kernels }) => {
    const lines = kernels.flatMap(({ kernel, command, differences }) => [
      `   ${differences.length === 0 ? 'shown' : 'NOT SHOWN'} on ${kernel}: ${command}`,
      ...differences.map((each) => `      ${each}`),
    ])
    return [`${id}`, `   ${claim}`, `   ${look}`, ...lines].join('\n')
  })
  return `${tour.title}\n\n${parts.join('\n\n')}\n\n${good} of ${all.length} shown\n`
}
