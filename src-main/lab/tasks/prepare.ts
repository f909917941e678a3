import type { Diagnostic } from '@shared/diagnostics.ts'
import { parseWorkload, type ParsedWorkload } from '../../workload/parse.ts'
import { RunInputError } from '../../workload/run.ts'
import { requireBoard } from '../read-board.ts'
import { BadInput, type Work, type WorkloadSource } from '../tasks.ts'

/** Workload files as data. @throws BadInput with every error of every file */
export function requireWorkloads(sources: WorkloadSource[]): ParsedWorkload[] {
  const read = sources.map(({ path, text }) => parseWorkload(path, text))
  const diagnostics: Diagnostic[] = read.flatMap((result) => result.diagnostics)
  const parsed = read.flatMap((result) => (result.parsed ? [result.parsed] : []))
  if (parsed.length < sources.length) throw new BadInput('a workload has errors', diagnostics)
  return parsed
}

/** What a run is given. */
export const runInput = ({ board: sources, workloads, seed }: Work) => ({
  board: requireBoard(sources).board,
  machine: sources.machine,
  workloads: requireWorkloads(workloads),
  seed,
})

/** What the engine says of inputs that do not hold together, as the lab says it. */
export async function asBadInput<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof RunInputError) throw new BadInput(error.message, error.diagnostics)
    throw error
  }
}
