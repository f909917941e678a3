import { join } from 'node:path'
import type { Command } from 'commander'
import type { ShownRun } from '@shared/tour.ts'
import { appFolder } from '../lab/app-folder.ts'
import { BadInput } from '../lab/tasks.ts'
import { readTour, showStep, stepSources, tourFolder } from '../lab/tour.ts'
import type { Tour } from '../workload/tour.ts'
import { InputError, UsageError } from './errors.ts'
import { printJson, type Terminal } from './terminal.ts'

interface StepResult {
  id: string
  claim: string
  look: string
  kernels: Pick<ShownRun, 'label' | 'kernel' | 'command' | 'differences'>[]
}

/** `tour NAME`: walks through guided examples and checks that each still shows what it says. Ends with 1 when one does not. */
export function configure(command: Command, terminal: Terminal): void {
  command
    .argument('<name>', 'ks2012: ARM DMA mapping at the kernel summit of 2012')
    .option('--json', 'print every step with what differs on standard output')
    .action((name: string, flags: { json?: true }) => {
      const folder = tourFolder(join(appFolder(), 'resources'), name)
      if (folder === null) throw new UsageError(`there is no tour ${name}; take ks2012`)
      const tour = readTour(folder)
      const steps = stepsOf(tour, folder, name)
      if (flags.json) printJson(terminal, { title: tour.title, steps })
      else terminal.out(textOf(tour, steps))
      if (steps.some((step) => step.kernels.some(({ differences }) => differences.length > 0))) terminal.exitCode = 1
    })
}

function stepsOf(tour: Tour, folder: string, name: string): StepResult[] {
  try {
    return tour.steps.map(({ id, claim, look, shows }) => {
      const runs = showStep(shows, stepSources(folder, id), `resources/examples/${name}/${id}`)
      const kernels = runs.map(({ label, kernel, command, differences }) => ({ label, kernel, command, differences }))
      return { id, claim, look, kernels }
    })
  } catch (error) {
    throw error instanceof BadInput ? new InputError(error.diagnostics) : error
  }
}

function textOf(tour: Tour, steps: StepResult[]): string {
  const all = steps.flatMap((step) => step.kernels)
  const good = all.filter(({ differences }) => differences.length === 0).length
  const parts = steps.map(({ id, claim, look, kernels }) => {
    const lines = kernels.flatMap(({ label, command, differences }) => [
      `   ${differences.length === 0 ? 'shown' : 'NOT SHOWN'} on ${label}: ${command}`,
      ...differences.map((each) => `      ${each}`),
    ])
    return [`${id}`, `   ${claim}`, `   ${look}`, ...lines].join('\n')
  })
  return `${tour.title}\n\n${parts.join('\n\n')}\n\n${good} of ${all.length} shown\n`
}
