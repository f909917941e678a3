import fc from 'fast-check'
import { describe, test } from 'vitest'
import { properties } from './properties.ts'

/** The budget of every run; `npm run fuzz -- --minutes 120` looks for longer. */
const numRuns = 300

describe('any input', () => {
  for (const [name, property] of Object.entries(properties)) test(name, () => fc.assert(property, { numRuns }))
})
