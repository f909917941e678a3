import { parseWorkload, type ParsedWorkload } from '../workload/parse.ts'
import { InputError, unreadable } from './errors.ts'
import { readText } from './files.ts'

/**
 * The workload files that the user named, in that order.
 * @throws InputError with everything that is wrong with any of them
 */
export function readWorkloads(files: readonly string[]): ParsedWorkload[] {
  const results = files.map((file) => {
    const text = readText(file)
    return text === null ? { parsed: null, diagnostics: [unreadable(file)] } : parseWorkload(file, text)
  })
  const diagnostics = results.flatMap((result) => result.diagnostics)
  if (diagnostics.some((d) => d.severity === 'error')) throw new InputError(diagnostics)
  return results.flatMap(({ parsed }) => parsed ?? [])
}
