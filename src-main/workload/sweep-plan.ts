/** What `sweep` runs: every board with every kernel, every workload and every seed. */
import { z } from 'zod'

const word = z.string().min(1)

export const sweepPlanSchema = z.strictObject({
  format: z.literal(1),
  name: word.describe('What the sweep is about'),
  boards: z.array(word).min(1).describe('Board files, beside the plan'),
  kernels: z.array(word).min(1).optional().describe('Kernels, such as 6.12 or 3.5; the one of the board otherwise'),
  workloads: z
    .array(z.union([word, z.array(word).min(1)]))
    .min(1)
    .describe('Workload files, beside the plan; a list of them runs together'),
  seeds: z
    .strictObject({
      first: z.number().int().min(0).default(1),
      count: z.number().int().min(1).max(100_000),
    })
    .describe('Seeds of the runs'),
})
export type SweepPlan = z.infer<typeof sweepPlanSchema>

/** The published JSON Schema. */
export const sweepPlanJsonSchema = (): Record<string, unknown> =>
  z.toJSONSchema(sweepPlanSchema, { target: 'draft-7', io: 'input' })
