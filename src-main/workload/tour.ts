/** A tour: examples in order, each with a claim, a board, a script and what their answers show on which kernels. */
import { parse } from 'yaml'
import { z } from 'zod'
import type { ReplayDocument } from './replay/replay.ts'

const value = z.union([z.string(), z.number(), z.boolean()])

/** What one kernel must answer: by line of the script, members of the answer, or `log`, a part of a line that the call printed. */
const shown = z.strictObject({
  kernel: z.string(),
  answers: z.record(z.string().regex(/^\d+$/), z.record(z.string(), value)).default({}),
  /** Members of the default CMA area. */
  area: z.record(z.string(), value).optional(),
})

const tourSchema = z.strictObject({
  title: z.string(),
  steps: z.array(
    z.strictObject({ id: z.string(), claim: z.string(), look: z.string(), shows: z.array(shown).nonempty() }),
  ),
})

export type Tour = z.infer<typeof tourSchema>
export type TourStep = Tour['steps'][number]
export type Shown = TourStep['shows'][number]

/** The tour of a `tour.yaml`, which ships with the lab. @throws ZodError when it is malformed */
export const parseTour = (text: string): Tour => tourSchema.parse(parse(text))

/** Every difference between what a document shows and what the tour says that it does; empty: it still shows it. */
export function differencesOf(document: ReplayDocument, { answers, area }: Shown): string[] {
  if (!document.booted) return [`the kernel does not come up: ${document.panic}`]
  const byLine = new Map(document.answers.map((answer) => [String(answer.line), answer]))
  const differences = Object.entries(answers).flatMap(([line, expected]) => {
    const answer = byLine.get(line)
    return answer ? membersThatDiffer(`line ${line}`, answer, expected) : [`line ${line}: no answer`]
  })
  if (!area) return differences
  const found = document.boot?.cma.find((each) => each.default === 1)
  return [...differences, ...(found ? membersThatDiffer('the area', { ...found }, area) : ['there is no default area'])]
}

function membersThatDiffer(where: string, got: Record<string, unknown>, expected: Record<string, unknown>): string[] {
  return Object.entries(expected)
    .filter(([name, wanted]) => (name === 'log' ? !printed(got.log, String(wanted)) : got[name] !== wanted))
    .map(([name, wanted]) => `${where}: ${name} is ${JSON.stringify(got[name])}, not ${JSON.stringify(wanted)}`)
}

const printed = (log: unknown, part: string): boolean =>
  Array.isArray(log) && log.some((line: { text: string }) => line.text.includes(part))
