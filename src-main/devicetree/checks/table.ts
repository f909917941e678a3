import { addressChecks, addressStyleChecks, aliasCheck } from './address.ts'
import { busChecks } from './bus.ts'
import type { Check } from './check.ts'
import { graphChecks } from './graph.ts'
import { interruptChecks } from './interrupt.ts'
import { phandleChecks } from './provider.ts'
import { nameStyleChecks, structureChecks } from './structure.ts'
import { typeChecks } from './types.ts'

/** All checks in the order in which dtc runs them. */
export const checkTable: readonly Check[] = [
  ...structureChecks,
  ...typeChecks,
  ...nameStyleChecks,
  ...addressChecks,
  ...busChecks,
  ...addressStyleChecks,
  ...phandleChecks,
  ...interruptChecks,
  aliasCheck,
  ...graphChecks,
  { name: 'always_fail', level: 'off', run: (context, node) => context.fail(node, null, 'always_fail check') },
]
